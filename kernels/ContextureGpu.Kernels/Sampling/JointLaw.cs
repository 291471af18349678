namespace ContextureGpu.Kernels;

/// <summary>
/// A joint law of rows x and values a, on the host, ready to be drawn from by inverting distribution functions. These are whole numbers, multiples of 2^-53: a draw compares no others, and
/// comes out the same on every device, with float64 or without. A probability is off by at most 2^-52 of the sum it is a part of; one of zero is never drawn.
/// </summary>
public sealed class JointLaw
{
    /// <summary>Where a distribution function ends: 1 in units of 2^-53, those of <see cref="Philox.Bits"/>.</summary>
    internal const long One = 1L << 53;

    private readonly Lazy<(CompressedRows Law, long[] Sums)> _back;

    /// <param name="weights">Weights of the rows, not negative, of positive finite sum; they need not sum to 1.</param>
    /// <param name="law">Weights of the values given a row, not negative; those of a row with positive weight have a positive finite sum.</param>
    /// <exception cref="ArgumentException">They do not; the message says where.</exception>
    public JointLaw(double[] weights, CompressedRows law)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(law);
        if (weights.Length != law.Rows)
            throw new ArgumentException($"there are {weights.Length} weights for {law.Rows} rows", nameof(weights));
        (Weights, Conditional) = (weights, law);
        RowSums = Distribution(weights, [0, weights.Length], out bool[] isPossible);
        if (!isPossible[0])
            throw new ArgumentException("the weights of the rows must be finite and not negative, with a positive finite sum", nameof(weights));
        ValueSums = Distribution(law.Values, law.RowStarts, out isPossible);
        for (int i = 0; i < law.Rows; i++)
        {
            if (weights[i] > 0 && !isPossible[i])
                throw new ArgumentException($"row {i}: the weights of its values must be finite and not negative, with a positive finite sum", nameof(law));
        }
        _back = new(Reversed);
    }

    /// <summary>Weights of the rows.</summary>
    public double[] Weights { get; }

    /// <summary>Weights of the values given a row.</summary>
    public CompressedRows Conditional { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => Conditional.Rows;

    /// <summary>Number of values.</summary>
    public int Values => Conditional.Columns;

    /// <summary>The distribution function of the rows.</summary>
    internal long[] RowSums { get; }

    /// <summary>Where the values of each row start.</summary>
    internal int[] ValueStarts => Conditional.RowStarts;

    /// <summary>The values that each row leads to.</summary>
    internal int[] ValueIndices => Conditional.ColumnIndices;

    /// <summary>The distribution function of the values given each row.</summary>
    internal long[] ValueSums { get; }

    /// <summary>The rows that lead to each value, and their distribution functions given it.</summary>
    internal (int[] Starts, int[] Rows, long[] Sums) Back => (_back.Value.Law.RowStarts, _back.Value.Law.ColumnIndices, _back.Value.Sums);

    /// <summary>Bytes of what drawing groups of one kind reads.</summary>
    internal long Bytes(GroupKind kind) =>
        Bytes(RowSums.Length, 0) + Bytes(ValueSums.Length, ValueStarts.Length) + (kind == GroupKind.Rows ? Bytes(Back.Sums.Length, Back.Starts.Length) : 0);

    /// <summary>The first of entries start .. end - 1 at which an ascending distribution function exceeds <paramref name="bits"/>; the last one where none does.</summary>
    internal static int Inverse(ReadOnlySpan<long> sums, int start, int end, long bits)
    {
        (int low, int high) = (start, end - 1);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = sums[middle] > bits ? (low, middle) : (middle + 1, high);
        }
        return low;
    }

    /// <summary>A member of a group: <c>members + 1</c> numbers of the stream are the group's own, for its row, for its first value, and one for each further member.</summary>
    /// <param name="kind">What members are.</param>
    /// <param name="random">The stream.</param>
    /// <param name="group">Number of the group.</param>
    /// <param name="member">Number of the member.</param>
    /// <param name="members">Members of a group.</param>
    internal int Member(GroupKind kind, Philox random, long group, int member, int members)
    {
        long at = (members + 1) * group;
        int row = Inverse(RowSums, 0, Rows, random.Bits(at));
        if (kind == GroupKind.Values)
            return Value(row, random.Bits(at + 1 + member));
        if (member == 0)
            return row;
        int value = Value(row, random.Bits(at + 1));
        if (kind == GroupKind.RowAndValue)
            return value;
        (int[] starts, int[] rows, long[] sums) = Back;
        return rows[Inverse(sums, starts[value], starts[value + 1], random.Bits(at + 1 + member))];
    }

    private static long Bytes(long sums, long starts) => (sizeof(long) * sums) + (starts > 0 ? sizeof(int) * (sums + starts) : 0);

    private int Value(int row, long bits) => ValueIndices[Inverse(ValueSums, ValueStarts[row], ValueStarts[row + 1], bits)];

    private (CompressedRows Law, long[] Sums) Reversed()
    {
        var joint = (double[])Conditional.Values.Clone();
        for (int i = 0; i < Conditional.Rows; i++)
        {
            for (int e = Conditional.RowStarts[i]; e < Conditional.RowStarts[i + 1]; e++)
                joint[e] *= Weights[i];
        }
        CompressedRows back = new CompressedRows(Conditional.Rows, Conditional.Columns, Conditional.RowStarts, Conditional.ColumnIndices, joint).Transpose();
        return (back, Distribution(back.Values, back.RowStarts, out _));
    }

    // Running sums over the last one of each row, in units of 2^-53.
    private static long[] Distribution(double[] weights, ReadOnlySpan<int> starts, out bool[] isPossible)
    {
        var sums = new long[weights.Length];
        isPossible = new bool[starts.Length - 1];
        for (int r = 0; r < isPossible.Length; r++)
        {
            double total = 0, sum = 0;
            bool isLaw = true;
            for (int e = starts[r]; e < starts[r + 1]; e++)
            {
                isLaw &= weights[e] >= 0;
                total += weights[e];
            }
            isPossible[r] = isLaw && total > 0 && double.IsFinite(total);
            for (int e = starts[r]; isPossible[r] && e < starts[r + 1]; e++)
            {
                sum += weights[e];
                sums[e] = (long)(sum / total * One);
            }
        }
        return sums;
    }
}
