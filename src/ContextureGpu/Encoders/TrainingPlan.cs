using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// What an objective makes of a context on its sample: the operators that its moments go through, the points that its networks are given, and the step over all of them or over
/// batches of pairs. theory.md section 4 has the objectives.
/// </summary>
internal sealed class TrainingPlan<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The points whose moments are averaged over are at least so many times the outputs.</summary>
    private const int PointsPerOutput = 64;

    private readonly BoundContext _bound;
    private readonly ContextSample _sample;
    private readonly EncoderOptions _options;
    private readonly Arithmetic<T> _on;
    private readonly HostLinearAlgebra _host;
    private readonly List<IDisposable> _owned = [];
    private readonly Lazy<LinearOperator<T>> _own;

    /// <exception cref="InputException">The context does not offer what the objective needs.</exception>
    public TrainingPlan(BoundContext bound, ContextSample sample, EncoderOptions options, Arithmetic<T> on, HostLinearAlgebra host)
    {
        (_bound, _sample, _options, _on, _host) = (bound, sample, options, on, host);
        Weights = bound.InputWeights ?? [.. Enumerable.Repeat(1.0 / bound.Rows, bound.Rows)];
        Normalized = Owned(bound.Normalised(on, Weights, out double[] mass));
        AtomMass = mass;
        Points = NetworkInputs.Of(bound, sample, OnInputs);
        Through = OnInputs ? Owned(new Adjoint<T>(Normalized)) : Normalized;
        _own = new(() => OwnOperator());
        if (options.Objective == Objective.Graph)
            RequireReversible();
        if (options.Objective == Objective.Denoising && sample.Dimension == 0)
            throw new InputException("the rows have no inputs; the denoising objective restores them");
    }

    /// <summary>Whether the encoder is the network on x; otherwise the network is on the values of A and the encoder its mean given x.</summary>
    public bool OnInputs => TakesRows(_options.Objective);

    /// <summary>Probabilities of the rows.</summary>
    public double[] Weights { get; }

    /// <summary>Probabilities of the values of A.</summary>
    public double[] AtomMass { get; }

    /// <summary><c>D_w^(1/2) P D_a^(-1/2)</c>, (rows, values).</summary>
    public LinearOperator<T> Normalized { get; }

    /// <summary>The same, or its adjoint: from the functions of the encoder's network.</summary>
    public LinearOperator<T> Through { get; }

    /// <summary>The points of the encoder's network.</summary>
    public NetworkInputs Points { get; }

    /// <summary>Masses of the points.</summary>
    public double[] Mass => OnInputs ? Weights : AtomMass;

    /// <summary>Whether the objective learns another span than that of the top singular functions, that of the top eigenfunctions of its own operator.</summary>
    public bool HasOwnSpan => _options.Objective is Objective.Supervised or Objective.Denoising or Objective.Graph;

    /// <summary>Whether an objective trains its encoder on x.</summary>
    public static bool TakesRows(Objective objective) =>
        objective is Objective.Svme or Objective.Kise or Objective.Supervised or Objective.SupervisedBalanced or Objective.Graph;

    /// <summary>The moments that the objective sees, on all points.</summary>
    public FunctionMoments<T> OwnMoments() => _options.Objective switch
    {
        Objective.Graph => new WalkMoments<T>(_own.Value, Mass, _options.EffectiveOutputs),
        Objective.Supervised or Objective.Denoising => new TargetMoments<T>(_own.Value, Mass, _options.EffectiveOutputs, 1),
        _ => new ContextMoments<T>(_own.Value, Mass, _options.EffectiveOutputs),
    };

    /// <summary>C and the covariance of what the context makes of the functions, on all points.</summary>
    public FunctionMoments<T> ContextMoments() => new ContextMoments<T>(Through, Mass, _options.EffectiveOutputs);

    /// <summary>The step.</summary>
    /// <param name="network">The encoder's network, which the step owns from here on.</param>
    public TrainingStep<T> CreateStep(Network<T> network)
    {
        if (_options.Objective == Objective.Svme)
            return TwoTowers(network);
        MomentObjective objective = MomentObjective.Create(_options, _host);
        DeviceMatrix<T> all = Uploaded(Points);
        if (_options.Batch is not int pairs)
            return new OneTowerStep<T>(network, OwnMoments(), objective, _ => all, 1);
        if (_options.Objective is Objective.Supervised or Objective.Denoising)
            return Regression(network, objective, pairs, all);

        int members = _options.Draws, points = checked(members * pairs);
        PairBatch<T> batch = Batch(pairs, members, _options.Objective switch
        {
            Objective.Graph => GroupKind.RowAndValue,
            _ when OnInputs => GroupKind.Rows,
            _ => GroupKind.Values,
        });
        var others = Owned(new SparseOperator<T>(_on, Others(pairs, members), OperatorStructure.SelfAdjoint));
        var moments = new WalkMoments<T>(others, EqualWeights.Of(points), _options.EffectiveOutputs);
        return new OneTowerStep<T>(network, moments, objective, step =>
        {
            batch.Draw(step);
            return batch.All(all);
        }, Window(points));
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    private TwoTowerStep<T> TwoTowers(Network<T> phi)
    {
        NetworkInputs values = NetworkInputs.Of(_bound, _sample, false);
        var psi = new Network<T>(_on, phi.Shape with { Inputs = values.Dimension });
        psi.Initialize(_options.Seed, 1);
        TowerObjective objective = TowerObjective.Create(_options, _host);
        (DeviceMatrix<T> Rows, DeviceMatrix<T> Values) all = (Uploaded(Points), Uploaded(values));
        if (_options.Batch is not int pairs)
            return new TwoTowerStep<T>(phi, psi, Normalized, (Weights, AtomMass), objective, _ => all, 1);
        PairBatch<T> batch = Batch(pairs, 2, GroupKind.RowAndValue);
        int[] ends = [.. Enumerable.Range(0, pairs)];
        var identity = Owned(new SparseOperator<T>(
            _on, new CompressedRows(pairs, pairs, [.. Enumerable.Range(0, pairs + 1)], ends, [.. Enumerable.Repeat(1.0, pairs)]), OperatorStructure.SelfAdjoint));
        return new TwoTowerStep<T>(phi, psi, identity, (EqualWeights.Of(pairs), EqualWeights.Of(pairs)), objective, step =>
        {
            batch.Draw(step);
            return (batch.FirstOf(all.Rows), batch.SecondOf(all.Values));
        }, Window(pairs));
    }

    // The network is given one end of each pair and regressed on the other: the indicator of a, or the inputs of x.
    private OneTowerStep<T> Regression(Network<T> network, MomentObjective objective, int pairs, DeviceMatrix<T> points)
    {
        DeviceMatrix<T>? restored = _options.Objective == Objective.Denoising ? Owned(_on.UploadMatrix<T>(_sample.Values, _sample.Rows, _sample.Dimension)) : null;
        PairBatch<T> batch = Batch(pairs, 2, GroupKind.RowAndValue);
        DeviceMatrix<T> targets = _on.Allocate(pairs, restored?.Columns ?? _bound.Atoms);
        var stored = Owned(new DenseOperator<T>(_on, targets, OperatorStructure.None));
        var moments = new TargetMoments<T>(Owned(new Adjoint<T>(stored)), EqualWeights.Of(pairs), _options.EffectiveOutputs, Window(pairs));
        double scale = 1 / Math.Sqrt(pairs);
        return new OneTowerStep<T>(network, moments, objective, step =>
        {
            batch.Draw(step);
            if (restored is null)
            {
                batch.SecondIndicators(scale, targets);
                return batch.FirstOf(points);
            }
            batch.FirstInto(restored, scale, targets);
            return batch.SecondOf(points);
        }, Window(pairs));
    }

    // Through, or what takes Lambda behind it: with R = D_w^(1/2) T g for the coordinates g of A, C^-1 F^T R R^T F is what the best linear prediction of A from F explains.
    private LinearOperator<T> OwnOperator()
    {
        switch (_options.Objective)
        {
            case Objective.Graph:
                return Normalized;
            case Objective.Supervised:
                // Indicators of the values: R = D_w^(1/2) P.
                var rows = Owned(new DiagonallyScaled<T>(Array.ConvertAll(Weights, Math.Sqrt), _bound.OnSample(_on), Array.ConvertAll(AtomMass, _ => 1.0), OperatorStructure.None));
                return Owned(new Adjoint<T>(rows));
            case Objective.Denoising:
                using (DeviceMatrix<T> x = _on.UploadMatrix<T>(_sample.Values, _sample.Rows, _sample.Dimension), roots = _on.UploadColumn<T>(Array.ConvertAll(Weights, Math.Sqrt)))
                {
                    _on.ScaleRows(roots, x, x);
                    DeviceMatrix<T> means = _on.Allocate(_bound.Atoms, _sample.Dimension);
                    Normalized.ApplyAdjoint(x, means);
                    return Owned(new Adjoint<T>(Owned(new DenseOperator<T>(_on, means, OperatorStructure.None))));
                }

            default:
                return Through;
        }
    }

    // A walk that is not reversible has no symmetric operator: <K x, y> and <x, K y> of random functions differ.
    private void RequireReversible()
    {
        if (_bound.Space != BoundContext.SampleSpace)
            throw new InputException($"the graph objective is for walks on the rows; here A is one of {_bound.Space}");
        const int Functions = 8;
        int n = _bound.Rows;
        var values = new double[2 * n * Functions];
        new Philox(0, 0x7761_6c6b).Normals(0, values.AsSpan());
        using DeviceMatrix<T> x = _on.UploadMatrix<T>(values.AsSpan(0, n * Functions), n, Functions), y = _on.UploadMatrix<T>(values.AsSpan(n * Functions), n, Functions), image = _on.Allocate(n, Functions);
        double[] one = new double[Functions * Functions], other = new double[Functions * Functions];
        Normalized.Apply(x, image);
        _on.InnerProducts(image, y, one);
        Normalized.Apply(y, image);
        _on.InnerProducts(x, image, other);
        double largest = one.Max(Math.Abs), difference = one.Zip(other, (a, b) => Math.Abs(a - b)).Max();
        if (difference > 1e-4 * Math.Max(largest, Math.Sqrt(n)))
            throw new InputException("the graph objective is for reversible walks, such as those of graph(..) with undirected edges; this one is not. The objective kise learns the singular functions of any walk");
    }

    private PairBatch<T> Batch(int groups, int members, GroupKind kind) =>
        Owned(new PairBatch<T>(_on, _on.CreateSampler(new JointLaw(Weights, LawEntries.Of(_bound, _on)), kind, groups, members, _options.Seed)));

    private DeviceMatrix<T> Uploaded(NetworkInputs points) => Owned(_on.UploadMatrix<T>(points.Values, points.Rows, points.Dimension));

    private int Window(int points) => Math.Max(2, ((PointsPerOutput * _options.EffectiveOutputs) + points - 1) / points);

    private TOwned Owned<TOwned>(TOwned resource)
        where TOwned : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    // From each member of a group the mean over the other ones; for pairs their exchange. Members of a group are <groups> apart.
    private static CompressedRows Others(int groups, int members)
    {
        int points = checked(groups * members);
        int[] columns = new int[checked(points * (members - 1))];
        for (int e = 0; e < columns.Length; e++)
        {
            int point = e / (members - 1), other = e % (members - 1), own = point / groups;
            columns[e] = ((other < own ? other : other + 1) * groups) + (point % groups);
        }
        return new CompressedRows(points, points, [.. Enumerable.Range(0, points + 1).Select(p => p * (members - 1))], columns, [.. Enumerable.Repeat(1.0 / (members - 1), columns.Length)]);
    }
}
