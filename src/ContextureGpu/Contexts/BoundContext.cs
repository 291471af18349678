using System.Numerics;
using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>A context over a given sample: its conditional law as an operator, on the sample and at new rows.</summary>
internal abstract class BoundContext
{
    /// <summary>Rows of the sample.</summary>
    public required int Rows { get; init; }

    /// <summary>Values that A can take.</summary>
    public required int Atoms { get; init; }

    /// <summary>Names the space of A: parts with the same name can be added up. <see cref="SampleSpace"/> for the rows of the sample.</summary>
    public required string Space { get; init; }

    /// <summary>The space of A when A is a row of the sample; only such a context can be followed by another.</summary>
    public const string SampleSpace = "rows of the sample";

    /// <summary>The weights of the rows that this context asks for, positive, with sum 1; null for equal ones.</summary>
    public double[]? InputWeights { get; init; }

    /// <summary>
    /// Where the context is given by a dual kernel: the measure of each value of A that is a coordinate of features rather than an event with a probability, 0 for events. Null where
    /// all are events.
    /// </summary>
    public double[]? Coordinates { get; init; }

    /// <summary>What a reader of the result should know of the law.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The recall of the approximate searches behind the law, the lowest of several; null where there are none, or before the law on the sample was asked for.</summary>
    public virtual NeighborRecall? Recall => null;

    /// <summary>P by its non-zeros, where it is stored that way; null otherwise.</summary>
    public virtual CompressedRows? StoredLaw => null;

    /// <summary>The values of A as rows with the inputs of the sample, row-major (atoms, inputs), where they are no rows of it but of the same kind; null otherwise.</summary>
    public virtual double[]? AtomInputs => null;

    /// <summary>The values of A as rows with inputs of another kind, of a second modality; null where they are none, or not known.</summary>
    public ContextSample? AtomRows { get; init; }

    /// <summary>P, (rows, atoms), row-stochastic in the columns that are events.</summary>
    public abstract LinearOperator<T> OnSample<T>(Arithmetic<T> on)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>
    /// <c>B = D_w^(1/2) P D_PA^(-1/2)</c> (theory.md section 2), (rows, atoms), and the probabilities <c>P_A = P^T w</c> of the values of A; values that no row leads to have
    /// none, and a column of zeros. <see cref="Coordinates"/> have no probability, and their measure in the place of one.
    /// </summary>
    /// <exception cref="NumericalException">A probability is negative or not finite.</exception>
    public virtual LinearOperator<T> Normalised<T>(Arithmetic<T> on, double[] weights, out double[] atomMass)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        LinearOperator<T> law = OnSample(on);
        using (DeviceMatrix<T> w = on.UploadColumn<T>(weights), mass = on.Allocate(law.Columns, 1))
        {
            law.ApplyAdjoint(w, mass);
            atomMass = on.DownloadDouble(mass);
        }
        for (int a = 0; a < Coordinates?.Length; a++)
            atomMass[a] = Coordinates[a] > 0 ? 0 : atomMass[a];
        NormaliseMass(atomMass);
        double[] left = Array.ConvertAll(weights, Math.Sqrt), right = Array.ConvertAll(Measure(atomMass), p => p > 0 ? 1 / Math.Sqrt(p) : 0);
        return new DiagonallyScaled<T>(left, law, right, OperatorStructure.None);
    }

    /// <summary>The lowest recall of some parts.</summary>
    protected static NeighborRecall? Lowest(params IEnumerable<BoundContext> parts) => parts.Select(p => p.Recall).OfType<NeighborRecall>().MinBy(r => r.Value);

    /// <summary>The measure on A: the probabilities of events, and that of <see cref="Coordinates"/>.</summary>
    public double[] Measure(double[] atomMass) =>
        Coordinates is null ? atomMass : [.. atomMass.Select((p, a) => Coordinates[a] > 0 ? Coordinates[a] : p)];

    /// <summary>P is stochastic, so the rounding of <c>P^T w</c> is removed by dividing by the sum.</summary>
    protected static void NormaliseMass(double[] mass)
    {
        double sum = TensorPrimitives.Sum<double>(mass);
        int bad = Array.FindIndex(mass, v => !(v >= 0) || !double.IsFinite(v));
        if (bad >= 0 || !(sum > 0))
            throw new NumericalException($"the probability of context value {Math.Max(0, bad)} is {mass[Math.Max(0, bad)]}");
        TensorPrimitives.Divide(mass, sum, mass);
    }

    /// <summary>The law of A at other rows, (new rows, atoms).</summary>
    /// <exception cref="InputException">The context has no law there.</exception>
    public abstract LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>
    /// Joins in <paramref name="joined"/> each row that is <paramref name="reached"/> (nodes from <paramref name="rowNode"/>) with the atoms it can lead to (nodes from
    /// <paramref name="atomNode"/>), and returns which atoms are reached.
    /// </summary>
    public abstract bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached);

    /// <summary>
    /// Draws values of A by the law of the sample: draw e, of the row <c>rows[e]</c>, is a function of the seed and of <c>first + e</c>, however the draws are cut into batches.
    /// </summary>
    /// <param name="rows">Rows of the sample.</param>
    /// <param name="seed">Key.</param>
    /// <param name="first">Number of the first draw.</param>
    /// <param name="atoms">Receives the number of a value of A for each.</param>
    /// <exception cref="InputException">The context is given by a dual kernel, which is no law.</exception>
    public void Draw(ReadOnlyMemory<int> rows, ulong seed, long first, Memory<int> atoms)
    {
        if (Coordinates is not null)
            throw new InputException($"{Space}: a dual kernel has no law of A given x to draw from");
        Parallel.For(0, rows.Length, e =>
        {
            var random = new UniformDraws(seed, first + e);
            atoms.Span[e] = DrawOne(rows.Span[e], ref random);
        });
    }

    /// <summary>Draws one value of A.</summary>
    public abstract int DrawOne(int row, ref UniformDraws random);

    /// <summary>log k between two points, k a radial kernel, over all inputs or some.</summary>
    protected static double LogKernel(RadialKernel kernel, ReadOnlySpan<double> x, ReadOnlySpan<double> y, int[]? inputs = null)
    {
        double sum = 0;
        int count = inputs?.Length ?? x.Length;
        for (int e = 0; e < count; e++)
        {
            int f = inputs is null ? e : inputs[e];
            double difference = x[f] - y[f];
            sum += kernel.Kind == RadialKernelKind.Laplacian ? Math.Abs(difference) : difference * difference;
        }
        return -kernel.Gamma * (kernel.Kind == RadialKernelKind.Exponential ? Math.Sqrt(sum) : sum);
    }

    /// <summary><see cref="Connect"/> where every row can lead to every atom.</summary>
    protected bool[] ConnectAll(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
    {
        for (int j = 1; j < Atoms; j++)
            joined.Join(atomNode, atomNode + j);
        for (int i = 0; i < Rows; i++)
        {
            if (reached[i])
                joined.Join(rowNode + i, atomNode);
        }
        return [.. Enumerable.Repeat(true, Atoms)];
    }
}

