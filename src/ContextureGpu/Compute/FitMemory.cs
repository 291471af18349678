using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>What decides about the memory of a fit.</summary>
/// <param name="Rows">n.</param>
/// <param name="Inputs">Inputs of a row.</param>
/// <param name="Dimension">d.</param>
/// <param name="Classes">Classes of a label column, by name.</param>
/// <param name="Edges">Edges of a graph, by file.</param>
internal sealed record FitShape(int Rows, int Inputs, int Dimension, IReadOnlyDictionary<string, int> Classes, IReadOnlyDictionary<string, int> Edges)
{
    /// <summary>Features of a teacher, by file.</summary>
    public IReadOnlyDictionary<string, int> Features { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// The part of all pairs of a row and a drawn value that the law of a context stores, by the text of the context, where that depends on the data: few pairs can be where a column is
    /// continuous, all where all columns have few levels.
    /// </summary>
    public IReadOnlyDictionary<string, double> StoredShares { get; init; } = new Dictionary<string, double>();

    /// <summary>How laws that are averages of many are kept.</summary>
    public LawStorage Storage { get; init; }

    public static FitShape Of(ContextSample sample, int dimension) => new(
        sample.Rows, sample.Dimension, dimension, sample.Classes.ToDictionary(c => c.Key, c => c.Value.Count), sample.Edges.ToDictionary(e => e.Key, e => e.Value.Count))
    {
        Features = sample.Partners.ToDictionary(p => p.Key, p => p.Value.Dimension),
    };

    /// <summary>Measures <see cref="StoredShares"/> of a context on a sample.</summary>
    public static IReadOnlyDictionary<string, double> SharesOf(Context context, ContextSample sample)
    {
        var shares = new Dictionary<string, double>(StringComparer.Ordinal);
        Add(context, sample);
        return shares;

        void Add(Context part, ContextSample rows)
        {
            switch (part)
            {
                case ScarfContext scarf:
                    shares[scarf.ToString()] = TokenBinding.StoredShare(scarf, rows);
                    break;
                case CutMixContext cutmix:
                    shares[cutmix.ToString()] = CutMixBinding.StoredShare(cutmix, rows);
                    break;
                case PairsContext pairs:
                    if (rows.Partners.TryGetValue(pairs.File, out ContextSample? partner))
                        Add(pairs.Then, partner);
                    break;
                case ConvolutionContext chain:
                    foreach (Context factor in chain.Factors)
                        Add(factor, rows);
                    break;
                case CombinationContext sum:
                    foreach ((_, Context term) in sum.Terms)
                        Add(term, rows);
                    break;
            }
        }
    }
}

/// <summary>Predicted bytes at the peak.</summary>
/// <param name="Device">In matrices on the device.</param>
/// <param name="Host">In arrays of the host: inputs, the stored law, features.</param>
internal readonly record struct FitBytes(long Device, long Host);

/// <summary>
/// Predicts the memory of a fit before it starts, from coefficients that each kind of context and each solver declares. Pure functions; no device is needed. Sizes are
/// saturated: a need beyond 2^61 bytes reads as that.
/// </summary>
internal static class FitMemory
{
    private const int IndexBytes = sizeof(int), HostBytes = sizeof(double);

    /// <summary>Blocks that a kernel product of points with themselves takes besides its input and output.</summary>
    private const int SymmetricScratch = 2;

    /// <summary>The need of one part: a context that is no concatenation.</summary>
    /// <param name="context">The context, all numbers known.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="solver">The solver, not <see cref="SpectralSolver.Auto"/>.</param>
    /// <param name="elementBytes">4 or 8.</param>
    /// <param name="landmarks">m of the Nystroem solver.</param>
    public static FitBytes Predict(Context context, FitShape shape, SpectralSolver solver, int elementBytes, int landmarks)
    {
        if (solver == SpectralSolver.Nystrom)
            return PredictNystrom(context, shape, elementBytes, landmarks);
        double n = shape.Rows, m = Atoms(context, shape), d = Math.Min(shape.Dimension, Math.Min(n, m)), e = solver == SpectralSolver.Exact ? sizeof(double) : elementBytes;
        int rows = shape.Rows, atoms = (int)Math.Min(int.MaxValue, m), dimension = (int)Math.Max(1, d);
        var krylov = new KrylovSolverOptions { LeastBlock = IsRecomputed(context) ? KernelWalk<float>.EconomicBlock : 1 };
        double width = solver switch
        {
            SpectralSolver.Exact => 256,
            SpectralSolver.Randomized => d + 10,
            _ => KrylovSolver.BlockWidth(Math.Min(rows, atoms), dimension, krylov),
        };
        double finish = (2 * (n + m) * d) + (3 * Math.Max(n, m) * Math.Min(d, SingularTriplets<float>.CertificateColumns));
        double work = solver switch
        {
            SpectralSolver.Exact => ((n + m) * Math.Min(width, m)) + (Math.Min(n, m) * d) + finish,
            SpectralSolver.Randomized => ((n + m) * width) + (Math.Max(n, m) * width) + finish,
            _ => KrylovSolver.PeakElements(rows, atoms, dimension, krylov),
        };
        LawBytes law = Law(context, shape, e, Math.Max(width, Math.Min(d, SingularTriplets<float>.CertificateColumns)));
        double deflation = (n + m) * 2;
        double dense = solver == SpectralSolver.Exact ? HostBytes * ((n * m) + (3 * Math.Min(n, m) * Math.Min(n, m))) : 0;
        double features = (n + m) * shape.Dimension * (solver == SpectralSolver.Exact ? HostBytes : elementBytes);
        return new FitBytes(Whole((e * (work + deflation)) + law.Device), Whole((HostBytes * n * (shape.Inputs + 4)) + law.Host + dense + features));
    }

