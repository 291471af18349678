using System.Numerics;
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
        (double Weight, bool[] Visible)[] masks = Masks(tokens, columns);
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
        var table = new TokenTable(sample);
        int columns = table.Columns.Length, n = sample.Rows, m = scarf.Draws.Count ?? n;
        int[][] drawn = Draw(scarf, table, n, m);
        // log (1 + (1 - r) / (r p_f(a_f))): what an agreement in column f adds to the log-density.
        float[][] gain = new float[columns][];
        for (int c = 0; c < columns; c++)
        {
            int[] counts = new int[table.Levels[c]];
            foreach (int token in table.Columns[c])
                counts[token]++;
            gain[c] = Array.ConvertAll(counts, k => (float)Math.Log(1 + ((1 - scarf.Rate) / (scarf.Rate * k / n))));
        }
        var evidence = new double[m];
        Parallel.For(0, m, a =>
        {
            float[] score = Scores(table.Columns, n, drawn, gain, a);
            float largest = System.Numerics.Tensors.TensorPrimitives.Max<float>(score);
            double sum = 0;
            foreach (float value in score)
                sum += Math.Exp(value - largest);
            evidence[a] = largest + Math.Log(sum);
        });
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
                    if (token < 0)
                        continue;
                    float add = gain[c][token];
                    int[] column = drawn[c];
                    for (int a = 0; a < m; a++)
                        logs[a] += column[a] == token ? add : 0;
                }
                double largest = System.Numerics.Tensors.TensorPrimitives.Max<double>(logs), least = largest + Math.Log(Negligible);
                found[i] = [.. logs.Select((value, a) => (a, value)).Where(e => e.value >= least).Select(e => (e.a, Math.Exp(e.value - largest)))];
                length[i] = found[i].Length;
            });
            return Rows(found, length, m, i => new InputException($"{scarf}: row {i} (counted from 0) has no posterior"));
        }
    }

    /// <summary>The average of another context over masks of the columns.</summary>
    public static BoundContext Bind(MaskContext mask, ContextSample sample, Func<Context, ContextSample, BoundContext> bind)
    {
        bool[][] masks = ColumnMask.Draw(
            sample.ColumnStarts.Length - 1, mask.Rate, mask.Draws, mask.Seed, visible => visible.Contains(true) && ColumnMask.Hide(sample, visible).Varies)
            ?? throw new InputException($"{mask}: at this rate the masks leave nothing visible that varies; take a lower rate");
        if (mask.Then is RbfContext { Gamma: double gamma, Kind: var kind })
        {
            return new MaskedRadialContext(new RadialKernel(kind, gamma), sample, Array.ConvertAll(masks, visible => ColumnMask.Inputs(sample, visible)))
            {
                Rows = sample.Rows,
                Atoms = sample.Rows,
                Space = BoundContext.SampleSpace,
            };
        }
        var parts = new (double Weight, BoundContext Part)[masks.Length];
        for (int m = 0; m < masks.Length; m++)
        {
            bool[] visible = masks[m];
            parts[m] = (1.0 / masks.Length, ProjectedContext.Of(bind(mask.Then, ColumnMask.Hide(sample, visible)), rows => ColumnMask.Hide(rows, visible)));
        }
        BoundContext first = parts[0].Part;
        return new MixedContext(parts) { Rows = sample.Rows, Atoms = first.Atoms, Space = first.Space, InputWeights = first.InputWeights, Warnings = first.Warnings };
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

    private static int[][] Draw(ScarfContext scarf, TokenTable table, int n, int m)
    {
        Philox replace = new(scarf.Draws.Seed, ReplaceStream), source = new(scarf.Draws.Seed, SourceStream);
        int[][] drawn = new int[table.Columns.Length][];
        for (int c = 0; c < drawn.Length; c++)
        {
            drawn[c] = new int[m];
            for (int a = 0; a < m; a++)
            {
                long at = ((long)c * m) + a;
                drawn[c][a] = table.Columns[c][replace.Uniform(at) < scarf.Rate ? (int)(source.Uniform(at) * n) : a % n];
            }
        }
        return drawn;
    }

    private static float[] Scores(int[][] rows, int n, int[][] drawn, float[][] gain, int atom)
    {
        var score = new float[n];
        for (int c = 0; c < rows.Length; c++)
        {
            int token = drawn[c][atom];
            float add = gain[c][token];
            int[] column = rows[c];
            for (int i = 0; i < n; i++)
                score[i] += column[i] == token ? add : 0;
        }
        return score;
    }

    // Rows divided by their sums, columns ascending.
    private static CompressedRows Rows((int Atom, double Weight)[][] found, int[] length, int atoms, Func<int, InputException> refuse)
    {
        int[] starts = new int[found.Length + 1];
        for (int i = 0; i < found.Length; i++)
            starts[i + 1] = length[i] > 0 ? checked(starts[i] + length[i]) : throw refuse(i);
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
}
