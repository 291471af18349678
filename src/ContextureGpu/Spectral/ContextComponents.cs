using System.Numerics;

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
    public static ContextComponents Find(BoundContext context, double[] weights, CancellationToken cancellationToken)
    {
        int n = context.Rows;
        var sets = new DisjointSets(n + context.Atoms);
        var all = new bool[n];
        Array.Fill(all, true);
        bool[] reached = context.Connect(sets, 0, n, all);
        cancellationToken.ThrowIfCancellationRequested();

        // Components in the order of their first rows, then numbered by mass. What a set is named by can be a node between two factors.
        int[] found = new int[sets.Count], ofRow = new int[n], ofAtom = new int[context.Atoms];
        var mass = new List<double>();
        for (int i = 0; i < n; i++)
        {
            int root = sets.Find(i);
            if (found[root] == 0)
            {
                mass.Add(0);
                found[root] = mass.Count;
            }
            ofRow[i] = found[root] - 1;
            mass[ofRow[i]] += weights[i];
        }
        int[] order = [.. Enumerable.Range(0, mass.Count).OrderByDescending(c => mass[c])], number = new int[order.Length];
        for (int c = 0; c < order.Length; c++)
            number[order[c]] = c;
        for (int i = 0; i < n; i++)
            ofRow[i] = number[ofRow[i]];
        for (int a = 0; a < ofAtom.Length; a++)
            ofAtom[a] = reached[a] ? number[found[sets.Find(n + a)] - 1] : 0;
        return new ContextComponents(ofRow, ofAtom, [.. order.Select(c => mass[c])]);
    }

    /// <summary>
    /// Writes the Helmert contrast of component <paramref name="j"/> against those before it to a column: zero mean and unit variance under the masses.
    /// </summary>
    public void Contrast<T>(int j, int[] component, Span<T> target, int column, int columns)
        where T : IBinaryFloatingPointIeee754<T>
    {
        double before = _mass.Take(j).Sum(), own = _mass[j], all = before + own;
        (T high, T low) = (T.CreateTruncating(Math.Sqrt(own / (before * all))), T.CreateTruncating(-Math.Sqrt(before / (own * all))));
        for (int i = 0; i < component.Length; i++)
            target[(i * columns) + column] = component[i] < j ? high : component[i] == j ? low : T.Zero;
    }
}
