using System.Numerics;

namespace ContextureGpu.Kernels.Team;

/// <summary>What a kernel product or a logarithmic sum reads and writes.</summary>
/// <param name="X">(n, d).</param>
/// <param name="RowOffset">(n, 1), or null.</param>
/// <param name="Y">(m, d).</param>
/// <param name="ColumnOffset">(m, 1), or null.</param>
/// <param name="V">(m, p), or null for a logarithmic sum.</param>
/// <param name="Output">(n, p).</param>
internal sealed record KernelOperands<T>(
    DeviceMatrix<T> X, DeviceMatrix<T>? RowOffset, DeviceMatrix<T> Y, DeviceMatrix<T>? ColumnOffset, DeviceMatrix<T>? V, DeviceMatrix<T> Output)
    where T : unmanaged
{
    /// <summary>Those of some rows of the output.</summary>
    public KernelOperands<T> Rows(RowTile tile) => this with
    {
        X = X.RowRange(tile.Start, tile.Count),
        RowOffset = RowOffset?.RowRange(tile.Start, tile.Count),
        Output = Output.RowRange(tile.Start, tile.Count),
    };
}

/// <summary>The operands on the host, for members that do not hold the matrices, and what these have done.</summary>
internal sealed class HostOperands<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T[] _output;

    /// <summary>Copies the operands from the leader.</summary>
    public HostOperands(Arithmetic<T> leader, KernelOperands<T> operands)
    {
        (Rows, Points, Features, Columns) = (operands.X.Rows, operands.Y.Rows, operands.X.Columns, operands.Output.Columns);
        X = Copy(operands.X)!;
        Y = operands.Y == operands.X ? X : Copy(operands.Y)!;
        (RowOffset, ColumnOffset, V) = (Copy(operands.RowOffset), Copy(operands.ColumnOffset), Copy(operands.V));
        _output = GC.AllocateUninitializedArray<T>(Rows * Columns);

        T[]? Copy(DeviceMatrix<T>? matrix)
        {
            if (matrix is null)
                return null;
            T[] values = GC.AllocateUninitializedArray<T>(matrix.Rows * matrix.Columns);
            leader.Download(matrix, values);
            return values;
        }
    }

    public int Rows { get; }

    public int Points { get; }

    public int Features { get; }

    public int Columns { get; }

    public T[] X { get; }

    public T[] Y { get; }

    public T[]? RowOffset { get; }

    public T[]? ColumnOffset { get; }

    public T[]? V { get; }

    /// <summary>Tiles of the output that are here.</summary>
    public List<RowTile> Done { get; } = [];

    /// <summary>Rows of the output, each written by one member.</summary>
    public Span<T> OutputRows(RowTile tile) => _output.AsSpan(tile.Start * Columns, tile.Count * Columns);
}

/// <summary>Does its tiles where the matrices are.</summary>
internal sealed class LeadingWorker<T>(Arithmetic<T> on, KernelOperands<T> operands, Action<Arithmetic<T>, KernelOperands<T>> apply) : ITeamWorker
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public void Do(RowTile tile)
    {
        apply(on, operands.Rows(tile));
        on.Device.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>
/// Does its tiles with copies of its own: the points and the block once, rows as it takes them. Copies are not overlapped with products: a row of d inputs and p columns is 4 (d + p) bytes
/// on its way and 2 m (d + p) operations once it is there, so that at 20,000 points copies take a few hundredths of the time even on the fastest of devices, and less with more points.
/// </summary>
internal sealed class PartnerWorker<T>(Arithmetic<T> on, HostOperands<T> host, Action<Arithmetic<T>, KernelOperands<T>> apply) : ITeamWorker
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private DeviceMatrix<T>? _y, _columnOffset, _v;

    /// <inheritdoc/>
    public void Do(RowTile tile)
    {
        _y ??= Upload(host.Y, host.Points, host.Features);
        if (host.ColumnOffset is not null)
            _columnOffset ??= Upload(host.ColumnOffset, host.Points, 1);
        if (host.V is not null)
            _v ??= Upload(host.V, host.Points, host.Columns);
        using DeviceMatrix<T> x = Upload(host.X.AsSpan(tile.Start * host.Features, tile.Count * host.Features), tile.Count, host.Features), output = on.Allocate(tile.Count, host.Columns);
        using DeviceMatrix<T>? rowOffset = host.RowOffset is null ? null : Upload(host.RowOffset.AsSpan(tile.Start, tile.Count), tile.Count, 1);
        apply(on, new KernelOperands<T>(x, rowOffset, _y, _columnOffset, _v, output));
        on.Download(output, host.OutputRows(tile));
        lock (host.Done)
            host.Done.Add(tile);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _y?.Dispose();
        _columnOffset?.Dispose();
        _v?.Dispose();
    }

    private DeviceMatrix<T> Upload(ReadOnlySpan<T> values, int rows, int columns)
    {
        DeviceMatrix<T> matrix = on.Allocate(rows, columns);
        try
        {
            on.Upload(values, matrix);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }
}
