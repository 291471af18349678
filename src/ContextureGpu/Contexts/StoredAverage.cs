using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>
/// The average of many laws over the rows of one sample, added up once and stored entry by entry: then an application costs one product instead of one for each law. For samples whose
/// <c>n^2</c> entries are few; at new rows, and for draws, the laws are asked one by one.
/// </summary>
/// <param name="entries">P on the sample, row-major (n, n).</param>
/// <param name="parts">The same law by its parts.</param>
internal class StoredAverage(Lazy<double[]> entries, Lazy<BoundContext> parts) : BoundContext
{
    /// <summary>Entries that are stored at most: 256 MiB in float64, 5,792 rows.</summary>
    public const long MostEntries = 1 << 25;

    /// <summary>P on the sample, row-major (n, n).</summary>
    protected double[] Entries => entries.Value;

    /// <summary>
    /// Whether the average over a sample is stored: where that is preferred and it fits; of neighbours where they are so
    /// many that few entries would be left out.
    /// </summary>
    public static bool IsChosen(MaskContext mask, int rows, LawStorage storage) => storage == LawStorage.StoredWhereSmall && (long)rows * rows <= MostEntries && mask.Then switch
    {
        RbfContext => true,
        KnnContext { Search: KnnSearch.Exact } knn => (long)mask.Draws * knn.K >= rows,
        _ => false,
    };

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => new DenseOperator<T>(on, on.UploadMatrix<T>(Entries, Rows, Atoms), OperatorStructure.MassPreserving);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) => parts.Value.At(on, rows, device);

    public override int DrawOne(int row, ref UniformDraws random) => parts.Value.DrawOne(row, ref random);

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => parts.Value.Connect(joined, rowNode, atomNode, reached);

    /// <summary>Of kernel walks that see some of the inputs each.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="sample">The rows.</param>
    /// <param name="visible">The inputs that each walk sees.</param>
    /// <param name="parts">The same law by its parts.</param>
    /// <param name="cancellationToken">Stops the sum.</param>
    public static StoredAverage OfWalks(RadialKernel kernel, ContextSample sample, IReadOnlyList<int[]> visible, BoundContext parts, CancellationToken cancellationToken) =>
        new(new(() => WalkAverage.Of(kernel, sample, visible, cancellationToken)), new(() => parts)) { Rows = sample.Rows, Atoms = sample.Rows, Space = SampleSpace };

    /// <summary>Of laws that are stored by their non-zeros: each is made, added and forgotten before the next.</summary>
    /// <param name="rows">n; A is one of them.</param>
    /// <param name="laws">Makes each law, with what it weighs.</param>
    /// <param name="parts">The same law by its parts.</param>
    public static StoredAverage OfLaws(int rows, IEnumerable<(double Weight, CompressedRows Law)> laws, Lazy<BoundContext> parts) =>
        new Sparse(new(() => Sum(rows, laws)), parts) { Rows = rows, Atoms = rows, Space = SampleSpace };

    private static double[] Sum(int rows, IEnumerable<(double Weight, CompressedRows Law)> laws)
    {
        var sum = new double[(long)rows * rows];
        foreach ((double weight, CompressedRows law) in laws)
        {
            Parallel.For(0, rows, i =>
            {
                Span<double> row = sum.AsSpan(i * rows, rows);
                for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
                    row[law.ColumnIndices[e]] += weight * law.Values[e];
            });
        }
        return sum;
    }

    /// <summary>With entries that are zero exactly where nothing leads.</summary>
    private sealed class Sparse(Lazy<double[]> entries, Lazy<BoundContext> parts) : StoredAverage(entries, parts)
    {
        public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached)
        {
            var atoms = new bool[Atoms];
            for (int i = 0; i < Rows; i++)
            {
                if (!reached[i])
                    continue;
                ReadOnlySpan<double> row = Entries.AsSpan(i * Atoms, Atoms);
                for (int j = 0; j < row.Length; j++)
                {
                    if (row[j] == 0)
                        continue;
                    joined.Join(rowNode + i, atomNode + j);
                    atoms[j] = true;
                }
            }
            return atoms;
        }
    }
}

