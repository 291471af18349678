using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The shapes shared by all tiled kernels.</summary>
internal static class TileGeometry
{
    /// <summary>Threads of a group: 16 by 16, numbered along the second.</summary>
    public const int Threads = 256;

    /// <summary>Rows of an output tile, and columns of it in the products: four for each thread in both directions.</summary>
    public const int Tile = 64;

    /// <summary>Steps of the inner dimension that are held in shared memory at a time.</summary>
    public const int Depth = 16;

    /// <summary>Distance between two steps in shared memory: a tile and four elements, so that rows stay 16-byte aligned and columns spread over the banks.</summary>
    public const int Pitch = Tile + 4;

    /// <summary><paramref name="value"/> divided by 2^<paramref name="shift"/>, for values that are not negative: an unsigned shift, whatever the code generator makes of a division.</summary>
    public static int ShiftRight(int value, int shift) => (int)((uint)value >> shift);

    /// <summary>Threads of the whole grid: the stride of a loop over items.</summary>
    public static long GridThreads => (long)Grid.DimX * Group.DimX;

    /// <summary>Number of tiles of <paramref name="tile"/> that cover <paramref name="length"/>; host only.</summary>
    public static int Count(int length, int tile) => (int)(((long)length + tile - 1) / tile);

    /// <summary>A grid of groups of <see cref="Threads"/> for <paramref name="items"/> items, a thread each or, beyond 2^28 of them, several.</summary>
    public static KernelConfig ForItems(long items) => new((int)Math.Min((items + Threads - 1) / Threads, 1 << 20), Threads);
}
