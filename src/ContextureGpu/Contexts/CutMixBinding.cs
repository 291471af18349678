using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Rows that are made of two rows. For a drawn value a, only in which columns a row agrees with it matters: with p(x) that set, <c>p(a | x)</c> is the mean over the rows x' of the sample of
/// the probability that the columns outside p(x) come from x' and those outside p(x') from x. Rows with equal sets are counted together; the work is at most the square of the number of
/// different sets for each drawn value.
/// </summary>
internal static class CutMixBinding
{
    private const ulong OtherStream = 0x6375746d, MaskStream = 0x6375746e;

    public static BoundContext Bind(CutMixContext cutmix, ContextSample sample)
    {
        (TokenTable table, int[][] drawn, Func<AgreementSets, AgreementSets, double[]> density) = Mixed(cutmix, sample);
        int n = sample.Rows, m = drawn[0].Length;
        var evidence = new double[m];
        var law = new Lazy<CompressedRows>(() => Law(table.Columns, n, isSample: true));
        return new SparseContext(law, (rows, on) =>
        {
            _ = law.Value;                                              // finds the evidence of each value
            return Law(table.Of(rows), rows.Rows, isSample: false);
        })
        {
            Rows = n,
            Atoms = m,
            Space = $"values drawn from {cutmix}",
        };

        CompressedRows Law(int[][] own, int rows, bool isSample)
        {
            var found = new (int Row, double Density)[m][];
            Parallel.For(0, m, a =>
            {
                int[] value = [.. drawn.Select(column => column[a])];
                var others = new AgreementSets(table.Columns, n, value);
                AgreementSets mine = isSample ? others : new AgreementSets(own, rows, value);
                double[] bySet = density(mine, others);
                if (isSample)
                    evidence[a] = Enumerable.Range(0, bySet.Length).Sum(set => bySet[set] * mine.Counts[set]);
                found[a] = [.. Enumerable.Range(0, rows).Where(i => bySet[mine.OfRow[i]] > 0).Select(i => (i, bySet[mine.OfRow[i]] / evidence[a]))];
            });
            return TokenBinding.ByRow(found, rows, i => new InputException($"{cutmix}: row {i} (counted from 0) could have led to none of the drawn values; take more draws, or a higher rate"));
        }
    }

    /// <summary>The part of all pairs of a row and a drawn value that can be, from some of the values.</summary>
    public static double StoredShare(CutMixContext cutmix, ContextSample sample)
    {
        (TokenTable table, int[][] drawn, Func<AgreementSets, AgreementSets, double[]> density) = Mixed(cutmix, sample);
        int[] some = TokenBinding.SomeOf(drawn[0].Length, table);
        var found = new long[some.Length];
        Parallel.For(0, some.Length, e =>
        {
            var sets = new AgreementSets(table.Columns, sample.Rows, [.. drawn.Select(column => column[some[e]])]);
            double[] bySet = density(sets, sets);
            for (int set = 0; set < bySet.Length; set++)
                found[e] += bySet[set] > 0 ? sets.Counts[set] : 0;
        });
        return found.Sum() / ((double)some.Length * sample.Rows);
    }

    /// <summary>The places of the box in an image; null where columns have no place.</summary>
    /// <exception cref="InputException">The inputs are no image of this width.</exception>
    public static bool[][]? Boxes(CutMixContext cutmix, ContextSample sample)
    {
        return cutmix.Width is int width ? ImageBox.All(cutmix, sample, width, height => (Side(height), Side(width))) : null;

        int Side(int whole) => Math.Clamp((int)Math.Round(Math.Sqrt(cutmix.Rate) * whole), 1, whole);
    }

    // Tokens of the sample and of the drawn values, and the density of a value given each set of columns in which a row agrees with it.
    private static (TokenTable Table, int[][] Drawn, Func<AgreementSets, AgreementSets, double[]> Density) Mixed(CutMixContext cutmix, ContextSample sample)
    {
        var table = new TokenTable(sample);
        int columns = table.Columns.Length, n = sample.Rows, m = cutmix.Draws.Count ?? n;
        TokenBinding.CheckDraws(cutmix, columns, m);
        bool[][]? boxes = Boxes(cutmix, sample);
        return (table, Draw(cutmix, table, n, m, boxes), boxes is null
            ? (own, others) => OfColumns(own, others, cutmix.Rate, columns)
            : (own, others) => OfBoxes(own, others, [.. boxes.Select(b => Bits(columns, c => b[c]))], columns));
    }

