namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// The tiles on and below the diagonal of n by n tiles, numbered without a square root: row n - 1 - p, which has n - p tiles, and the row that lacks as many as it has to spare make a
/// strip of n + 1 tiles (of n where n is odd: then p = 0 is a strip by itself).
/// </summary>
internal static class TriangularTiles
{
    /// <summary>Number of tiles: <c>n (n + 1) / 2</c>.</summary>
    /// <exception cref="OverflowException">There are 2^31 or more.</exception>
    public static int Count(int n) => checked((int)((long)n * (n + 1) / 2));

    /// <summary>The row of a tile.</summary>
    public static int Row(int tile, int n)
    {
        int odd = n & 1, width = n + 1 - odd, strip = tile / width, place = tile - (strip * width);
        return place < n - strip ? n - 1 - strip : strip - odd;
    }

    /// <summary>The column of a tile, at most its row.</summary>
    public static int Column(int tile, int n)
    {
        int width = n + 1 - (n & 1), strip = tile / width, place = tile - (strip * width);
        return place < n - strip ? place : place - (n - strip);
    }
}
