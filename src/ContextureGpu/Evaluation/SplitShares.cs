using System.Globalization;

namespace ContextureGpu;

/// <summary>How the rows are shared out between fitting a probe, choosing its settings and judging it; which row goes where is drawn with the seed.</summary>
/// <param name="Train">Share that probes are fitted to, above 0.</param>
/// <param name="Validation">Share that chooses regularisation and dimension, above 0.</param>
/// <param name="Test">Share that the errors are reported on, above 0; the three sum to 1.</param>
public sealed record SplitShares(double Train, double Validation, double Test)
{
    /// <summary>Sums this close to 1 are 1.</summary>
    private const double SumTolerance = 1e-9;

    /// <summary>0.7, 0.15 and 0.15.</summary>
    public static SplitShares Default { get; } = new(0.7, 0.15, 0.15);

    /// <summary>Reads three numbers separated by commas, such as <c>0.7,0.15,0.15</c>.</summary>
    /// <exception cref="InputException">The text is not three positive shares with sum 1.</exception>
    public static SplitShares Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',');
        var shares = new double[parts.Length];
        bool areNumbers = true;
        for (int i = 0; i < parts.Length; i++)
            areNumbers &= double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out shares[i]);
        if (!areNumbers || parts.Length != 3)
            throw new InputException($"the split is '{text}'; three shares of train, validation and test were expected, such as 0.7,0.15,0.15");
        var split = new SplitShares(shares[0], shares[1], shares[2]);
        split.Check();
        return split;
    }

    internal void Check()
    {
        if (!(Train > 0 && Validation > 0 && Test > 0 && Math.Abs(Train + Validation + Test - 1) <= SumTolerance))
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"the shares of train, validation and test are {Train}, {Validation} and {Test}; each must be positive, and their sum 1"));
    }

    /// <summary>Row numbers of the three parts, ascending.</summary>
    /// <exception cref="InputException">A part has no row.</exception>
    internal (int[] Train, int[] Validation, int[] Test) Rows(int rows, ulong seed)
    {
        Check();
        int[][] parts = RowSplit.Of(rows, [Train, Math.Min(Validation, 1 - Train)], seed);
        return Array.TrueForAll(parts, part => part.Length > 0)
            ? (parts[0], parts[1], parts[2])
            : throw new InputException($"a split of {rows} rows leaves {parts[0].Length} for training, {parts[1].Length} for validation and {parts[2].Length} for the test; each part needs at least one");
    }
}
