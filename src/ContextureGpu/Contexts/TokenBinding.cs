using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Contexts that compare columns for equality: masked tokens, and columns replaced from other rows.</summary>
internal static class TokenBinding
{
    // Posterior probabilities below this share of a row's largest are left out: far below the rounding of float32, in which the rows are used.
    private const double Negligible = 1e-12;

    private const ulong ReplaceStream = 0x73636172, SourceStream = 0x73636173;

    /// <summary>An atom is a mask with the visible tokens; a row leads to one atom of each mask.</summary>
    public static BoundContext Bind(TokensContext tokens, ContextSample sample)
    {
        var table = new TokenTable(sample);
        int columns = table.Columns.Length;
        if (tokens.Draws is null && columns > TokensContext.MostColumnsForAll)
            throw new InputException($"{tokens}: there are {columns} columns; draws=all takes all 2^{columns} masks and is for at most {TokensContext.MostColumnsForAll}");
        return Bind(tokens, table, sample, Masks(tokens, columns));
    }

    /// <summary>An atom is a place of the square with the pixels outside.</summary>
    public static BoundContext Bind(CutoutContext cutout, ContextSample sample)
    {
        bool[][] boxes = ImageBox.All(cutout, sample, cutout.Width, _ => (cutout.Size, cutout.Size));
        return Bind(cutout, new TokenTable(sample), sample, [.. boxes.Select(box => (1.0 / boxes.Length, Array.ConvertAll(box, hidden => !hidden)))]);
    }

    private static SparseContext Bind(Context tokens, TokenTable table, ContextSample sample, (double Weight, bool[] Visible)[] masks)
    {
        int atoms = 0;
        foreach ((_, bool[] visible) in masks)
            atoms = checked(atoms + Partition(table, table.Columns, visible).Count);
        var law = new Lazy<CompressedRows>(() => Law(table.Columns, sample.Rows));
        double alone = atoms / ((double)masks.Length * sample.Rows);
        return new SparseContext(law, (rows, _) => Law(table.Of(rows), rows.Rows))
        {
            Rows = sample.Rows,
            Atoms = atoms,
            Space = $"what {tokens} leaves visible",
            Warnings = alone > 0.9
                ? [$"{tokens}: {alone:p0} of what stays visible belongs to one row alone, so the context is nearly the identity; on continuous columns use mask(rate=..., then=knn(...))"]
                : [],
        };

        CompressedRows Law(int[][] own, int n)
        {
            var found = new (int Atom, double Weight)[n][];
            for (int i = 0; i < n; i++)
                found[i] = new (int, double)[masks.Length];
            int[] length = new int[n];
            int first = 0;
            foreach ((double weight, bool[] visible) in masks)
            {
                (int[] group, int count) = Partition(table, own, visible);
                for (int i = 0; i < n; i++)
                {
                    if (group[i] >= 0)
                        found[i][length[i]++] = (first + group[i], weight);
                }
                first += count;
            }
            return Rows(found, length, atoms, i => new InputException($"{tokens}: row {i} (counted from 0) agrees with no row of the sample on the tokens that any mask leaves visible"));
        }
    }

    /// <summary>An atom is a drawn row with replaced columns; its posterior follows from the columns in which each row agrees with it.</summary>
    public static BoundContext Bind(ScarfContext scarf, ContextSample sample)
    {
        ReplacedRows values = ReplacedRows.Of(scarf, sample);
        (TokenTable table, int[][] drawn, float[][] gain, bool[] isFresh, int m) = values;
        int columns = table.Columns.Length, n = sample.Rows;
        var evidence = new double[m];
        Parallel.For(0, m, a => values.LogDensities(a, out evidence[a]));
        var law = new Lazy<CompressedRows>(() => Law(table.Columns, n));
        return new SparseContext(law, (rows, _) => Law(table.Of(rows), rows.Rows))
        {
            Rows = n,
            Atoms = m,
            Space = $"values drawn from {scarf}",
        };

        CompressedRows Law(int[][] own, int rows)
        {
            // By row: atoms and rows change places, the gain is still that of the atom's token.
            var found = new (int Atom, double Weight)[rows][];
            int[] length = new int[rows];
            Parallel.For(0, rows, i =>
            {
                var logs = new double[m];
                for (int a = 0; a < m; a++)
                    logs[a] = -evidence[a];
                for (int c = 0; c < columns; c++)
                {
                    int token = own[c][i];
                    int[] column = drawn[c];
                    if (isFresh[c])
                    {
                        for (int a = 0; a < m; a++)
                            logs[a] += column[a] < 0 || column[a] == token ? 0 : double.NegativeInfinity;
                        continue;
                    }
                    if (token < 0)
                        continue;
                    float add = gain[c][token];
                    for (int a = 0; a < m; a++)
                        logs[a] += column[a] == token ? add : 0;
                }
                double largest = TensorPrimitives.Max<double>(logs), least = largest + Math.Log(Negligible);
                found[i] = [.. logs.Select((value, a) => (a, value)).Where(e => e.value > double.NegativeInfinity && e.value >= least).Select(e => (e.a, Math.Exp(e.value - largest)))];
                length[i] = found[i].Length;
            });
            return Rows(found, length, m, i => new InputException($"{scarf}: row {i} (counted from 0) could have led to none of the drawn values; take more draws, or a higher rate"));
        }
    }

