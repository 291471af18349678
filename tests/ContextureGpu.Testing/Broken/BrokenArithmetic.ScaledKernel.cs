namespace ContextureGpu.Testing;

/// <content>Kernel matrices of points that have a scale each.</content>
internal sealed partial class BrokenArithmetic<T>
{
    private protected override double Scaled(double logKernel, double s, double t) => defect switch
    {
        Defect.ScalesByOneEnd => base.Scaled(logKernel, s, s),
        Defect.MultipliesScalesFirst => logKernel * Wide(Round(s) * Round(t)),
        _ => base.Scaled(logKernel, s, t),
    };
}
