using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// S = K* K for regressions: K is the transpose of what the targets are given the points, so that K F is the cross-covariance of targets and functions. On batches it is noisy, and
/// its running average takes its place, for the square of a noisy mean is too large by its variance. The targets need not be centred.
/// </summary>
internal sealed class TargetMoments<T> : FunctionMoments<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DeviceMatrix<T> _back;
    private readonly GroupProjector<T> _constants;
    private readonly RunningAverage? _average;

    /// <param name="through">K; not owned.</param>
    /// <param name="mass">Masses of the points, with sum 1.</param>
    /// <param name="outputs">Functions, d.</param>
    /// <param name="window">Batches that the average is over; 1 for exact moments.</param>
    public TargetMoments(LinearOperator<T> through, double[] mass, int outputs, int window)
        : base(through, mass, outputs)
    {
        _back = On.Allocate(through.Columns, outputs);
        _constants = new GroupProjector<T>(On, mass, new int[mass.Length], 1);
        _average = window == 1 ? null : new RunningAverage(checked(through.Rows * outputs), window);
    }

    public override double[] State => _average?.State ?? [];

    protected override void MeasureImage(DeviceMatrix<T> f)
    {
        if (_average is not null)
        {
            _average.Add(On.DownloadDouble(Image));
            On.Upload(Array.ConvertAll(_average.Value.ToArray(), T.CreateTruncating), Image);
        }
        On.InnerProducts(Image, Image, B);
    }

    protected override DeviceMatrix<T> Returned()
    {
        Through.ApplyAdjoint(Image, _back);
        _constants.RemoveFrom(_back);
        return _back;
    }

    protected override void Dispose(bool disposing)
    {
        _back.Dispose();
        _constants.Dispose();
        base.Dispose(disposing);
    }
}
