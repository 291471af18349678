using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>The names an expression can use, and what is said of those it cannot.</summary>
internal static class ContextVocabulary
{
    private static readonly ContextSignature[] Known =
    [
        new("knn",
            [
                new("k", KnnContext.AcceptedK), new("self", "true or false", IsOptional: true), new("metric", KnnContext.AcceptedMetric, IsOptional: true),
                new("search", KnnContext.AcceptedSearch, IsOptional: true), ContextDraws.Parameters[1], new("graph", KnnContext.AcceptedGraph, IsOptional: true),
            ],
            given => new KnnContext(
                given.Integer("k", KnnContext.AcceptsK), given.Truth("self", otherwise: true),
                KnnContext.MetricOf(given.Word("metric", KnnContext.AcceptsMetric, otherwise: "euclidean")),
                KnnContext.SearchOf(given.Word("search", KnnContext.AcceptsSearch, otherwise: "exact")), given.Seed("seed"),
                KnnContext.GraphOf(given.Word("graph", KnnContext.AcceptsGraph, otherwise: "directed")))),
        Radial(RadialKernelKind.Gaussian),
        new("labels",
            [
                new("column", LabelsContext.AcceptedColumn, IsOptional: true), new("noise", LabelsContext.AcceptedNoise, IsOptional: true),
                new("smoothing", TargetContext.AcceptedSmoothing, IsOptional: true), new("columns", SoftLabelsContext.AcceptedColumns, IsOptional: true),
                new("kernel", LinearTargetContext.Linear, IsOptional: true),
            ],
            Labels),
        new("graph", [new("file", GraphContext.AcceptedFile), new("directed", "true or false", IsOptional: true)],
            given => new GraphContext(given.Name("file", GraphContext.AcceptsFile), given.Truth("directed", otherwise: false))),
        new("pairs", [new("file", PairsContext.AcceptedFile), new("then", PairsContext.AcceptedThen, IsContext: true)],
            given => new PairsContext(given.Name("file", GraphContext.AcceptsFile), given.Inner("then"))),
        new("noise",
            [new("sigma", NoiseContext.AcceptedSigma, IsOptional: true), new("time", NoiseContext.AcceptedTime, IsOptional: true), .. ContextDraws.Parameters],
            given => new NoiseContext(given.OptionalNumber("sigma", NoiseContext.AcceptsSigma), given.OptionalNumber("time", NoiseContext.AcceptsTime), ContextDraws.Read(given))),
        new("scarf", [new("rate", MaskContext.AcceptedRate), new("marginal", ScarfContext.AcceptedMarginal, IsOptional: true), .. ContextDraws.Parameters],
            given => new ScarfContext(
                given.RequiredNumber("rate", MaskContext.AcceptsRate), ContextDraws.Read(given),
                ScarfContext.MarginalOf(given.Word("marginal", ScarfContext.AcceptsMarginal, otherwise: "empirical")))),
        new("cutmix", [new("rate", MaskContext.AcceptedRate), new("width", CutMixContext.AcceptedWidth, IsOptional: true), .. ContextDraws.Parameters],
            given => new CutMixContext(given.RequiredNumber("rate", MaskContext.AcceptsRate), given.OptionalInteger("width", ViewsContext.AcceptsWidth), ContextDraws.Read(given))),
        new("cutout", [new("width", CutMixContext.AcceptedWidth), new("size", CutoutContext.AcceptedSize)],
            given => new CutoutContext(given.Integer("width", ViewsContext.AcceptsWidth), given.Integer("size", CutoutContext.AcceptsSize))),
        new("tokens", [new("rate", MaskContext.AcceptedRate), new("draws", TokensContext.AcceptedDraws, IsOptional: true), ContextDraws.Parameters[1]],
            given => new TokensContext(
                given.RequiredNumber("rate", MaskContext.AcceptsRate), given.IntegerOrWord("draws", ContextDraws.AcceptsCount, TokensContext.All, TokensContext.DefaultDraws), given.Seed("seed"))),
        new("mask",
            [new("rate", MaskContext.AcceptedRate), new("then", MaskContext.AcceptedThen, IsContext: true), .. ContextDraws.Parameters],
            given => new MaskContext(
                given.RequiredNumber("rate", MaskContext.AcceptsRate), given.OptionalInteger("draws", ContextDraws.AcceptsCount) ?? MaskContext.DefaultDraws, given.Inner("then"), given.Seed("seed"))),
        new("views",
            [
                new("width", ViewsContext.AcceptedWidth), new("shift", ViewsContext.AcceptedShift, IsOptional: true), new("flip", "true or false", IsOptional: true),
                new("noise", ViewsContext.AcceptedNoise), .. ContextDraws.Parameters,
            ],
            given => new ViewsContext(
                given.Integer("width", ViewsContext.AcceptsWidth), given.OptionalInteger("shift", ViewsContext.AcceptsShift) ?? 0, given.Truth("flip", otherwise: false),
                given.RequiredNumber("noise", NoiseContext.AcceptsSigma), ContextDraws.Read(given))),
        Radial(RadialKernelKind.Laplacian),
        Radial(RadialKernelKind.Exponential),
        new("cosine", [new("gamma", CosineContext.AcceptedGamma)], given => new CosineContext(given.RequiredNumber("gamma", RbfContext.AcceptsGamma))),
        new("teacher", [new("file", TeacherContext.AcceptedFile), new("whiten", TeacherContext.AcceptedWhiten, IsOptional: true)],
            given => new TeacherContext(given.Name("file", GraphContext.AcceptsFile), given.OptionalNumber("whiten", TeacherContext.AcceptsWhiten))),
        new("kernel", [new("file", KernelContext.AcceptedFile, IsOptional: true), new("name", CustomContext.AcceptedName, IsOptional: true)], Kernel),
        new("custom", [new("name", CustomContext.AcceptedName)], given => new CustomContext(given.Name("name", CustomContext.AcceptsName), null)),
    ];

