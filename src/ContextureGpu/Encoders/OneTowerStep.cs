using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// A step of one network under an objective of its moments C and B. On all points the moments are exact. On batches the objective and its derivatives are taken at running averages
/// of the batches' moments, and the batch gives the direction: the gradient of <c>&lt;L_C, C_batch&gt; + &lt;L_B, B_batch&gt;</c>, whose mean over batches is the exact gradient as far
/// as the averages are exact. They lag by half a window, and an inverse of an average of n points is too large by a factor of about <c>1 + d/n</c>; the window holds n = 64 d or more.
/// </summary>
/// <param name="network">The network; owned.</param>
/// <param name="moments">Its moments; owned.</param>
/// <param name="objective">The objective.</param>
/// <param name="inputs">The points of a step.</param>
/// <param name="window">Steps that the averages are over; 1 for exact moments.</param>
internal sealed class OneTowerStep<T>(Network<T> network, FunctionMoments<T> moments, MomentObjective objective, Func<long, DeviceMatrix<T>> inputs, int window) : TrainingStep<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Arithmetic<T> _on = network.Arithmetic;
    private readonly Workspace<T> _gradient = new(network.Arithmetic);
    private readonly RunningAverage _averageC = new(moments.C.Length, window), _averageB = new(moments.B.Length, window);
    private readonly double[] _byC = new double[moments.C.Length], _byB = new double[moments.B.Length];
    private double[] _c = moments.C;

    public override IReadOnlyList<Parameter<T>> Parameters => network.Parameters;

    public override IReadOnlyList<double[]> State => window == 1 ? [objective.State] : [objective.State, moments.State, _averageC.State, _averageB.State];

    public override double? ConstraintViolation => objective.ConstraintViolation;

    public override double LossAndGradient(long step, Divergence divergence, CancellationToken cancellationToken)
    {
        int d = network.Shape.Outputs;
        cancellationToken.ThrowIfCancellationRequested();
        DeviceMatrix<T> outputs = network.Forward(inputs(step));
        cancellationToken.ThrowIfCancellationRequested();
        moments.Measure(outputs);
        divergence.CheckMoments(moments.C, moments.B);
        // Averages have moved from here on: only a step without them can still be given up.
        CancellationToken whole = window == 1 ? cancellationToken : CancellationToken.None;
        whole.ThrowIfCancellationRequested();
        _c = _averageC.With(moments.C);
        // The moments of a regression hold an average already.
        double[] b = moments.State.Length > 0 ? moments.B : _averageB.With(moments.B);
        double loss = objective.Evaluate(_c, b, d, _byC, _byB);
        divergence.CheckLoss(loss);
        whole.ThrowIfCancellationRequested();
        DeviceMatrix<T> gradient = _gradient.Get(outputs.Rows, d);
        moments.Gradient(outputs, _byC, _byB, gradient);
        whole.ThrowIfCancellationRequested();
        network.Backward(gradient);
        return loss;
    }

    public override void Advance(long step) => objective.Advance(step, _c, network.Shape.Outputs);

    protected override void Dispose(bool disposing)
    {
        network.Dispose();
        moments.Dispose();
        _gradient.Dispose();
    }
}