/// <summary>Sets of nodes that are merged (Tarjan 1975, with path halving); a set is named by its first node, so that paths stay short where many are joined to few.</summary>
internal sealed class DisjointSets
{
    private int[] _parent;

    public DisjointSets(int count)
    {
        _parent = new int[count];
        for (int i = 0; i < count; i++)
            _parent[i] = i;
    }

    /// <summary>Nodes.</summary>
    public int Count => _parent.Length;

    /// <summary>Adds nodes and returns the first.</summary>
    public int Add(int count)
    {
        int first = _parent.Length;
        Array.Resize(ref _parent, checked(first + count));
        for (int i = first; i < _parent.Length; i++)
            _parent[i] = i;
        return first;
    }

    public int Find(int node)
    {
        while (_parent[node] != node)
            node = _parent[node] = _parent[_parent[node]];
        return node;
    }

    public void Join(int a, int b)
    {
        (int first, int second) = (Find(a), Find(b));
        if (first != second)
            _parent[Math.Max(first, second)] = Math.Min(first, second);
    }
}

/// <summary>A law with few values of A for each row: neighbours, edges, classes.</summary>
internal sealed class SparseContext(
    Lazy<CompressedRows> onSample, Func<ContextSample, ComputeDevice, CompressedRows> lawAt, Func<NeighborRecall?>? recall = null) : BoundContext
{
    public override NeighborRecall? Recall => recall?.Invoke();

    public override CompressedRows StoredLaw => onSample.Value;

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => new SparseOperator<T>(on, onSample.Value, OperatorStructure.MassPreserving);

    // The scaling goes into the stored values: applying B then costs what applying P does.
    public override LinearOperator<T> Normalised<T>(Arithmetic<T> on, double[] weights, out double[] atomMass)
    {
        CompressedRows law = onSample.Value;
        (double[] mass, double[] scaled) = (new double[law.Columns], new double[law.NonZeros]);
        for (int i = 0; i < law.Rows; i++)
            for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
                mass[law.ColumnIndices[e]] += weights[i] * law.Values[e];
        NormaliseMass(mass);
        for (int i = 0; i < law.Rows; i++)
        {
            double left = Math.Sqrt(weights[i]);
            for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
                scaled[e] = mass[law.ColumnIndices[e]] is > 0 and double p ? left * law.Values[e] / Math.Sqrt(p) : 0;
        }
        atomMass = mass;
        return new SparseOperator<T>(on, new CompressedRows(law.Rows, law.Columns, law.RowStarts, law.ColumnIndices, scaled), OperatorStructure.None);
    }

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new SparseOperator<T>(on, lawAt(rows, device), OperatorStructure.None);

    public override int DrawOne(int row, ref UniformDraws random)
    {
        CompressedRows law = onSample.Value;
        return law.ColumnIndices[law.RowStarts[row] + random.Choose(law.Values.AsSpan(law.RowStarts[row]..law.RowStarts[row + 1]))];
    }

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
    {
        CompressedRows law = onSample.Value;
        var atoms = new bool[law.Columns];
        for (int i = 0; i < law.Rows; i++)
        {
            if (!reached[i])
                continue;
            for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
            {
                if (law.Values[e] == 0)
                    continue;
                joined.Join(rowNode + i, atomNode + law.ColumnIndices[e]);
                atoms[law.ColumnIndices[e]] = true;
            }
        }
        return atoms;
    }
}

