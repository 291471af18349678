using System.Globalization;
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

    /// <summary>The ways to search as expressions name them.</summary>
    private static readonly Dictionary<string, KnnSearch> Searches = new(StringComparer.Ordinal)
    {
        ["exact"] = KnnSearch.Exact,
        ["approximate"] = KnnSearch.Approximate,
    };

    /// <summary>The graphs as expressions name them.</summary>
    private static readonly Dictionary<string, KnnGraph> Graphs = new(StringComparer.Ordinal)
    {
        ["directed"] = KnnGraph.Directed,
        ["mutual"] = KnnGraph.Mutual,
        ["symmetric"] = KnnGraph.Symmetric,
    };

    public KnnContext(int k, bool includeSelf, NeighborMetric metric, KnnSearch search = KnnSearch.Exact, ulong seed = 0, KnnGraph graph = KnnGraph.Directed)
        : base($"knn(k={ContextText.Number(k)}{(includeSelf ? "" : ", self=false")}{Other(metric)}{Other(search)}{(seed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", seed={seed}"))}{Other(graph)})")
    {
        if (!AcceptsK(k))
            throw new InputException($"k is {ContextText.Number(k)}; it must be {AcceptedK}");
        if (search == KnnSearch.Exact && seed != 0)
            throw new InputException("an exact search draws nothing, so a seed has no meaning; only search=approximate has one");
        if (search == KnnSearch.Approximate && graph != KnnGraph.Directed)
            throw new InputException($"a {Name(Graphs, graph, "graph", AcceptedGraph)} graph takes the exact search; search=approximate goes with graph=directed only");
        (K, IncludeSelf, Metric, Search, Seed, Counted) = (k, includeSelf, metric, search, seed, graph);
    }

    /// <summary>What a metric can be, in words.</summary>
    internal static string AcceptedMetric { get; } = string.Join(", ", Metrics.Keys.SkipLast(1)) + $" or {Metrics.Keys.Last()}";

    /// <summary>What a search can be, in words.</summary>
    internal static string AcceptedSearch => "exact or approximate";

    /// <summary>What a graph can be, in words.</summary>
    internal static string AcceptedGraph { get; } = string.Join(", ", Graphs.Keys.SkipLast(1)) + $" or {Graphs.Keys.Last()}";

    /// <summary>The number of neighbours, at least 1.</summary>
    public int K { get; }

    /// <summary>Whether a point of the sample is the first of its own neighbours.</summary>
    public bool IncludeSelf { get; }

    /// <summary>What near means.</summary>
    public NeighborMetric Metric { get; }

    /// <summary>How neighbours within the sample are found.</summary>
    public KnnSearch Search { get; }

    /// <summary>Key of the draws of an approximate search.</summary>
    public ulong Seed { get; }

    /// <summary>Which neighbours count.</summary>
    public KnnGraph Counted { get; }

    internal static bool AcceptsK(int k) => k >= 1;

    internal static bool AcceptsGraph(string name) => Graphs.ContainsKey(name);

    /// <summary>The graph of a name that <see cref="AcceptsGraph"/> accepts.</summary>
    internal static KnnGraph GraphOf(string name) => Graphs[name];

    internal static bool AcceptsMetric(string name) => Metrics.ContainsKey(name);

    /// <summary>The metric of a name that <see cref="AcceptsMetric"/> accepts.</summary>
    internal static NeighborMetric MetricOf(string name) => Metrics[name];

    internal static bool AcceptsSearch(string name) => Searches.ContainsKey(name);

    /// <summary>The way to search of a name that <see cref="AcceptsSearch"/> accepts.</summary>
    internal static KnnSearch SearchOf(string name) => Searches[name];

    /// <summary>The same law with all neighbours found.</summary>
    internal KnnContext WithExactSearch() => Search == KnnSearch.Exact ? this : new KnnContext(K, IncludeSelf, Metric, graph: Counted);

    private static string Other(NeighborMetric metric) => metric == NeighborMetric.Euclidean ? "" : $", metric={Name(Metrics, metric, "metric", AcceptedMetric)}";

    private static string Other(KnnSearch search) => search == KnnSearch.Exact ? "" : $", search={Name(Searches, search, "search", AcceptedSearch)}";

    private static string Other(KnnGraph graph) => graph == KnnGraph.Directed ? "" : $", graph={Name(Graphs, graph, "graph", AcceptedGraph)}";

    private static string Name<T>(Dictionary<string, T> names, T value, string what, string accepted)
        where T : struct, Enum
    {
        foreach ((string name, T known) in names)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
                return name;
        }
        throw new InputException($"{what} is {value}; it must be {accepted}");
    }
}
