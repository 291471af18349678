namespace ContextureGpu.Kernels;

/// <summary>Tiles as large as memory allows.</summary>
public static class MemoryTile
{
    /// <summary>
    /// What <paramref name="allocate"/> returns for the first of <paramref name="most"/>, <c>most / 2</c>, ... , 1 rows that memory suffices for. What it allocated before it was
    /// refused it has to release itself.
    /// </summary>
    /// <typeparam name="TMemory">What is allocated.</typeparam>
    /// <param name="most">Rows wanted, at least 1.</param>
    /// <param name="allocate">Allocates for a number of rows.</param>
    /// <param name="rows">Rows that there is memory for.</param>
    /// <exception cref="InsufficientMemoryException">There is no room for one row.</exception>
    public static TMemory Allocate<TMemory>(int most, Func<int, TMemory> allocate, out int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentNullException.ThrowIfNull(allocate);
        for (rows = most; ; rows /= 2)
        {
            try
            {
                return allocate(rows);
            }
            catch (InsufficientMemoryException) when (rows > 1)
            {
            }
        }
    }
}