/// <summary>A is a row of the sample, with probability proportional to a radial kernel.</summary>
internal sealed class RadialContext(RadialKernel kernel, ContextSample sample) : BoundContext
{
    private readonly PointUnit _unit = PointUnit.Of(sample.Values);

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on)
    {
        DeviceMatrix<T> points = _unit.Upload(on, sample);
        return new KernelWalk<T>(on, _unit.Of(kernel), points, points, sample.Mass);
    }

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new KernelWalk<T>(on, _unit.Of(kernel), _unit.Upload(on, rows), _unit.Upload(on, sample), sample.Mass);

    public override int DrawOne(int row, ref UniformDraws random) =>
        random.ChooseByLog(Atoms, a => LogKernel(kernel, sample.Row(row), sample.Row(a)) + (sample.Mass is { } mass ? Math.Log(mass[a]) : 0));

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);
}

/// <summary>A is a row of the sample, with probability proportional to a radial kernel of the visible inputs, averaged over sets of visible inputs.</summary>
internal sealed class MaskedRadialContext(RadialKernel kernel, ContextSample sample, IReadOnlyList<int[]> visible) : BoundContext
{
    private readonly PointUnit _unit = PointUnit.Of(sample.Values);

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on)
    {
        DeviceMatrix<T> points = _unit.Upload(on, sample);
        return new MaskedKernelWalk<T>(on, _unit.Of(kernel), points, points, visible);
    }

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new MaskedKernelWalk<T>(on, _unit.Of(kernel), _unit.Upload(on, rows), _unit.Upload(on, sample), visible);

    public override int DrawOne(int row, ref UniformDraws random)
    {
        int[] inputs = visible[(int)(random.Next() * visible.Count)];
        return random.ChooseByLog(Atoms, a => LogKernel(kernel, sample.Row(row), sample.Row(a), inputs));
    }

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);
}

/// <summary>First one context, then the other, from the row that the first led to.</summary>
internal sealed class ConvolvedContext(BoundContext first, BoundContext second) : BoundContext
{
    public override NeighborRecall? Recall => Lowest(first, second);

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => new Product<T>(first.OnSample(on), second.OnSample(on));

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new Product<T>(first.At(on, rows, device), second.OnSample(on));

    public override int DrawOne(int row, ref UniformDraws random) => second.DrawOne(first.DrawOne(row, ref random), ref random);

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
    {
        int between = joined.Add(first.Atoms);
        bool[] middle = first.Connect(joined, rowNode, between, reached);
        return second.Connect(joined, between, atomNode, middle);
    }
}

/// <summary>One of several contexts at random, with A in one space.</summary>
internal sealed class MixedContext(IReadOnlyList<(double Weight, BoundContext Part)> parts) : BoundContext
{
    public override NeighborRecall? Recall => Lowest(parts.Select(p => p.Part));

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => new WeightedSum<T>([.. parts.Select(p => (p.Weight, p.Part.OnSample(on)))]);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new WeightedSum<T>([.. parts.Select(p => (p.Weight, p.Part.At(on, rows, device)))]);

    public override int DrawOne(int row, ref UniformDraws random) => parts[random.Choose([.. parts.Select(p => p.Weight)])].Part.DrawOne(row, ref random);

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
    {
        var atoms = new bool[Atoms];
        foreach ((_, BoundContext part) in parts)
        {
            bool[] some = part.Connect(joined, rowNode, atomNode, reached);
            for (int j = 0; j < atoms.Length; j++)
                atoms[j] |= some[j];
        }
        return atoms;
    }
}

/// <summary>One of several contexts at random, each with its own space of A: the tagged union.</summary>
internal sealed class TaggedContext(IReadOnlyList<(double Weight, BoundContext Part)> parts) : BoundContext
{
    public override NeighborRecall? Recall => Lowest(parts.Select(p => p.Part));

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => new SideBySide<T>([.. parts.Select(p => (p.Weight, p.Part.OnSample(on)))]);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new SideBySide<T>([.. parts.Select(p => (p.Weight, p.Part.At(on, rows, device)))]);

    public override int DrawOne(int row, ref UniformDraws random)
    {
        int tag = random.Choose([.. parts.Select(p => p.Weight)]);
        return parts.Take(tag).Sum(p => p.Part.Atoms) + parts[tag].Part.DrawOne(row, ref random);
    }

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
    {
        var atoms = new List<bool>(Atoms);
        foreach ((_, BoundContext part) in parts)
            atoms.AddRange(part.Connect(joined, rowNode, atomNode + atoms.Count, reached));
        return [.. atoms];
    }
}
