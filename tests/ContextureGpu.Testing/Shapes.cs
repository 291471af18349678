namespace ContextureGpu.Testing;

/// <summary>
/// The sizes at which kernels go wrong: nothing, one row, one column, primes, one below, at and one above the powers of two that tiles are made of,
/// and more than one tile.
/// </summary>
public static class Shapes
{
    /// <summary>Pairs (rows, columns) with neither above <paramref name="limit"/>.</summary>
    public static IEnumerable<(int Rows, int Columns)> Pairs(int limit) =>
        new (int Rows, int Columns)[]
        {
            (0, 0), (0, 3), (3, 0), (1, 1), (1, 7), (7, 1), (1, 129), (129, 1), (2, 2), (3, 5), (13, 17), (15, 16), (16, 17), (17, 15), (31, 33),
            (32, 32), (33, 31), (63, 8), (64, 9), (65, 7), (127, 3), (128, 4), (129, 5), (5, 257), (257, 5), (255, 2), (256, 1), (1031, 3),
        }.Where(s => Math.Max(s.Rows, s.Columns) <= limit);

    /// <summary>Triples (m, n, k) of a product with none above <paramref name="limit"/>.</summary>
    public static IEnumerable<(int M, int N, int K)> Triples(int limit) =>
        new (int M, int N, int K)[]
        {
            (0, 0, 0), (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 1, 37), (1, 37, 1), (37, 1, 1), (2, 3, 4), (3, 3, 3), (7, 5, 11), (4, 4, 4),
            (8, 8, 8), (9, 7, 8), (15, 16, 17), (16, 17, 15), (17, 15, 16), (31, 32, 33), (32, 32, 32), (33, 33, 33), (63, 64, 65), (64, 64, 64),
            (65, 63, 64), (127, 5, 3), (128, 129, 2), (129, 1, 128), (5, 127, 129), (130, 67, 257), (3, 2, 1031), (257, 3, 31), (6, 259, 5),
        }.Where(s => Math.Max(s.M, Math.Max(s.N, s.K)) <= limit);
}
