using ContextureGpu.Kernels;

namespace ContextureGpu.Spectral;

/// <summary>Landmarks: m different rows of a sample, ascending. The same seed draws the same rows.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Mass">For how much of the sample each stands, positive with sum 1; null where all stand for as much.</param>
internal sealed record Landmarks(int[] Rows, double[]? Mass = null)
{
    private const ulong UniformStream = 0x1a4d0, SeedingStream = 0x1a4d1, ScoreStream = 0x1a4d2;

    /// <summary>Rows between two looks at the token.</summary>
    private const int CheckedRows = 1 << 16;

    /// <summary>Every row with the same chance, among those that <paramref name="excluded"/> does not name.</summary>
    public static int[] Uniform(int rows, int m, ulong seed, ReadOnlySpan<int> excluded = default)
    {
        var taken = new bool[rows];
        foreach (int row in excluded)
            taken[row] = true;
        int[] left = new int[rows - excluded.Length];
        int at = 0;
        for (int i = 0; i < rows; i++)
        {
            if (!taken[i])
                left[at++] = i;
        }
        m = Math.Min(m, left.Length);
        var random = new Philox(seed, UniformStream);
        for (int i = 0; i < m; i++)
        {
            int other = i + (int)(random.Uniform(i) * (left.Length - i));
            (left[i], left[other]) = (left[other], left[i]);
        }
        Array.Resize(ref left, m);
        Array.Sort(left);
        return left;
    }

    /// <summary>k-means++ seeding on the inputs. Where fewer rows than asked for differ, the others are drawn evenly.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; checked for each landmark.</exception>
    public static int[] KMeansPlusPlus(ContextSample sample, int m, ulong seed, CancellationToken cancellationToken)
    {
        int n = sample.Rows, d = sample.Dimension;
        var random = new Philox(seed, SeedingStream);
        var nearest = new double[n];
        Array.Fill(nearest, double.MaxValue);
        var chosen = new List<int>(m) { (int)(random.Uniform(0) * n) };
        while (chosen.Count < Math.Min(m, n))
        {
            int last = chosen[^1];
            double total = 0;
            for (int start = 0; start < n; start += CheckedRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int i = start; i < Math.Min(n, start + CheckedRows); i++)
                {
                    nearest[i] = Math.Min(nearest[i], System.Numerics.Tensors.TensorPrimitives.Distance<double>(sample.Values.AsSpan(i * d, d), sample.Values.AsSpan(last * d, d)));
                    total += nearest[i] * nearest[i];
                }
            }
            if (total == 0)
                break;
            double target = random.Uniform(chosen.Count) * total;
            int next = -1;
            for (int i = 0; i < n && (next < 0 || target >= 0); i++)
            {
                if (nearest[i] == 0)
                    continue;
                next = i;
                target -= nearest[i] * nearest[i];
            }
            chosen.Add(next);
        }
        int[] found = [.. chosen];
        return [.. found.Concat(Uniform(n, Math.Min(m, n) - found.Length, seed, found)).Order()];
    }

    /// <summary>
    /// Whether the law of a context follows the masses of the rows it leads to. Where it does not (draws of noise, masks, the user's own laws), landmarks count alike.
    /// </summary>
    public static bool TakeMasses(Context context) => context switch
    {
        KnnContext { Counted: KnnGraph.Directed } or RbfContext or LocallyScaledContext or CosineContext or TargetContext or LabelsContext or SoftLabelsContext => true,
        ConvolutionContext chain => chain.Factors.All(TakeMasses),
        CombinationContext sum => sum.Terms.All(t => TakeMasses(t.Part)),
        _ => false,
    };

    /// <summary>
    /// The part of the rows that is nearer to each landmark than to the others: the masses of their Voronoi cells. Landmarks with the same inputs share a cell.
    /// </summary>
    public static double[] CellMasses(ContextSample sample, int[] landmarks, ComputeDevice device, CancellationToken cancellationToken)
    {
        int m = landmarks.Length;
        double[] points = sample.Subset(landmarks).Values, distances = new double[sample.Rows], own = new double[m];
        int[] nearest = new int[sample.Rows], cell = new int[m], sharers = new int[m];
        device.NearestNeighbors(points, points, sample.Dimension, 1, cell, own, cancellationToken);
        device.NearestNeighbors(sample.Values, points, sample.Dimension, 1, nearest, distances, cancellationToken);
        double[] counts = new double[m];
        foreach (int landmark in nearest)
            counts[landmark]++;
        foreach (int landmark in cell)
            sharers[landmark]++;
        return Array.ConvertAll(cell, landmark => counts[landmark] / sharers[landmark] / sample.Rows);
    }

    /// <summary>
    /// <see cref="ByScore(double[], int, ulong)"/> with masses proportional to one over the chance of being drawn, <c>1 - exp(-t s_i)</c> for a score s_i and the first draw t that was not taken: given t, the draws
    /// of the rows are independent, so sums over the landmarks are unbiased before they are normalised (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
    /// </summary>
    public static Landmarks ByScoreWithMass(double[] scores, int m, ulong seed)
    {
        int[] rows = ByScore(scores, m, seed, out double threshold);
        double[] mass = Array.ConvertAll(rows, row => 1 / Math.Max(1e-300, -double.ExpM1(-threshold * Math.Max(double.Epsilon, scores[row]))));
        System.Numerics.Tensors.TensorPrimitives.Divide(mass, System.Numerics.Tensors.TensorPrimitives.Sum<double>(mass), mass);
        return new Landmarks(rows, mass);
    }

    /// <summary>With chances proportional to scores, without replacement: the m smallest of exponential draws over the scores (Efraimidis and Spirakis 2006).</summary>
    public static int[] ByScore(double[] scores, int m, ulong seed) => ByScore(scores, m, seed, out _);

    private static int[] ByScore(double[] scores, int m, ulong seed, out double threshold)
    {
        var random = new Philox(seed, ScoreStream);
        double[] keys = new double[scores.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = -Math.Log(1 - random.Uniform(i)) / Math.Max(double.Epsilon, scores[i]);
        int[] rows = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, rows);
        threshold = m < keys.Length ? keys[m] : double.PositiveInfinity;
        Array.Resize(ref rows, Math.Min(m, rows.Length));
        Array.Sort(rows);
        return rows;
    }
}