    /// <summary>The average of another context over masks of the columns.</summary>
    public static BoundContext Bind(MaskContext mask, ContextSample sample, Func<Context, ContextSample, BoundContext> bind, LawStorage storage, CancellationToken cancellationToken)
    {
        bool[][] masks = ColumnMask.Draw(
            sample.ColumnStarts.Length - 1, mask.Rate, mask.Draws, mask.Seed, visible => visible.Contains(true) && ColumnMask.Hide(sample, visible).Varies)
            ?? throw new InputException($"{mask}: at this rate the masks leave nothing visible that varies; take a lower rate");
        bool isStored = StoredAverage.IsChosen(mask, sample.Rows, storage);
        if (mask.Then is RbfContext { Gamma: double gamma, Kind: var kind })
        {
            var kernel = new RadialKernel(kind, gamma);
            int[][] inputs = Array.ConvertAll(masks, visible => ColumnMask.Inputs(sample, visible));
            var walks = new MaskedRadialContext(kernel, sample, inputs) { Rows = sample.Rows, Atoms = sample.Rows, Space = BoundContext.SampleSpace };
            return isStored ? StoredAverage.OfWalks(kernel, sample, inputs, walks, cancellationToken) : walks;
        }
        return isStored ? StoredAverage.OfLaws(sample.Rows, Laws(), new(Mixed)) : Mixed();

        IEnumerable<(double Weight, CompressedRows Law)> Laws() => masks.CountBy(visible => visible, SameElements<bool>.Instance)
            .Select(g => ((double)g.Value / masks.Length, bind(mask.Then, ColumnMask.Hide(sample, g.Key)).StoredLaw!));

        MixedContext Mixed()
        {
            (double Weight, BoundContext Part)[] parts = Array.ConvertAll(masks, visible =>
                (1.0 / masks.Length, (BoundContext)ProjectedContext.Of(bind(mask.Then, ColumnMask.Hide(sample, visible)), rows => ColumnMask.Hide(rows, visible))));
            BoundContext first = parts[0].Part;
            return new MixedContext(parts) { Rows = sample.Rows, Atoms = first.Atoms, Space = first.Space, InputWeights = first.InputWeights, Warnings = first.Warnings };
        }
    }

    private static (double Weight, bool[] Visible)[] Masks(TokensContext tokens, int columns)
    {
        if (tokens.Draws is int draws)
            return [.. ColumnMask.Draw(columns, tokens.Rate, draws, tokens.Seed, _ => true)!.Select(visible => (1.0 / draws, visible))];
        return [.. Enumerable.Range(0, 1 << columns).Select(bits =>
        {
            bool[] visible = [.. Enumerable.Range(0, columns).Select(c => (bits >> c & 1) == 1)];
            int seen = BitOperations.PopCount((uint)bits);
            return (Math.Pow(1 - tokens.Rate, seen) * Math.Pow(tokens.Rate, columns - seen), visible);
        })];
    }

