using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>One matrix that an operator writes intermediate blocks to, kept between applications of the same width.</summary>
internal sealed class Workspace<T>(Arithmetic<T> arithmetic) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private DeviceMatrix<T>? _matrix;

    /// <summary>A (rows, columns) matrix with undefined contents, valid until the next call.</summary>
    public DeviceMatrix<T> Get(int rows, int columns)
    {
        if (_matrix is null || _matrix.Rows != rows || _matrix.Columns != columns)
        {
            _matrix?.Dispose();
            _matrix = null;
            _matrix = arithmetic.Allocate(rows, columns);
        }
        return _matrix;
    }

    public void Dispose()
    {
        _matrix?.Dispose();
        _matrix = null;
    }
}
