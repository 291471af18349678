using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>
/// Points with a scale each. In a radial kernel of two of them what is summed over the features, <c>||x - y||^2</c> or <c>sum_f |x_f - y_f|</c>, is multiplied by both scales:
/// with one over the distance to a near neighbour this is local scaling (Zelnik-Manor and Perona, NIPS 2004).
/// </summary>
/// <param name="Points">(n, d).</param>
/// <param name="Scale">(n, 1), not negative, finite.</param>
/// <param name="Offset">What is taken off the logarithm of the kernel, (n, 1); null for zeros.</param>
public readonly record struct ScaledPoints<T>(DeviceMatrix<T> Points, DeviceMatrix<T> Scale, DeviceMatrix<T>? Offset = null)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>n.</summary>
    public int Rows => Points.Rows;

    /// <summary>Some of the points, as views.</summary>
    internal ScaledPoints<T> RowRange(int start, int count) => new(Points.RowRange(start, count), Scale.RowRange(start, count), Offset?.RowRange(start, count));
}
