using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>The law of <c>knn(k=30)</c>: one of the K nearest points of the sample, equiprobable; with <c>graph=mutual</c> or <c>symmetric</c> one of those that are neighbours both ways or either way.</summary>
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

    /// <summary>The graphs as expressions name them.</summary>
    private static readonly Dictionary<string, KnnGraph> Graphs = new(StringComparer.Ordinal)
    {
        ["directed"] = KnnGraph.Directed,
        ["mutual"] = KnnGraph.Mutual,
        ["symmetric"] = KnnGraph.Symmetric,
    };

    public KnnContext(int k, bool includeSelf, NeighborMetric metric, KnnGraph graph = KnnGraph.Directed)
        : base($"knn(k={ContextText.Number(k)}{(includeSelf ? "" : ", self=false")}{(metric == NeighborMetric.Euclidean ? "" : $", metric={Name(metric)}")}{(graph == KnnGraph.Directed ? "" : $", graph={Name(graph)}")})")
    {
        if (!AcceptsK(k))
            throw new InputException($"k is {ContextText.Number(k)}; it must be {AcceptedK}");
        (K, IncludeSelf, Metric, Counted) = (k, includeSelf, metric, graph);
    }

    /// <summary>What a metric can be, in words.</summary>
    internal static string AcceptedMetric { get; } = string.Join(", ", Metrics.Keys.SkipLast(1)) + $" or {Metrics.Keys.Last()}";

    /// <summary>What a graph can be, in words.</summary>
    internal static string AcceptedGraph { get; } = string.Join(", ", Graphs.Keys.SkipLast(1)) + $" or {Graphs.Keys.Last()}";

    /// <summary>The number of neighbours, at least 1.</summary>
    public int K { get; }

    /// <summary>Whether a point of the sample is the first of its own neighbours.</summary>
    public bool IncludeSelf { get; }

    /// <summary>What near means.</summary>
    public NeighborMetric Metric { get; }

    /// <summary>Which neighbours count.</summary>
    public KnnGraph Counted { get; }

    internal static bool AcceptsK(int k) => k >= 1;

    internal static bool AcceptsGraph(string name) => Graphs.ContainsKey(name);

    /// <summary>The graph of a name that <see cref="AcceptsGraph"/> accepts.</summary>
    internal static KnnGraph GraphOf(string name) => Graphs[name];

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

    private static string Name(KnnGraph graph)
    {
        foreach ((string name, KnnGraph known) in Graphs)
        {
            if (known == graph)
                return name;
        }
        throw new InputException($"graph is {graph}; it must be {AcceptedGraph}");
    }
}
