namespace ContextureGpu;

/// <summary>The law of <c>knn(k=30)</c>: one of the K nearest points of the sample, equiprobable.</summary>
internal sealed class KnnContext : Context
{
    internal const string AcceptedK = "an integer of at least 1";

    public KnnContext(int k, bool includeSelf)
        : base($"knn(k={ContextText.Number(k)}{(includeSelf ? "" : ", self=false")})")
    {
        if (!AcceptsK(k))
            throw new InputException($"k is {ContextText.Number(k)}; it must be {AcceptedK}");
        (K, IncludeSelf) = (k, includeSelf);
    }

    /// <summary>The number of neighbours, at least 1.</summary>
    public int K { get; }

    /// <summary>Whether a point of the sample is the first of its own neighbours.</summary>
    public bool IncludeSelf { get; }

    internal static bool AcceptsK(int k) => k >= 1;
}
