using System.Numerics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>The operations of the processor. This part: memory and element-wise operations; the others lie beside it by group.</summary>
internal sealed unsafe partial class CpuArithmetic<T>(CpuDevice device, Workers workers, NativeBlas? blas) : Arithmetic<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override ComputeDevice Device => device;

    /// <inheritdoc/>
    public override DeviceMatrix<T> Allocate(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return new CpuMatrix<T>(device, rows, columns);
    }

    /// <inheritdoc/>
    public override SparseMatrix<T> CreateSparse(CompressedRows matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ObjectDisposedException.ThrowIf(device.IsDisposed, device);
        return new CpuSparseMatrix<T>(device, matrix, workers);
    }

    /// <inheritdoc/>
    public override GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed)
    {
        ObjectDisposedException.ThrowIf(device.IsDisposed, device);
        return new CpuGroupSampler<T>(this, workers, law, kind, groups, members, seed);
    }

    protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        CpuMatrix<T> y = Own(destination);
        for (int i = 0; i < y.Rows; i++)
            rowMajor.Slice(i * y.Columns, y.Columns).CopyTo(y.Row(i));
    }

    protected override void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor)
    {
        CpuMatrix<T> x = Own(source);
        for (int i = 0; i < x.Rows; i++)
            x.Row(i).CopyTo(rowMajor.Slice(i * x.Columns, x.Columns));
    }

    protected override void FillCore(DeviceMatrix<T> destination, T value)
    {
        CpuMatrix<T> y = Own(destination);
        for (int i = 0; i < y.Rows; i++)
            y.Row(i).Fill(value);
    }

    protected override void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        CpuMatrix<T> s = Own(scale), from = Own(x), to = Own(y);
        EachRow(from, i => ElementwiseRow.Scale(s.Row(i)[0], from.Row(i), to.Row(i)));
    }

    protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
    {
        CpuMatrix<T> from = Own(x), to = Own(y);
        if (alpha == T.One && T.IsZero(beta))
            workers.Rows(from.Rows, 64, (long)from.Rows * from.Columns, (start, end) => ElementwiseRow.CopyRows(from, to, start, end));
        else
            EachRow(from, i => ElementwiseRow.Combine(alpha, from.Row(i), beta, to.Row(i)));
    }

    private void EachRow(CpuMatrix<T> matrix, Action<int> body) =>
        workers.Rows(matrix.Rows, 64, (long)matrix.Rows * matrix.Columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
                body(i);
        });

    internal CpuMatrix<T> Own(DeviceMatrix<T> matrix)
    {
        ObjectDisposedException.ThrowIf(device.IsDisposed, device);
        if (matrix is not CpuMatrix<T> own || own.Device != device)
            throw new ArgumentException($"the matrix ({matrix.Rows}, {matrix.Columns}) is not on this device", nameof(matrix));
        _ = own.Pointer;
        return own;
    }

    private CpuMatrix<T>? OwnOrNull(DeviceMatrix<T>? matrix) => matrix is null ? null : Own(matrix);
}