    // sum over x' of product over the columns of (1 - r) 1[x agrees] + r 1[x' agrees], for each set of x.
    private static double[] OfColumns(AgreementSets own, AgreementSets others, double rate, int columns)
    {
        ulong[] all = Bits(columns, _ => true);
        var sums = new double[own.Counts.Length];
        // Two sets that are too small together cannot cover all columns: the large ones come first.
        int[] size = [.. Enumerable.Range(0, others.Counts.Length).Select(q => Size(others.Set(q)))], order = [.. Enumerable.Range(0, size.Length).OrderByDescending(q => size[q])];
        for (int p = 0; p < sums.Length; p++)
        {
            ReadOnlySpan<ulong> x = own.Set(p);
            int missing = columns - Size(x);
            foreach (int q in order)
            {
                if (size[q] < missing)
                    break;
                ReadOnlySpan<ulong> y = others.Set(q);
                int onlyX = 0, onlyY = 0;
                bool covers = true;
                for (int w = 0; w < all.Length && covers; w++)
                {
                    covers = (x[w] | y[w]) == all[w];
                    onlyX += BitOperations.PopCount(x[w] & ~y[w]);
                    onlyY += BitOperations.PopCount(y[w] & ~x[w]);
                }
                if (covers)
                    sums[p] += others.Counts[q] * Math.Pow(1 - rate, onlyX) * Math.Pow(rate, onlyY);
            }
        }
        return sums;
    }

    private static int Size(ReadOnlySpan<ulong> set)
    {
        int size = 0;
        foreach (ulong word in set)
            size += BitOperations.PopCount(word);
        return size;
    }

    // The number of boxes and rows x' such that x agrees outside the box and x' inside.
    private static double[] OfBoxes(AgreementSets own, AgreementSets others, ulong[][] boxes, int columns)
    {
        ulong[] all = Bits(columns, _ => true);
        var sums = new double[own.Counts.Length];
        foreach (ulong[] box in boxes)
        {
            double inside = 0;
            for (int q = 0; q < others.Counts.Length; q++)
                inside += Covers(others.Set(q), w => box[w]) ? others.Counts[q] : 0;
            if (inside == 0)
                continue;
            for (int p = 0; p < sums.Length; p++)
                sums[p] += Covers(own.Set(p), w => all[w] & ~box[w]) ? inside : 0;
        }
        return sums;

        bool Covers(ReadOnlySpan<ulong> set, Func<int, ulong> needed)
        {
            for (int w = 0; w < set.Length; w++)
            {
                ulong need = needed(w);
                if ((set[w] & need) != need)
                    return false;
            }
            return true;
        }
    }

    /// <summary>Tokens of the drawn values, by column.</summary>
    internal static int[][] Draw(CutMixContext cutmix, TokenTable table, int n, int m, bool[][]? boxes)
    {
        Philox other = new(cutmix.Draws.Seed, OtherStream), mask = new(cutmix.Draws.Seed, MaskStream);
        int columns = table.Columns.Length;
        int[][] drawn = [.. Enumerable.Range(0, columns).Select(_ => new int[m])];
        for (int a = 0; a < m; a++)
        {
            int from = (int)(other.Uniform(a) * n);
            bool[]? box = boxes?[(int)(mask.Uniform(a) * boxes.Length)];
            for (int c = 0; c < columns; c++)
                drawn[c][a] = table.Columns[c][(box is null ? mask.Uniform(((long)a * columns) + c) < cutmix.Rate : box[c]) ? from : a % n];
        }
        return drawn;
    }

    private static ulong[] Bits(int columns, Func<int, bool> set)
    {
        var bits = new ulong[(columns + 63) / 64];
        for (int c = 0; c < columns; c++)
            bits[c / 64] |= set(c) ? 1UL << (c % 64) : 0;
        return bits;
    }

    /// <summary>The sets of columns in which rows agree with a value, each set once.</summary>
    private sealed class AgreementSets
    {
        private readonly List<ulong> _bits = [];
        private readonly int _words;

        public AgreementSets(int[][] rows, int n, int[] value)
        {
            int columns = value.Length;
            _words = (columns + 63) / 64;
            var sets = new ulong[n * _words];
            for (int c = 0; c < columns; c++)
            {
                int token = value[c];
                int[] column = rows[c];
                for (int i = 0; i < n; i++)
                    sets[(i * _words) + (c / 64)] |= column[i] == token ? 1UL << (c % 64) : 0;
            }
            OfRow = new int[n];
            var counts = new List<int>();
            var known = new Dictionary<UInt128, List<int>>();
            for (int i = 0; i < n; i++)
            {
                ReadOnlySpan<ulong> set = sets.AsSpan(i * _words, _words);
                UInt128 key = 0;
                foreach (ulong word in set)
                    key = (key * 0x9E3779B97F4A7C15) + word;
                if (!known.TryGetValue(key, out List<int>? same))
                    known.Add(key, same = []);
                int number = -1;
                foreach (int candidate in same)
                {
                    if (set.SequenceEqual(Set(candidate)))
                        number = candidate;
                }
                if (number < 0)
                {
                    number = counts.Count;
                    same.Add(number);
                    counts.Add(0);
                    _bits.AddRange(set);
                }
                counts[number]++;
                OfRow[i] = number;
            }
            Counts = [.. counts];
        }

        /// <summary>Number of the set of each row.</summary>
        public int[] OfRow { get; }

        /// <summary>Rows that have each set.</summary>
        public int[] Counts { get; }

        /// <summary>The words of a set.</summary>
        public ReadOnlySpan<ulong> Set(int number) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bits).Slice(number * _words, _words);
    }
}
