using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The numbering of half of the tiles names each of them once.</summary>
public sealed class TriangularTilesTests
{
    [Fact]
    public void Every_tile_on_or_below_the_diagonal_has_one_number()
    {
        for (int n = 1; n <= 40; n++)
        {
            (int, int)[] tiles = [.. Enumerable.Range(0, TriangularTiles.Count(n)).Select(tile => (TriangularTiles.Row(tile, n), TriangularTiles.Column(tile, n)))];
            Assert.Equal(from row in Enumerable.Range(0, n) from column in Enumerable.Range(0, row + 1) select (row, column), tiles.Order());
        }
    }

    [Fact]
    public void Too_many_tiles_are_refused() => Assert.Throws<OverflowException>(() => TriangularTiles.Count(1 << 16));
}
