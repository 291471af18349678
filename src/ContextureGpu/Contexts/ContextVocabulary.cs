namespace ContextureGpu;

/// <summary>The names an expression can use, and what is said of those it cannot.</summary>
internal static class ContextVocabulary
{
    private static readonly ContextSignature[] Known =
    [
        new("knn",
            [new("k", KnnContext.AcceptedK), new("self", "true or false", IsOptional: true), new("metric", KnnContext.AcceptedMetric, IsOptional: true)],
            given => new KnnContext(
                given.Integer("k", KnnContext.AcceptsK), given.Truth("self", otherwise: true),
                KnnContext.MetricOf(given.Word("metric", KnnContext.AcceptsMetric, otherwise: "euclidean")))),
        new("rbf", [new("gamma", RbfContext.AcceptedGamma)],
            given => new RbfContext(given.NumberOrWord("gamma", RbfContext.AcceptsGamma, RbfContext.Median))),
        new("labels", [new("column", LabelsContext.AcceptedColumn), new("noise", LabelsContext.AcceptedNoise, IsOptional: true)],
            given => new LabelsContext(given.Name("column", _ => true), given.Number("noise", LabelsContext.AcceptsNoise, otherwise: 0))),
        new("graph", [new("file", GraphContext.AcceptedFile)],
            given => new GraphContext(given.Name("file", GraphContext.AcceptsFile))),
    ];

    private static readonly string[] Reserved = ["teacher", "noise", "scarf", "cutmix", "mask"];

    /// <summary>The names of the contexts there are.</summary>
    public static string Names { get; } = string.Join(", ", Known.Select(signature => signature.Name));

    /// <summary>The signature of a name, or nothing.</summary>
    public static ContextSignature? Find(string name) => Array.Find(Known, signature => signature.Name == name);

    /// <summary>Why a name that <see cref="Find"/> does not have is refused.</summary>
    public static string Refusal(string name)
    {
        if (Reserved.Contains(name))
            return $"'{name}' is not available in this version; available are {Names}";
        (int distance, string nearest) = Known.Select(signature => signature.Name).Concat(Reserved)
            .Select(known => (EditDistance.Between(name.ToLowerInvariant(), known), known)).MinBy(candidate => candidate.Item1);
        string suggestion = 2 * distance <= nearest.Length + 1 ? $"did you mean '{nearest}'? " : "";
        return $"there is no context '{ContextText.Shown(name)}'; {suggestion}known are {Names}";
    }
}