    /// <summary>Refuses a fit that cannot fit, and says what would.</summary>
    /// <exception cref="InputException">The need is above the budget.</exception>
    public static void Check(Context context, FitShape shape, SpectralSolver solver, int elementBytes, int landmarks, long budget, DeviceDescription device)
    {
        if (Fits(shape, solver, landmarks))
            return;
        FitBytes need = Predict(context, shape, solver, elementBytes, landmarks);
        long onDevice = device.Backend == BackendKind.Cpu ? budget : Math.Min(budget, device.MemoryBytes);
        var remedies = new List<string>();
        if (Largest(1, shape.Dimension - 1, d => Fits(shape with { Dimension = d }, solver, landmarks)) is { } dimension)
            remedies.Add($"a dimension of {dimension}");
        if (HasLawElsewhere(context) && Largest(shape.Dimension + 1, shape.Rows - 1, m => Fits(shape, SpectralSolver.Nystrom, m)) is { } most)
            remedies.Add($"the Nystroem solver with {most} landmarks");
        if (Largest(2, shape.Rows - 1, rows => Fits(shape with { Rows = rows }, solver, landmarks)) is { } fewer)
            remedies.Add($"{fewer} rows");
        throw new InputException(
            $"{context} on {shape.Rows} rows with {shape.Dimension} features needs about {MemoryBudget.Text(need.Device)} on the device and {MemoryBudget.Text(need.Host)} beside it; "
            + $"{MemoryBudget.Text(device.Backend == BackendKind.Cpu ? budget : onDevice)} {(device.Backend == BackendKind.Cpu ? "for both " : "")}may be taken. "
            + (remedies.Count == 0 ? "Nothing smaller would fit either" : $"What would fit: {string.Join(", or ", remedies)}"));

        bool Fits(FitShape trial, SpectralSolver by, int m)
        {
            FitBytes bytes = Predict(context, trial, by, elementBytes, m);
            return device.Backend == BackendKind.Cpu ? bytes.Device <= budget - bytes.Host : bytes.Host <= budget && bytes.Device <= device.MemoryBytes;
        }
    }

    /// <summary>Values of A.</summary>
    public static double Atoms(Context context, FitShape shape) => context switch
    {
        LabelsContext labels => shape.Classes.GetValueOrDefault(labels.Column, 1),
        SoftLabelsContext soft => soft.Columns.Count,
        NoiseContext noise => noise.Draws.Count ?? shape.Rows,
        ViewsContext views => views.Draws.Count ?? shape.Rows,
        ScarfContext scarf => scarf.Draws.Count ?? shape.Rows,
        CutMixContext cutmix => cutmix.Draws.Count ?? shape.Rows,
        CutoutContext cutout => shape.Rows * Places(cutout, shape),
        TeacherContext teacher => 1 + Math.Min(shape.Rows, shape.Features.GetValueOrDefault(teacher.File, shape.Rows)),
        LinearTargetContext => 2,
        TokensContext tokens => shape.Rows * Masks(tokens, shape),
        MaskContext mask => Atoms(mask.Then, shape),
        PairsContext pairs => Atoms(pairs.Then, shape),
        ConvolutionContext chain => Atoms(chain.Factors[^1], shape),
        CombinationContext sum => sum.Terms.Select(t => t.Part).DistinctBy(Space).Sum(part => Atoms(part, shape)),
        _ => shape.Rows,
    };

