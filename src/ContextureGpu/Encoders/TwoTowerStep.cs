using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// A step of two networks, Phi on rows and Psi on values of A, joined by an operator K: the normalised operator of the context, exactly, or the identity between the two ends of the
/// pairs of a batch; averages as in <see cref="OneTowerStep{T}"/>. With F and G the centred outputs times the roots of the masses: <c>C = F^T F</c>, <c>M = F^T K G</c>, <c>E = G^T G</c>.
/// </summary>
internal sealed class TwoTowerStep<T> : TrainingStep<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Network<T> _phi, _psi;
    private readonly LinearOperator<T> _between;
    private readonly TowerObjective _objective;
    private readonly Func<long, (DeviceMatrix<T> Rows, DeviceMatrix<T> Values)> _inputs;
    private readonly Arithmetic<T> _on;
    private readonly Side _x, _a;
    private readonly RunningAverage[] _averages;
    private readonly TowerMoments _exact, _by;
    private readonly int _window;
    private double[] _c;

    /// <param name="phi">The encoder of x; owned.</param>
    /// <param name="psi">That of a, with as many outputs; owned.</param>
    /// <param name="between">K; not owned.</param>
    /// <param name="masses">Masses of the rows and of the values, each with sum 1.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="inputs">The points of a step.</param>
    /// <param name="window">Steps that averages are over; 1 for exact moments.</param>
    public TwoTowerStep(
        Network<T> phi, Network<T> psi, LinearOperator<T> between, (double[] Rows, double[] Values) masses, TowerObjective objective,
        Func<long, (DeviceMatrix<T> Rows, DeviceMatrix<T> Values)> inputs, int window)
    {
        (_phi, _psi, _between, _objective, _inputs, _on, _window) = (phi, psi, between, objective, inputs, phi.Arithmetic, window);
        int d = phi.Shape.Outputs;
        (_x, _a) = (new Side(_on, masses.Rows, d), new Side(_on, masses.Values, d));
        _averages = [.. Enumerable.Range(0, 3).Select(_ => new RunningAverage(d * d, window))];
        (_exact, _by, _c) = (new TowerMoments(d), new TowerMoments(d), new double[d * d]);
        Parameters = [.. phi.Parameters, .. psi.Parameters];
    }

    public override IReadOnlyList<Parameter<T>> Parameters { get; }

    public override IReadOnlyList<double[]> State => _window == 1 ? [_objective.State] : [_objective.State, .. _averages.Select(a => a.State)];

    public override double? ConstraintViolation => _objective.ConstraintViolation;

    public override double LossAndGradient(long step, Divergence divergence, CancellationToken cancellationToken)
    {
        int d = _phi.Shape.Outputs;
        cancellationToken.ThrowIfCancellationRequested();
        (DeviceMatrix<T> rows, DeviceMatrix<T> values) = _inputs(step);
        DeviceMatrix<T> f = _phi.Forward(rows);
        cancellationToken.ThrowIfCancellationRequested();
        DeviceMatrix<T> g = _psi.Forward(values);
        cancellationToken.ThrowIfCancellationRequested();
        _x.Center(f);
        _a.Center(g);
        _between.Apply(g, _x.Image);
        TowerMoments exact = _exact, by = _by;
        _on.InnerProducts(f, f, exact.C);
        _on.InnerProducts(f, _x.Image, exact.M);
        _on.InnerProducts(g, g, exact.E);
        divergence.CheckMoments(exact.C, exact.M, exact.E);
        CancellationToken whole = _window == 1 ? cancellationToken : CancellationToken.None;
        whole.ThrowIfCancellationRequested();
        var moments = new TowerMoments(_averages[0].With(exact.C), _averages[1].With(exact.M), _averages[2].With(exact.E));
        _c = moments.C;
        double loss = _objective.Evaluate(moments, d, by);
        divergence.CheckLoss(loss);
        whole.ThrowIfCancellationRequested();
        _between.ApplyAdjoint(f, _a.Image);
        _x.Gradient(f, by.C, RitzPairs.Transposed(by.M, d));
        _a.Gradient(g, by.E, by.M);
        whole.ThrowIfCancellationRequested();
        _phi.Backward(_x.ByOutputs);
        whole.ThrowIfCancellationRequested();
        _psi.Backward(_a.ByOutputs);
        return loss;
    }

    public override void Advance(long step) => _objective.Advance(step, _c, _phi.Shape.Outputs);

    protected override void Dispose(bool disposing)
    {
        _phi.Dispose();
        _psi.Dispose();
        _x.Dispose();
        _a.Dispose();
    }

    // One end of K: the functions there, and what K makes of those at the other end.
    private sealed class Side(Arithmetic<T> on, double[] mass, int outputs) : IDisposable
    {
        private readonly DeviceMatrix<T> _mass = on.UploadColumn<T>(mass), _root = on.UploadColumn<T>(Array.ConvertAll(mass, Math.Sqrt)), _shift = on.Allocate(1, outputs);

        public DeviceMatrix<T> Image { get; } = on.Allocate(mass.Length, outputs);

        public DeviceMatrix<T> ByOutputs { get; } = on.Allocate(mass.Length, outputs);

        public void Center(DeviceMatrix<T> functions)
        {
            double[] mean = new double[outputs];
            on.ColumnMoments(functions, _mass, mean, new double[outputs]);
            on.Upload(Array.ConvertAll(mean, m => T.CreateTruncating(-m)), _shift);
            on.Activate(Activation.Identity, functions, _shift, null, functions);
            on.ScaleRows(_root, functions, functions);
        }

        // D^(1/2) (2 F byOwn + image byCross).
        public void Gradient(DeviceMatrix<T> functions, double[] byOwn, double[] byCross)
        {
            on.MultiplySmall(functions, Array.ConvertAll(byOwn, v => 2 * v), T.Zero, ByOutputs);
            on.MultiplySmall(Image, byCross, T.One, ByOutputs);
            on.ScaleRows(_root, ByOutputs, ByOutputs);
        }

        public void Dispose()
        {
            foreach (DeviceMatrix<T> matrix in new[] { _mass, _root, _shift, Image, ByOutputs })
                matrix.Dispose();
        }
    }
}
