namespace ContextureGpu.Tests.Spectral;

/// <summary>A context with its singular values and left singular functions in closed form (theory.md section 6).</summary>
/// <param name="Name">What a failure calls it.</param>
/// <param name="Sample">The rows.</param>
/// <param name="Context">The context on them; every row weighs the same.</param>
/// <param name="Spaces">
/// Each singular value once, descending, the constant not among them, with functions on the rows that span its space, one (n) array each: as many as its
/// multiplicity. Where they are too many to be useful the value 0 is left out.
/// </param>
/// <param name="Tested">The first spaces, as many as a fit is asked for.</param>
internal sealed record ClosedForm(string Name, ContextSample Sample, Context Context, IReadOnlyList<(double Value, double[][] Functions)> Spaces, int Tested)
{
    public override string ToString() => Name;

    /// <summary>All of them, at several sizes.</summary>
    public static IEnumerable<ClosedForm> All() =>
    [
        Hypercube(3, 0.1, 3), Hypercube(5, 0.8, 3), Hypercube(7, 0.3, 2), Hypercube(9, 0.05, 2),
        Cycle(3, 1), Cycle(31, 6), Cycle(64, 4), Cycle(201, 4),
        Complete(3), Complete(40), Complete(120),
        CompleteWithLoops(2), CompleteWithLoops(30), CompleteWithLoops(90),
        Identity(2), Identity(25), Identity(160),
        Labels(2, 24, 0), Labels(3, 60, 0.3), Labels(5, 100, 0.25), Labels(2, 40, 0.9), Labels(10, 200, 0.1),
        Circulant("rbf(gamma=0.5)", 40, 3, RadialEigenvalue(0.5)), Circulant("rbf(gamma=1.7)", 101, 5, RadialEigenvalue(1.7)), Circulant("rbf(gamma=6)", 300, 6, RadialEigenvalue(6)),
        Circulant("knn(k=3)", 33, 4, (k, n) => NearestEigenvalue(3, k, n)), Circulant("knn(k=9)", 120, 5, (k, n) => NearestEigenvalue(9, k, n)),
        Circulant("knn(k=4, self=false)", 50, 4, (k, n) => ((5 * NearestEigenvalue(5, k, n)) - 1) / 4),
        Circulant("knn(k=5) * rbf(gamma=2)", 60, 4, (k, n) => NearestEigenvalue(5, k, n) * RadialEigenvalue(2)(k, n)),
        Circulant("knn(k=3) * knn(k=3) * knn(k=7)", 90, 4, (k, n) => Math.Pow(NearestEigenvalue(3, k, n), 2) * NearestEigenvalue(7, k, n)),
        Circulant("0.3 knn(k=5) + 0.7 rbf(gamma=1)", 80, 4, (k, n) => (0.3 * NearestEigenvalue(5, k, n)) + (0.7 * RadialEigenvalue(1)(k, n))),
        TaggedLabels(4, 80, 0.25, 0.1, 0.4),
    ];

    /// <summary>
    /// The hypercube {0, 1}^n with each bit flipped with the probability p, as a weighted graph: <c>|1 - 2p|^k</c> with the parities of k bits, C(n, k) of them.
    /// </summary>
    private static ClosedForm Hypercube(int n, double p, int tested)
    {
        int corners = 1 << n;
        int Distance(int i, int j) => System.Numerics.BitOperations.PopCount((uint)(i ^ j));
        var edges = from i in Enumerable.Range(0, corners) from j in Enumerable.Range(0, i + 1) select (i, j, Math.Pow(p, Distance(i, j)) * Math.Pow(1 - p, n - Distance(i, j)));
        return Graph($"hypercube n={n} p={p}", corners, edges, tested, from k in Enumerable.Range(1, n)
                                                                       select (Math.Pow(Math.Abs(1 - (2 * p)), k), Parities(k).ToArray()));

        IEnumerable<double[]> Parities(int size) => from subset in Enumerable.Range(1, corners - 1)
                                                    where Distance(subset, 0) == size
                                                    select Functions(corners, x => Distance(x & subset, 0) % 2 == 0 ? 1 : -1);
    }

    /// <summary>The cycle: <c>|cos(2 pi k / n)|</c> with the cosine and sine of frequency k.</summary>
    private static ClosedForm Cycle(int n, int tested) => Graph(
        $"cycle n={n}", n, Enumerable.Range(0, n).Select(i => (i, (i + 1) % n, 1.0)), tested, Frequencies(n, k => Math.Cos(2 * Math.PI * k / n)));

