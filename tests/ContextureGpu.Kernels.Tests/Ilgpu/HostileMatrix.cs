using System.Numerics;
using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// A matrix in the middle of a buffer whose other elements hold a guard value: at an odd offset, with a gap after every row, with rows behind the end. Outputs start as NaN.
/// </summary>
internal sealed class HostileMatrix<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Lead = 5, Gap = 3, Tail = 67;
    private static readonly T Guard = T.CreateTruncating(-12345.5);
    private readonly AcceleratorSession _session;
    private readonly DeviceBuffer<T> _buffer;
    private readonly T[] _initial;

    /// <summary>A matrix with the given contents; null for an output.</summary>
    public HostileMatrix(ComputeDevice device, int rows, int columns, double[]? contents)
    {
        _session = ((IlgpuDevice)device).Session;
        int leading = columns + Gap;
        _initial = new T[Lead + rows * leading + Tail];
        Array.Fill(_initial, Guard);
        for (int e = 0; e < rows * columns; e++)
            _initial[At(e / columns, e % columns, leading)] = contents is null ? T.NaN : T.CreateTruncating(contents[e]);
        _buffer = _session.Allocate<T>(_initial.Length);
        _session.Upload<T>(_initial, _buffer);
        Matrix = new IlgpuMatrix<T>(_session, _buffer, Lead, rows, columns, leading, ownsBuffer: false);
    }

    public IlgpuMatrix<T> Matrix { get; }

    /// <summary>The contents, after a check that nothing around them has changed.</summary>
    public double[] Read()
    {
        var all = new T[_initial.Length];
        _session.Download<T>(_buffer, 0, all);
        var values = new double[Matrix.Rows * Matrix.Columns];
        for (int e = 0; e < values.Length; e++)
        {
            int at = At(e / Matrix.Columns, e % Matrix.Columns, Matrix.LeadingDimension);
            values[e] = double.CreateTruncating(all[at]);
            all[at] = Guard;
        }
        for (int at = 0; at < all.Length; at++)
            Assert.True(all[at] == Guard, $"element {at} of {all.Length}, outside the ({Matrix.Rows}, {Matrix.Columns}) matrix, was overwritten with {all[at]}");
        return values;
    }

    public void Dispose() => _buffer.Dispose();

    private static int At(int i, int j, int leading) => Lead + i * leading + j;
}