    /// <summary>What can be named.</summary>
    public static IReadOnlyList<ContextSignature> Signatures => Known;

    /// <summary>The names of the contexts there are.</summary>
    public static string Names { get; } = string.Join(", ", Known.Select(signature => signature.Name));

    /// <summary>The signature of a name, or nothing.</summary>
    public static ContextSignature? Find(string name) => Array.Find(Known, signature => signature.Name == name);

    /// <summary>Why a name that <see cref="Find"/> does not have is refused.</summary>
    public static string Refusal(string name)
    {
        (int distance, string nearest) = Known.Select(signature => signature.Name)
            .Select(known => (EditDistance.Between(name.ToLowerInvariant(), known), known)).MinBy(candidate => candidate.Item1);
        string suggestion = 2 * distance <= nearest.Length + 1 ? $"did you mean '{nearest}'? " : "";
        return $"there is no context '{ContextText.Shown(name)}'; {suggestion}known are {Names}";
    }

    private static ContextSignature Radial(RadialKernelKind kind) => new(
        RbfContext.Word(kind), [new("gamma", RbfContext.AcceptedGamma), new("k", RbfContext.AcceptedNeighbor, IsOptional: true)], given =>
        {
            int? neighbor = given.OptionalInteger("k", KnnContext.AcceptsK);
            if (given.IsWord("gamma", RbfContext.Kth))
                return RbfContext.Scaled(neighbor ?? RbfContext.DefaultNeighbor, kind);
            if (given.IsWord("gamma", LocallyScaledContext.Local))
                return new LocallyScaledContext(neighbor ?? RbfContext.DefaultNeighbor, kind);
            double? gamma = given.NumberOrWord("gamma", RbfContext.AcceptsGamma, RbfContext.Median);
            return neighbor is null ? new RbfContext(gamma, kind) : throw new InputException($"k is the neighbour that gamma={RbfContext.Kth} and gamma={LocallyScaledContext.Local} go by; with another gamma there is no k");
        });

    private static KernelContext Kernel(ContextArguments given)
    {
        string? file = given.OptionalName("file", GraphContext.AcceptsFile), name = given.OptionalName("name", CustomContext.AcceptsName);
        return file is null == name is null
            ? throw new InputException("kernel has either file (of a matrix) or name (of code), not both and not none")
            : file is not null ? KernelContext.OfFile(file) : KernelContext.Named(name!, null);
    }

    // One word for four laws: classes, numbers that are smoothed, the linear kernel of numbers, and probabilities of classes.
    private static Context Labels(ContextArguments given)
    {
        string? columns = given.OptionalName("columns", SoftLabelsContext.AcceptsColumns), kernel = given.OptionalName("kernel", name => name == LinearTargetContext.Linear);
        double? noise = given.OptionalNumber("noise", LabelsContext.AcceptsNoise), smoothing = given.OptionalNumber("smoothing", TargetContext.AcceptsSmoothing);
        if (columns is not null)
        {
            return noise is null && smoothing is null && kernel is null && given.OptionalName("column", _ => true) is null
                ? new SoftLabelsContext(columns)
                : throw new InputException("labels with columns, the probabilities of classes, has no column, noise, smoothing or kernel");
        }
        string column = given.Name("column", _ => true);
        if (kernel is not null)
        {
            return noise is null && smoothing is null
                ? new LinearTargetContext(column)
                : throw new InputException("labels with a kernel has neither noise nor smoothing");
        }
        if (smoothing is not double width)
            return new LabelsContext(column, noise ?? 0);
        return noise is null
            ? new TargetContext(column, width)
            : throw new InputException("labels has either noise (for classes) or smoothing (for numbers), not both");
    }
}