/// <summary>
/// <c>P = (1 / K) sum_k P_k</c> of <see cref="MaskedKernelWalk{T}"/>, entry by entry. What the inputs that always stand together add to the distances from a row is computed once, and each
/// walk adds up what it sees, or takes from the whole what it does not.
/// </summary>
internal static class WalkAverage
{
    /// <summary>P, row-major (n, n).</summary>
    public static double[] Of(RadialKernel kernel, ContextSample sample, IReadOnlyList<int[]> visible, CancellationToken cancellationToken)
    {
        int n = sample.Rows, d = sample.Dimension;
        var columns = new double[sample.Values.Length];
        TransposeInto(sample.Values, columns, n, d);
        (double Weight, int[] Visible)[] walks = [.. visible.CountBy(set => set, SameElements<int>.Instance).Select(g => ((double)g.Value / visible.Count, g.Key))];
        int[][] groups = Groups(walks, d);
        (double Weight, int[] Seen, int[] Hidden)[] sums = [.. walks.Select(walk =>
        {
            var sees = walk.Visible.ToHashSet();
            return (walk.Weight, Numbers(g => sees.Contains(groups[g][0])), Numbers(g => !sees.Contains(groups[g][0])));
        })];
        double gamma = Math.Min(kernel.Gamma, double.MaxValue);
        var p = new double[(long)n * n];
        Parallel.For(0, n, new ParallelOptions { CancellationToken = cancellationToken }, () => new Scratch(groups.Length, n), (i, _, scratch) =>
        {
            Span<double> all = scratch.All, work = scratch.Work, row = p.AsSpan(i * n, n);
            all.Clear();
            for (int g = 0; g < groups.Length; g++)
            {
                Span<double> part = scratch.Part(g);
                part.Clear();
                foreach (int f in groups[g])
                {
                    TensorPrimitives.Subtract(columns.AsSpan(f * n, n), sample.Values[(i * d) + f], work);
                    if (kernel.Kind == RadialKernelKind.Laplacian)
                    {
                        TensorPrimitives.Abs<double>(work, work);
                        TensorPrimitives.Add<double>(part, work, part);
                    }
                    else
                    {
                        TensorPrimitives.MultiplyAdd<double>(work, work, part, part);
                    }
                }
                TensorPrimitives.Add<double>(all, part, all);
            }
            bool canTakeAway = double.IsFinite(TensorPrimitives.Max<double>(all));
            foreach ((double weight, int[] seen, int[] hidden) in sums)
            {
                if (canTakeAway && hidden.Length < seen.Length)
                {
                    all.CopyTo(work);
                    foreach (int g in hidden)
                        TensorPrimitives.Subtract(work, scratch.Part(g), work);
                    TensorPrimitives.Max(work, 0.0, work); // what is left of rounding
                }
                else
                {
                    work.Clear();
                    foreach (int g in seen)
                        TensorPrimitives.Add(work, scratch.Part(g), work);
                }
                if (kernel.Kind == RadialKernelKind.Exponential)
                    TensorPrimitives.Sqrt<double>(work, work);
                TensorPrimitives.Multiply(work, -gamma, work);
                TensorPrimitives.Exp<double>(work, work);
                TensorPrimitives.MultiplyAdd(work, weight / TensorPrimitives.Sum<double>(work), row, row); // the row itself adds 1, so the sum is no less
            }
            return scratch;
        }, _ => { });
        return p;

        int[] Numbers(Func<int, bool> isIn) => [.. Enumerable.Range(0, groups.Length).Where(isIn)];
    }

    // Inputs that the same walks see, such as the indicators of one column.
    private static int[][] Groups((double Weight, int[] Visible)[] walks, int inputs)
    {
        var seenBy = new List<int>[inputs];
        for (int f = 0; f < inputs; f++)
            seenBy[f] = [];
        for (int k = 0; k < walks.Length; k++)
            foreach (int f in walks[k].Visible)
                seenBy[f].Add(k);
        return [.. Enumerable.Range(0, inputs).GroupBy(f => seenBy[f].ToArray(), SameElements<int>.Instance).Where(g => g.Key.Length > 0).Select(g => g.ToArray())];
    }

    private static void TransposeInto(double[] rowMajor, double[] columns, int n, int d)
    {
        for (int i = 0; i < n; i++)
            for (int f = 0; f < d; f++)
                columns[(f * n) + i] = rowMajor[(i * d) + f];
    }

    private sealed class Scratch(int groups, int n)
    {
        private readonly double[] _parts = new double[checked(groups * n)];

        public double[] All { get; } = new double[n];

        public double[] Work { get; } = new double[n];

        public Span<double> Part(int group) => _parts.AsSpan(group * n, n);
    }
}

/// <summary>Lists are equal that hold the same in the same order.</summary>
internal sealed class SameElements<T> : IEqualityComparer<T[]>
    where T : unmanaged, IEquatable<T>
{
    public static SameElements<T> Instance { get; } = new();

    public bool Equals(T[]? x, T[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(T[] obj)
    {
        var hash = new HashCode();
        hash.AddBytes(MemoryMarshal.AsBytes<T>(obj));
        return hash.ToHashCode();
    }
}