    // Groups of rows that agree on the visible columns, numbered by the sample; -1 for rows that agree with no row of it.
    private static (int[] Group, int Count) Partition(TokenTable table, int[][] own, bool[] visible)
    {
        bool isSample = ReferenceEquals(own, table.Columns);
        int[] known = new int[table.Columns[0].Length], group = isSample ? known : new int[own[0].Length];
        int count = 1;
        var numbers = new Dictionary<long, int>();
        for (int c = 0; c < visible.Length; c++)
        {
            if (!visible[c])
                continue;
            numbers.Clear();
            for (int i = 0; i < known.Length; i++)
            {
                ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, Key(known[i], table.Columns[c][i]), out bool exists);
                if (!exists)
                    number = numbers.Count - 1;
                known[i] = number;
            }
            if (!isSample)
            {
                for (int i = 0; i < group.Length; i++)
                    group[i] = group[i] >= 0 && own[c][i] >= 0 && numbers.TryGetValue(Key(group[i], own[c][i]), out int number) ? number : -1;
            }
            count = numbers.Count;
        }
        return (group, count);

        static long Key(int group, int token) => ((long)group << 32) | (uint)token;
    }

    /// <summary>Tokens of the drawn values, by column; -1 for a fresh number.</summary>
    internal static int[][] Draw(ScarfContext scarf, TokenTable table, int n, int m, bool[] isFresh)
    {
        Philox replace = new(scarf.Draws.Seed, ReplaceStream), source = new(scarf.Draws.Seed, SourceStream);
        int[][] drawn = new int[table.Columns.Length][];
        for (int c = 0; c < drawn.Length; c++)
        {
            drawn[c] = new int[m];
            for (int a = 0; a < m; a++)
            {
                long at = ((long)c * m) + a;
                bool isReplaced = replace.Uniform(at) < scarf.Rate;
                drawn[c][a] = !isReplaced ? table.Columns[c][a % n]
                    : isFresh[c] ? -1
                    : scarf.Marginal == ScarfMarginal.Uniform ? (int)(source.Uniform(at) * table.Levels[c])
                    : table.Columns[c][(int)(source.Uniform(at) * n)];
            }
        }
        return drawn;
    }

    /// <summary>The part of all pairs of a row and a drawn value that the law of a context stores, from some of the values.</summary>
    public static double StoredShare(ScarfContext scarf, ContextSample sample)
    {
        ReplacedRows values = ReplacedRows.Of(scarf, sample);
        int[] some = SomeOf(values.Atoms, values.Table);
        var logs = new float[some.Length][];
        Parallel.For(0, some.Length, e =>
        {
            logs[e] = values.LogDensities(some[e], out double evidence);
            TensorPrimitives.Subtract(logs[e], (float)evidence, logs[e]);
        });
        float[] largest = (float[])logs[0].Clone();
        foreach (float[] one in logs)
            TensorPrimitives.Max(largest, one, largest);
        TensorPrimitives.Add(largest, (float)Math.Log(Negligible), largest);
        return logs.Sum(one => one.Where((log, i) => log > float.NegativeInfinity && log >= largest[i]).Count()) / ((double)some.Length * sample.Rows);
    }

    /// <summary>Refuses draws of rows without columns, and more than an array holds.</summary>
    internal static void CheckDraws(Context context, int columns, int draws)
    {
        if (columns == 0)
            throw new InputException($"{context}: the rows have no columns");
        if ((long)columns * draws > Array.MaxLength)
            throw new InputException($"{context}: {draws} draws of {columns} columns do not fit into an array; take fewer draws");
    }

    /// <summary>Numbers of some of the drawn values, evenly spaced: what is counted for them stands for all. They are as many as cost little to compare with all rows.</summary>
    internal static int[] SomeOf(int atoms, TokenTable table)
    {
        const int Least = 32, Most = 512;
        const long Comparisons = 1 << 27;
        int count = (int)Math.Min(atoms, Math.Clamp(Comparisons / Math.Max(1, (long)table.Columns.Length * table.Columns[0].Length), Least, Most));
        return [.. Enumerable.Range(0, count).Select(e => (int)((long)e * atoms / count))];
    }

    /// <summary>A law whose entries come by the values of A, each a row and its weight: rows divided by their sums.</summary>
    /// <param name="found">By value of A.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="refuse">What is said of a row that leads nowhere.</param>
    internal static CompressedRows ByRow((int Row, double Weight)[][] found, int rows, Func<int, InputException> refuse)
    {
        int[] length = new int[rows];
        foreach ((int Row, double Weight)[] column in found)
        {
            foreach ((int row, _) in column)
                length[row]++;
        }
        var entries = new (int Atom, double Weight)[rows][];
        for (int i = 0; i < rows; i++)
            entries[i] = new (int, double)[length[i]];
        Array.Clear(length);
        for (int a = 0; a < found.Length; a++)
        {
            foreach ((int row, double weight) in found[a])
                entries[row][length[row]++] = (a, weight);
        }
        return Rows(entries, length, found.Length, refuse);
    }

    // Rows divided by their sums, columns ascending.
    private static CompressedRows Rows((int Atom, double Weight)[][] found, int[] length, int atoms, Func<int, InputException> refuse)
    {
        int[] starts = new int[found.Length + 1];
        for (int i = 0; i < found.Length; i++)
        {
            if (length[i] == 0)
                throw refuse(i);
            if (length[i] > Array.MaxLength - starts[i])
                throw new InputException($"the probabilities of {atoms} values for {found.Length} rows are more than {Array.MaxLength} that are not zero, too many to be stored; take fewer draws or rows");
            starts[i + 1] = starts[i] + length[i];
        }
        int[] columns = new int[starts[^1]];
        var values = new double[columns.Length];
        for (int i = 0; i < found.Length; i++)
        {
            double sum = 0;
            for (int e = 0; e < length[i]; e++)
                sum += found[i][e].Weight;
            for (int e = 0; e < length[i]; e++)
                (columns[starts[i] + e], values[starts[i] + e]) = (found[i][e].Atom, found[i][e].Weight / sum);
        }
        return new CompressedRows(found.Length, atoms, starts, columns, values);
    }

    /// <summary>Rows with replaced columns that were drawn, and what rows are compared with them by.</summary>
    /// <param name="Table">Tokens of the sample.</param>
    /// <param name="Drawn">Tokens of the drawn values, by column; -1 for a number that no row has.</param>
    /// <param name="Gain">log (1 + (1 - r) / (r p_f(t))) by column f and token t: what an agreement adds to the log-density.</param>
    /// <param name="IsFresh">Whether a column is replaced by numbers that no row has: then all that could have led to a number of the sample have it.</param>
    /// <param name="Atoms">How many there are.</param>
    private sealed record ReplacedRows(TokenTable Table, int[][] Drawn, float[][] Gain, bool[] IsFresh, int Atoms)
    {
        public static ReplacedRows Of(ScarfContext scarf, ContextSample sample)
        {
            var table = new TokenTable(sample);
            int columns = table.Columns.Length, n = sample.Rows, m = scarf.Draws.Count ?? n;
            CheckDraws(scarf, columns, m);
            bool[] isFresh = [.. Enumerable.Range(0, columns).Select(c => scarf.Marginal != ScarfMarginal.Empirical && sample.ColumnStarts[c + 1] - sample.ColumnStarts[c] == 1)];
            float[][] gain = new float[columns][];
            for (int c = 0; c < columns; c++)
            {
                int[] counts = new int[table.Levels[c]];
                foreach (int token in table.Columns[c])
                    counts[token]++;
                bool isEven = scarf.Marginal == ScarfMarginal.Uniform;
                gain[c] = Array.ConvertAll(counts, k => (float)Math.Log(1 + ((1 - scarf.Rate) / (scarf.Rate * (isEven ? 1.0 / counts.Length : (double)k / n)))));
            }
            return new ReplacedRows(table, Draw(scarf, table, n, m, isFresh), gain, isFresh, m);
        }

        /// <summary>The log-density of a value at each row, up to what depends on the value alone, and the logarithm of its sum.</summary>
        public float[] LogDensities(int atom, out double evidence)
        {
            int n = Table.Columns[0].Length;
            var score = new float[n];
            for (int c = 0; c < Table.Columns.Length; c++)
            {
                int token = Drawn[c][atom];
                int[] column = Table.Columns[c];
                if (IsFresh[c])
                {
                    for (int i = 0; token >= 0 && i < n; i++)
                        score[i] += column[i] == token ? 0 : float.NegativeInfinity;
                    continue;
                }
                float add = Gain[c][token];
                for (int i = 0; i < n; i++)
                    score[i] += column[i] == token ? add : 0;
            }
            float largest = TensorPrimitives.Max<float>(score);
            double sum = 0;
            foreach (float value in score)
                sum += Math.Exp(value - largest);
            evidence = largest + Math.Log(sum);
            return score;
        }
    }
}
