namespace ContextureGpu.Cli;

/// <summary>Fewer rows to draw, the same for the same number of rows.</summary>
internal static class Thinning
{
    /// <summary>
    /// Row numbers, ascending: all of them, or one of each of <paramref name="most"/> stretches of (almost) equal length at a place that varies from stretch to stretch, so that an order
    /// that repeats itself does not leave classes out.
    /// </summary>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="most">Rows wanted at most, at least 1.</param>
    public static int[] Rows(int rows, int most)
    {
        if (rows <= most)
            return [.. Enumerable.Range(0, rows)];
        var chosen = new int[most];
        for (int s = 0; s < most; s++)
        {
            (long first, long end) = ((long)s * rows / most, (long)(s + 1) * rows / most);
            chosen[s] = (int)(first + (long)(Mix((ulong)s) % (ulong)(end - first)));
        }
        return chosen;
    }

    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    private static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