    private static FitBytes PredictNystrom(Context context, FitShape shape, int elementBytes, int landmarks)
    {
        FitShape small = shape with { Rows = Math.Min(shape.Rows, landmarks) };
        FitBytes inner = Predict(context, small, SpectralSolver.Krylov, elementBytes, 0);
        double n = shape.Rows, tile = Math.Min(n, NystromSolver.TileRows), d = shape.Dimension, m = Atoms(context, small);
        double extension = Law(context, small, elementBytes, d).Device + (tile * Law(context, small with { Rows = 1 }, elementBytes, d).Device) + (elementBytes * d * ((2 * tile) + m));
        FitShape evaluated = shape with { Rows = shape.Rows <= NystromSolver.ExactRows ? shape.Rows : NystromSolver.EvaluationRows };
        double rows = evaluated.Rows, width = Math.Min(d, SingularTriplets<float>.CertificateColumns);
        LawBytes law = Law(context, evaluated, elementBytes, width);
        double certificate = law.Device + (elementBytes * width * ((2 * rows) + Atoms(context, evaluated)));
        double features = (elementBytes * n * d) + (HostBytes * (n * shape.Inputs)) + (HostBytes * 2 * m * d);
        return new FitBytes(
            Math.Max(inner.Device, Whole(Math.Max(extension, certificate))),
            Saturated(Whole(features), Math.Max(inner.Host, Whole(law.Host + (HostBytes * rows * (shape.Inputs + (2 * width)))))));
    }

    /// <summary>Bytes of a law on the device, applied to blocks of some width, and on the host.</summary>
    private readonly record struct LawBytes(double Device, double Host)
    {
        public static LawBytes operator +(LawBytes a, LawBytes b) => new(a.Device + b.Device, a.Host + b.Host);
    }

    private static LawBytes Law(Context context, FitShape shape, double e, double width)
    {
        double n = shape.Rows;
        switch (context)
        {
            case ConvolutionContext chain:
                return chain.Factors.Select(f => Law(f, shape, e, width)).Aggregate((a, b) => a + b) + new LawBytes(e * n * width * (chain.Factors.Count + 1), 0);
            case CombinationContext sum:
                return sum.Terms.Select(t => Law(t.Part, shape, e, width)).Aggregate((a, b) => a + b) + new LawBytes(e * width * (n + (2 * Atoms(context, shape))), 0);
            case RbfContext or CosineContext or TargetContext:
                return new LawBytes(e * ((n * ((2 * shape.Inputs) + 4)) + ((2 + SymmetricScratch) * n * width)), 0);
            case LocallyScaledContext local:
                // A device may hold a slab of the kernel matrix; the search for neighbours is over before.
                double slab = Math.Min(n * n, Math.Max(ScaledKernel.SlabElements, 64 * n));
                return new LawBytes(e * ((n * ((2 * shape.Inputs) + 6)) + ((2 + SymmetricScratch) * n * width) + slab), n * (local.Neighbor + 1) * (HostBytes + IndexBytes));
            case MaskContext { Then: RbfContext or KnnContext } mask when StoredAverage.IsChosen(mask, shape.Rows, shape.Storage):
                LawBytes part = mask.Then is KnnContext ? Law(mask.Then, shape, e, width) : default;
                return new LawBytes(e * ((n * n) + (2 * n * width)), (HostBytes * n * (n + (3 * shape.Inputs))) + part.Host);
            case MaskContext { Then: RbfContext } mask:
                return new LawBytes(e * ((n * ((4 * shape.Inputs) + 4 + mask.Draws)) + ((3 + SymmetricScratch) * n * width)), 0);
            case MaskContext mask:
                LawBytes once = Law(mask.Then, shape, e, width);
                return new LawBytes((once.Device * mask.Draws) + (e * width * 2 * n), (once.Host + (HostBytes * n * shape.Inputs)) * mask.Draws);
            case TeacherContext or KernelContext or LinearTargetContext:
                double given = context is TeacherContext { File: var file } ? shape.Features.GetValueOrDefault(file, shape.Rows) : n, coordinates = Atoms(context, shape);
                // On the host the features as given, centred and weighed, and the matrix whose eigenvectors they are turned to.
                double small = context is LinearTargetContext ? 0 : Math.Min(n, given);
                return new LawBytes(e * n * coordinates, HostBytes * ((n * ((3 * given) + (2 * coordinates))) + (3 * small * small)));
            case PairsContext pairs:
                return Law(pairs.Then, shape, e, width);
            case NoiseContext or ViewsContext:
                double views = context is ViewsContext { Shift: var shift, Flip: var flip } ? Math.Pow((2 * shift) + 1, 2) * (flip ? 2 : 1) : 1, drawn = Atoms(context, shape);
                return new LawBytes(e * ((((views * n) + drawn) * (shape.Inputs + 4)) + ((n + drawn) * 2 * width)), HostBytes * ((2 * views * n) + drawn) * shape.Inputs);
            default:
                (double entries, double m) = (Entries(context, shape), Atoms(context, shape));
                double rows = IndexBytes * (n + m + 2);
                // Both orientations on the device; on the host the law, its scaled values, and the transpose while it is converted.
                double host = (entries * ((2 * IndexBytes) + (3 * HostBytes))) + (2 * rows);
                // The search is over before the law is scaled and converted.
                if (context is KnnContext { Search: KnnSearch.Approximate } knn)
                    host = Math.Max(host, (entries * (IndexBytes + HostBytes)) + ApproximateNeighbors.WorkingBytes(n, shape.Inputs, knn.K + 1, knn.Metric));
                return new LawBytes((2 * entries * (IndexBytes + e)) + rows, host);
        }
    }

