namespace ContextureGpu.Kernels.Team;

/// <summary>What share of a kind of work each member of a team does in a given time: at first by given speeds, then as it was measured. Used by one thread at a time.</summary>
internal sealed class TeamShares(IEnumerable<double> speeds)
{
    private readonly double[] _shares = Normalised([.. speeds]);

    /// <summary>The share of a member, 0 to 1.</summary>
    public double this[int member] => _shares[member];

    /// <summary>Learns from a piece of work that was done: the shares are those of the speeds found, if all members took part.</summary>
    /// <param name="rows">Rows that each member did.</param>
    /// <param name="seconds">Time that each took for them.</param>
    public void Learn(ReadOnlySpan<long> rows, ReadOnlySpan<double> seconds)
    {
        var speeds = new double[_shares.Length];
        for (int i = 0; i < speeds.Length; i++)
        {
            if (rows[i] == 0 || !(seconds[i] > 0))
                return;
            speeds[i] = rows[i] / seconds[i];
        }
        Normalised(speeds).CopyTo(_shares, 0);
    }

    private static double[] Normalised(double[] speeds)
    {
        double sum = speeds.Sum();
        return Array.ConvertAll(speeds, speed => speed / sum);
    }
}
