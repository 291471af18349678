namespace ContextureGpu.Spectral;

/// <summary>
/// Connected components of the graph that joins each row with the values A can take there. s = 1 has as many singular functions as there are components, constant on
/// each; they are known without any iteration.
/// </summary>
internal sealed class ContextComponents
{
    private readonly double[] _mass;

    private ContextComponents(int[] ofRow, int[] ofAtom, double[] mass) => (OfRow, OfAtom, _mass) = (ofRow, ofAtom, mass);

    /// <summary>Number of components, at least 1.</summary>
    public int Count => _mass.Length;

    /// <summary>Component of each row; the heaviest is 0.</summary>
    public int[] OfRow { get; }

    /// <summary>Component of each value of A; 0 for values that no row leads to, which have no mass.</summary>
    public int[] OfAtom { get; }

    /// <summary>Finds them.</summary>
    public static ContextComponents Find(BoundContext context, double[] weights)
    {
        int n = context.Rows;
        var sets = new DisjointSets(n + context.Atoms);
        bool[] reached = context.Connect(sets, 0, n, [.. Enumerable.Repeat(true, n)]);
        var roots = new Dictionary<int, (double Mass, int First)>();
        for (int i = 0; i < n; i++)
        {
            int root = sets.Find(i);
            roots[root] = roots.TryGetValue(root, out (double Mass, int First) known) ? (known.Mass + weights[i], known.First) : (weights[i], i);
        }
        int[] ordered = [.. roots.OrderByDescending(r => r.Value.Mass).ThenBy(r => r.Value.First).Select(r => r.Key)];
        Dictionary<int, int> number = ordered.Select((root, index) => (root, index)).ToDictionary(p => p.root, p => p.index);
        return new ContextComponents(
            [.. Enumerable.Range(0, n).Select(i => number[sets.Find(i)])],
            [.. Enumerable.Range(0, context.Atoms).Select(a => reached[a] ? number[sets.Find(n + a)] : 0)],
            [.. ordered.Select(root => roots[root].Mass)]);
    }

    /// <summary>
    /// Writes the Helmert contrast of component <paramref name="j"/> against those before it to a column: zero mean and unit variance under the masses.
    /// </summary>
    public void Contrast(int j, int[] component, double[] target, int column, int columns)
    {
        double before = _mass.Take(j).Sum(), own = _mass[j], all = before + own;
        (double high, double low) = (Math.Sqrt(own / (before * all)), -Math.Sqrt(before / (own * all)));
        for (int i = 0; i < component.Length; i++)
            target[(i * columns) + column] = component[i] < j ? high : component[i] == j ? low : 0;
    }
}