    /// <summary>The complete graph without loops: 1 / (n - 1) on all functions of mean zero.</summary>
    private static ClosedForm Complete(int n) => Graph(
        $"complete graph n={n}", n, from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, i) select (i, j, 1.0), 1, [(1.0 / (n - 1), MeanZero(n))]);

    /// <summary>The complete graph with loops: A is independent of X.</summary>
    private static ClosedForm CompleteWithLoops(int n) => Graph(
        $"complete graph with loops n={n}", n, from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, i + 1) select (i, j, 1.0), 0, []);

    /// <summary>A = X: each row is its only neighbour.</summary>
    private static ClosedForm Identity(int n) => new(
        $"identity n={n}", new ContextSample([.. Enumerable.Range(0, n).Select(i => (double)i)], n, 1), Context.Parse("knn(k=1)"), [(1, MeanZero(n))], 1);

    /// <summary>Balanced classes with symmetric noise: <c>|1 - noise c / (c - 1)|</c> on the functions of the class with mean zero.</summary>
    private static ClosedForm Labels(int classes, int n, double noise) => new(
        $"labels c={classes} n={n} noise={noise}", Classes(classes, n), Context.Labels("class", noise), [(LabelValue(classes, noise), ClassFunctions(classes, n))], 1);

    /// <summary>Two noisy labels of the same class, one of them at random and known which: the squares of the singular values are averaged.</summary>
    private static ClosedForm TaggedLabels(int classes, int n, double weight, double noise, double otherNoise)
    {
        ContextSample sample = Classes(classes, n);
        sample.Classes["again"] = sample.Classes["class"];
        double Square(double of) => Math.Pow(LabelValue(classes, of), 2);
        return new(
            "a sum of two labels", sample, Context.Combine((weight, Context.Labels("class", noise)), (1 - weight, Context.Labels("again", otherNoise))),
            [(Math.Sqrt((weight * Square(noise)) + ((1 - weight) * Square(otherNoise))), ClassFunctions(classes, n))], 1);
    }

    /// <summary>A context on n points of the circle that knows only differences of angles: its eigenvalues belong to the frequencies.</summary>
    private static ClosedForm Circulant(string expression, int n, int tested, Func<int, int, double> eigenvalue)
    {
        double[] points = [.. Enumerable.Range(0, n).SelectMany(i => new[] { Math.Cos(2 * Math.PI * i / n), Math.Sin(2 * Math.PI * i / n) })];
        return new($"{expression} on a circle of {n}", new ContextSample(points, n, 2), Context.Parse(expression), [.. Merged(Frequencies(n, k => eigenvalue(k, n)))], tested);
    }

    /// <summary>Of the Gaussian kernel on the circle: <c>I_k(2 gamma) / I_0(2 gamma)</c>, by quadrature over the n points themselves, which is exact for them.</summary>
    private static Func<int, int, double> RadialEigenvalue(double gamma) => (k, n) =>
    {
        double At(int frequency) => Enumerable.Range(0, n).Sum(j => Math.Exp(2 * gamma * (Math.Cos(2 * Math.PI * j / n) - 1)) * Math.Cos(2 * Math.PI * frequency * j / n));
        return At(k) / At(0);
    };

    /// <summary>Of the K nearest points, K odd: Dirichlet's kernel <c>sin(pi k K / n) / (K sin(pi k / n))</c>.</summary>
    private static double NearestEigenvalue(int neighbors, int k, int n) => Math.Sin(Math.PI * k * neighbors / n) / (neighbors * Math.Sin(Math.PI * k / n));

    private static double LabelValue(int classes, double noise) => Math.Abs(1 - (noise * classes / (classes - 1)));

    // Every frequency up to n / 2 with |its eigenvalue|, those of equal value together, descending.
    private static IEnumerable<(double, double[][])> Frequencies(int n, Func<int, double> eigenvalue) => Merged(
        from k in Enumerable.Range(1, n / 2) select (Math.Abs(eigenvalue(k)), (double[][])(2 * k == n ? [Wave(n, k, 0)] : [Wave(n, k, 0), Wave(n, k, Math.PI / 2)])));

    private static double[] Wave(int n, int k, double phase) => Functions(n, i => Math.Cos((2 * Math.PI * k * i / n) - phase));

    private static IEnumerable<(double Value, double[][] Functions)> Merged(IEnumerable<(double Value, double[][] Functions)> spaces)
    {
        var merged = new List<(double Value, double[][] Functions)>();
        foreach ((double value, double[][] functions) in spaces.OrderByDescending(s => s.Value))
        {
            if (merged.Count > 0 && merged[^1].Value - value < 1e-12)
                merged[^1] = (merged[^1].Value, [.. merged[^1].Functions, .. functions]);
            else
                merged.Add((value, functions));
        }
        return merged;
    }

    private static ClosedForm Graph(string name, int n, IEnumerable<(int, int, double)> edges, int tested, IEnumerable<(double, double[][])> spaces)
    {
        var sample = new ContextSample(new double[n], n, 1);
        sample.Edges["edges"] = [.. edges];
        return new(name, sample, Context.Graph("edges"), [.. spaces], tested);
    }

    private static ContextSample Classes(int classes, int n)
    {
        var sample = new ContextSample(new double[n], n, 1);
        sample.Classes["class"] = new ClassColumn(classes, [.. Enumerable.Range(0, n).Select(i => i % classes)]);
        return sample;
    }

    private static double[][] ClassFunctions(int classes, int n) =>
        [.. Enumerable.Range(1, classes - 1).Select(c => Functions(n, i => i % classes == c ? 1 : i % classes == 0 ? -1 : 0))];

    private static double[][] MeanZero(int n) => [.. Enumerable.Range(1, n - 1).Select(c => Functions(n, i => i == c ? 1 : i == 0 ? -1 : 0))];

    private static double[] Functions(int n, Func<int, double> value) => [.. Enumerable.Range(0, n).Select(value)];
}
