using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Where two sets of points lie.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PointSets
{
    /// <summary>First elements and leading dimensions of X and Y.</summary>
    public long OffsetX, LeadingX, OffsetY, LeadingY;

    /// <summary>Rows of X, rows of Y, features of both.</summary>
    public int N, M, D;
}

/// <summary>
/// <c>s_ij = sum_f term(x_if, y_jf)</c> for a tile of 64 rows of X and 32 of Y. Distances from differences: accurate near zero, where the expansion into norms and a
/// product is not.
/// <para>Sixteen features at a time are staged in shared memory, feature slow. Thread (ty, tx) holds rows 4 ty .. 4 ty + 3 against columns tx and tx + 16: eight
/// terms for one 16-byte and two 4-byte loads.</para>
/// </summary>
internal static class RadialTile
{
    /// <summary>Rows of Y in a tile.</summary>
    public const int Columns = 32;

    /// <summary>Distance in shared memory between two features of the rows of Y.</summary>
    public const int ColumnPitch = Columns + 4;

    /// <summary><see cref="Sums{T, TReal, TTerm}"/> of squared differences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SquaredDistances<T, TReal>(
        ArrayView<T> x, ArrayView<T> y, PointSets sets, int row0, int column0, ArrayView<T> stagedX, ArrayView<T> stagedY,
        out Four<T> first, out Four<T> second)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T> =>
        Sums<T, TReal, SquaredDifference<T, TReal>>(x, y, sets, row0, column0, stagedX, stagedY, out first, out second);

    /// <summary>The sums of this thread: <paramref name="first"/> against column tx, <paramref name="second"/> against column tx + 16. Every thread of the group must call it; it ends with a barrier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums<T, TReal, TTerm>(
        ArrayView<T> x, ArrayView<T> y, PointSets sets, int row0, int column0, ArrayView<T> stagedX, ArrayView<T> stagedY,
        out Four<T> first, out Four<T> second)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
        where TTerm : struct, IFeatureTerm<T>
    {
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15;
        Four<T> a = default, b = default;
        for (int f0 = 0; f0 < sets.D; f0 += TileGeometry.Depth)
        {
            TileLoad.Stage<T, TReal>(stagedX, x, sets.OffsetX, sets.LeadingX, 1, row0, sets.N, f0, sets.D);
            for (int e = t; e < Columns * TileGeometry.Depth; e += TileGeometry.Threads)
            {
                int j = TileGeometry.ShiftRight(e, 4), f = e & 15;
                T value = TReal.Zero;
                if (column0 + j < sets.M && f0 + f < sets.D)
                    value = y[sets.OffsetY + (column0 + j) * sets.LeadingY + f0 + f];
                stagedY[f * ColumnPitch + j] = value;
            }
            Group.Barrier();
            ArrayView<Four<T>> rows = stagedX.Cast<Four<T>>();
            int depth = sets.D - f0 < TileGeometry.Depth ? sets.D - f0 : TileGeometry.Depth;
            for (int f = 0; f < depth; f++)
            {
                Four<T> row = rows[f * (TileGeometry.Pitch / 4) + ty];
                AddTerms<T, TTerm>(ref a, row, stagedY[f * ColumnPitch + tx]);
                AddTerms<T, TTerm>(ref b, row, stagedY[f * ColumnPitch + tx + 16]);
            }
            Group.Barrier();
        }
        first = a;
        second = b;
    }

    /// <summary>Writes four sums of one column to the row-major, packed (N, M) <paramref name="target"/>, those within it: rows from <paramref name="row"/>.</summary>
    public static void Store<T>(ArrayView<T> target, PointSets sets, int row, int column, Four<T> value)
        where T : unmanaged
    {
        if (column < sets.M)
        {
            if (row < sets.N)
                target[(long)row * sets.M + column] = value.X;
            if (row + 1 < sets.N)
                target[(row + 1L) * sets.M + column] = value.Y;
            if (row + 2 < sets.N)
                target[(row + 2L) * sets.M + column] = value.Z;
            if (row + 3 < sets.N)
                target[(row + 3L) * sets.M + column] = value.W;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms<T, TTerm>(ref Four<T> sum, Four<T> x, T y)
        where T : unmanaged
        where TTerm : struct, IFeatureTerm<T>
    {
        sum.X = TTerm.Add(sum.X, x.X, y);
        sum.Y = TTerm.Add(sum.Y, x.Y, y);
        sum.Z = TTerm.Add(sum.Z, x.Z, y);
        sum.W = TTerm.Add(sum.W, x.W, y);
    }
}
