using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Brings the features of points into shared memory, feature slow: four features of one point for each thread, eight threads to a row.</summary>
internal static class PointSlab
{
    /// <summary>Features that are held in shared memory at a time.</summary>
    public const int Depth = 32;

    /// <summary>The row of a pass over a slab that <paramref name="thread"/> brings; a pass of 128 threads has 16.</summary>
    public static int RowOf(int thread) => TileGeometry.ShiftRight(thread, 3);

    /// <summary>The first of the four features that <paramref name="thread"/> brings.</summary>
    public static int FeatureOf(int thread) => (thread & 7) * 4;

    /// <summary>Features of a slab from <paramref name="first"/> on, up to a multiple of four: those beyond the last are zero.</summary>
    public static int DepthFrom(int first, int features)
    {
        int left = features - first;
        return left < Depth ? (left + 3) & ~3 : Depth;
    }

    /// <summary>
    /// Features <paramref name="f"/> .. <paramref name="f"/> + 3 of a point, zero beyond the last feature and the last row.
    /// </summary>
    /// <param name="source">The points.</param>
    /// <param name="offset">The first element of the first point.</param>
    /// <param name="leading">From one point to the next.</param>
    /// <param name="aligned">1 if the features are a multiple of four and every point starts on 16 bytes, else 0.</param>
    /// <param name="row">The point.</param>
    /// <param name="rows">Number of points.</param>
    /// <param name="f">The feature, a multiple of four.</param>
    /// <param name="features">Number of features.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<float> Load(ArrayView<float> source, long offset, long leading, int aligned, int row, int rows, int f, int features)
    {
        Four<float> values = default;
        if (row < rows && f < features)
        {
            long at = offset + (row * leading) + f;
            if (aligned != 0)
            {
                values = source.Cast<Four<float>>()[(long)((ulong)at >> 2)];
            }
            else
            {
                values.X = source[at];
                if (f + 1 < features)
                    values.Y = source[at + 1];
                if (f + 2 < features)
                    values.Z = source[at + 2];
                if (f + 3 < features)
                    values.W = source[at + 3];
            }
        }
        return values;
    }

    /// <summary>Writes four features of one point: feature f of point i goes to <c>f pitch + i</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> target, int pitch, int row, int f, Four<float> values)
    {
        int at = (f * pitch) + row;
        target[at] = values.X;
        target[at + pitch] = values.Y;
        target[at + (2 * pitch)] = values.Z;
        target[at + (3 * pitch)] = values.W;
    }

    /// <summary><see cref="Load"/> and <see cref="Store"/> for <paramref name="count"/> points, a multiple of 16, by 128 threads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stage(
        ArrayView<float> target, int pitch, ArrayView<float> source, long offset, long leading, int aligned, int row0, int rows, int count, int f0, int features)
    {
        int f = FeatureOf(Group.IdxX);
        for (int i = RowOf(Group.IdxX); i < count; i += 16)
            Store(target, pitch, i, f, Load(source, offset, leading, aligned, row0 + i, rows, f0 + f, features));
    }
}
