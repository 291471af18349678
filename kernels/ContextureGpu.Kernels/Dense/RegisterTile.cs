using System.Numerics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>The innermost product: a strip of rows of A times a packed panel of B, with the sums in registers.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal unsafe interface IRegisterTile<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of a strip of A.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of a panel of B.</summary>
    static abstract int Columns { get; }

    /// <summary><c>c = alpha A B + beta c</c> for rows x columns of C, at most one tile.</summary>
    /// <param name="depth">Terms of each sum, added in their order.</param>
    /// <param name="a">Element (r, l) of A lies at <c>r rowStride + l depthStride</c>; a full strip of rows can be read there.</param>
    /// <param name="rowStride">1 for a packed strip, the leading dimension for rows in place.</param>
    /// <param name="depthStride"><see cref="Rows"/> for a packed strip, 1 for rows in place.</param>
    /// <param name="b">The panel, depth-major.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of the old contents; 0 ignores them.</param>
    /// <param name="c">Element (0, 0) of the tile.</param>
    /// <param name="leadingC">From one row of C to the next.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="columns">Columns of the tile.</param>
    static abstract void Multiply(
        int depth, T* a, nint rowStride, nint depthStride, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns);
}

/// <summary>6 rows by 2 vectors of whatever width <see cref="Vector{T}"/> has: 16 registers of 128 or 256 bits.</summary>
internal readonly unsafe struct PortableTile<T> : IRegisterTile<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static int Rows => Panel<T>.Rows;

    public static int Columns => Panel<T>.Columns;

    public static void Multiply(
        int depth, T* a, nint rowStride, nint depthStride, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns) =>
        Panel<T>.Multiply(depth, a, rowStride, depthStride, b, alpha, beta, c, leadingC, rows, columns);
}
