using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>The law of <c>knn(k=30)</c>: one of the K nearest points of the sample, equiprobable.</summary>
internal sealed class KnnContext : Context
{
    internal const string AcceptedK = "an integer of at least 1";

    /// <summary>The metrics as expressions name them.</summary>
    private static readonly Dictionary<string, NeighborMetric> Metrics = new(StringComparer.Ordinal)
    {
        ["euclidean"] = NeighborMetric.Euclidean,
        ["cosine"] = NeighborMetric.Cosine,
        ["manhattan"] = NeighborMetric.Manhattan,
    };

    public KnnContext(int k, bool includeSelf, NeighborMetric metric)
        : base($"knn(k={ContextText.Number(k)}{(includeSelf ? "" : ", self=false")}{(metric == NeighborMetric.Euclidean ? "" : $", metric={Name(metric)}")})")
    {
        if (!AcceptsK(k))
            throw new InputException($"k is {ContextText.Number(k)}; it must be {AcceptedK}");
        (K, IncludeSelf, Metric) = (k, includeSelf, metric);
    }

    /// <summary>What a metric can be, in words.</summary>
    internal static string AcceptedMetric { get; } = string.Join(", ", Metrics.Keys.SkipLast(1)) + $" or {Metrics.Keys.Last()}";

    /// <summary>The number of neighbours, at least 1.</summary>
    public int K { get; }

    /// <summary>Whether a point of the sample is the first of its own neighbours.</summary>
    public bool IncludeSelf { get; }

    /// <summary>What near means.</summary>
    public NeighborMetric Metric { get; }

    internal static bool AcceptsK(int k) => k >= 1;

    internal static bool AcceptsMetric(string name) => Metrics.ContainsKey(name);

    /// <summary>The metric of a name that <see cref="AcceptsMetric"/> accepts.</summary>
    internal static NeighborMetric MetricOf(string name) => Metrics[name];

    private static string Name(NeighborMetric metric)
    {
        foreach ((string name, NeighborMetric known) in Metrics)
        {
            if (known == metric)
                return name;
        }
        throw new InputException($"metric is {metric}; it must be {AcceptedMetric}");
    }
}
