using System.Globalization;
using OxyPlot.Axes;

namespace ContextureGpu.Cli;

/// <summary>A logarithmic axis whose ticks are powers of ten where it spans two or more, and 1, 2, 5, 10, ... where it spans fewer.</summary>
internal sealed class DecadeAxis : LogarithmicAxis
{
    private const int MostTicks = 7;

    /// <inheritdoc/>
    public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
    {
        (double low, double high) = (Math.Log10(ActualMinimum), Math.Log10(ActualMaximum));
        var ticks = new List<double>();
        int stride = Math.Max(1, (int)Math.Ceiling((high - low) / MostTicks));
        for (int power = (int)Math.Floor(low); power <= Math.Ceiling(high); power++)
        {
            foreach (int factor in high - low < 2 ? (ReadOnlySpan<int>)[1, 2, 5] : [1])
            {
                double tick = factor * Math.Pow(10, power);
                if (power % stride == 0 && tick >= ActualMinimum * (1 - 1e-9) && tick <= ActualMaximum * (1 + 1e-9))
                    ticks.Add(tick);
            }
        }
        majorLabelValues = majorTickValues = ticks;
        minorTickValues = [];
    }

    /// <inheritdoc/>
    protected override string FormatValueOverride(double x)
    {
        int power = (int)Math.Floor(Math.Log10(x) + 1e-9);
        double factor = Math.Round(x / Math.Pow(10, power), 3);
        return power is >= -3 and <= 3 ? x.ToString("0.####", CultureInfo.InvariantCulture)
            : factor == 1 ? $"10{Superscript(power)}"
            : string.Create(CultureInfo.InvariantCulture, $"{factor}·10{Superscript(power)}");
    }

    private static string Superscript(int power) =>
        string.Concat(power.ToString(CultureInfo.InvariantCulture).Select(c => c == '-' ? '\u207b' : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c - '0']));
}