    private static double Entries(Context context, FitShape shape) => context switch
    {
        KnnContext knn => (double)shape.Rows * knn.K * (knn.Counted == KnnGraph.Symmetric ? 2 : 1),
        LabelsContext labels => (double)shape.Rows * (labels.Noise == 0 ? 1 : shape.Classes.GetValueOrDefault(labels.Column, 1)),
        GraphContext graph => 2.0 * shape.Edges.GetValueOrDefault(graph.File),
        SoftLabelsContext soft => (double)shape.Rows * soft.Columns.Count,
        TokensContext tokens => shape.Rows * Masks(tokens, shape),
        ScarfContext or CutMixContext => shape.StoredShares.GetValueOrDefault(context.ToString(), 1) * shape.Rows * Atoms(context, shape),
        CutoutContext cutout => shape.Rows * Places(cutout, shape),
        // A user's law is not known before it is asked.
        CustomContext => 64.0 * shape.Rows,
        _ => throw new ArgumentException($"'{context}' is not stored", nameof(context)),
    };

    // Whether an operator of the context has entries that are computed at each application.
    private static bool IsRecomputed(Context context) => context switch
    {
        RbfContext or LocallyScaledContext or CosineContext or TargetContext or NoiseContext or ViewsContext => true,
        MaskContext mask => IsRecomputed(mask.Then),
        PairsContext pairs => IsRecomputed(pairs.Then),
        ConvolutionContext chain => chain.Factors.Any(IsRecomputed),
        CombinationContext sum => sum.Terms.Any(t => IsRecomputed(t.Part)),
        _ => false,
    };

    private static string Space(Context context) => context switch
    {
        LabelsContext labels => $"classes of {labels.Column}",
        ConvolutionContext chain when FeatureBinding.IsDual(chain.Factors[^1]) => chain.ToString(),
        ConvolutionContext chain => Space(chain.Factors[^1]),
        MaskContext mask => Space(mask.Then),
        KnnContext or RbfContext or LocallyScaledContext or CosineContext or TargetContext or GraphContext => BoundContext.SampleSpace,
        _ => context.ToString(),
    };

    private static double Places(CutoutContext cutout, FitShape shape) =>
        Math.Max(1, cutout.Width - cutout.Size + 1.0) * Math.Max(1, (shape.Inputs / cutout.Width) - cutout.Size + 1.0);

    private static double Masks(TokensContext tokens, FitShape shape) => tokens.Draws ?? Math.Pow(2, Math.Min(shape.Inputs, TokensContext.MostColumnsForAll));

    /// <summary>Whether a context can be evaluated at rows it was not bound to.</summary>
    public static bool HasLawElsewhere(Context context) => context switch
    {
        GraphContext or PairsContext or TeacherContext or KernelContext { File: not null } => false,
        MaskContext mask => HasLawElsewhere(mask.Then),
        ConvolutionContext chain => HasLawElsewhere(chain.Factors[0]) && chain.Factors.Skip(1).All(f => f is PairsContext or TeacherContext or KernelContext || HasLawElsewhere(f)),
        CombinationContext sum => sum.Terms.All(t => HasLawElsewhere(t.Part)),
        ConcatenationContext list => list.Parts.All(p => HasLawElsewhere(p.Part)),
        _ => true,
    };

    // The largest number between two for which something holds that holds up to some number; null if for none.
    private static int? Largest(int low, int high, Func<int, bool> holds)
    {
        if (low > high || !holds(low))
            return null;
        while (low < high)
        {
            int middle = (int)(((long)low + high + 1) / 2);
            if (holds(middle))
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private static long Whole(double bytes) => (long)Math.Min(bytes, 1L << 61);

    private static long Saturated(long a, long b) => a > (1L << 61) - b ? 1L << 61 : a + b;
}
