using ContextureGpu.Kernels;

namespace ContextureGpu.Samples;

/// <summary>
/// A context of one's own: two moments of the year belong together when they are near each other on the calendar, whatever the year. A is one of twelve months, drawn with a
/// probability that falls with the distance from the moment to the middle of the month, the turn of the year included.
/// <para>This is all a law has to do: say, for some rows, how probable each value of A is. The sample is handed over as well, for laws that depend on it, as neighbours do.</para>
/// </summary>
internal sealed class SeasonContext(double width) : ContextLaw
{
    private const int Months = 12;

    public override string Name => "season";

    public override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension)
    {
        int n = rows.Length / dimension;
        int[] starts = new int[n + 1], columns = new int[n * Months];
        var values = new double[n * Months];
        for (int i = 0; i < n; i++)
        {
            double moment = rows.Span[i * dimension];                   // the first input: time in years
            Span<double> law = values.AsSpan(i * Months, Months);
            double sum = 0;
            for (int month = 0; month < Months; month++)
            {
                double apart = moment - ((month + 0.5) / Months);
                apart -= Math.Round(apart);                             // on the circle of the year
                sum += law[month] = Math.Exp(-0.5 * Math.Pow(apart / width, 2));
                columns[(i * Months) + month] = month;
            }
            for (int month = 0; month < Months; month++)
                law[month] /= sum;                                      // a row is a probability: not negative, with sum 1
            starts[i + 1] = starts[i] + Months;
        }
        return new CompressedRows(n, Months, starts, columns, values);
    }
}
