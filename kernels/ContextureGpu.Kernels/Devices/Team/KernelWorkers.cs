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
internal sealed class LeadingWorker<T>(Arithmetic<T> on, KernelOperands<T> operands, Action<Arithmetic<T>, KernelOperands<T>> apply) : TeamWorker
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override void Start(RowTile tile)
    {
        apply(on, operands.Rows(tile));
        on.Device.Synchronize();
    }
}

/// <summary>
/// Does its tiles with copies of its own: the points and the block once, rows as it takes them. Where the device copies beside its work, rows have two places in turn: one holds the tile that
/// is being done, the other receives the next and gives the last one back.
/// </summary>
internal sealed class PartnerWorker<T> : TeamWorker
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Arithmetic<T> _on;
    private readonly HostOperands<T> _host;
    private readonly Action<Arithmetic<T>, KernelOperands<T>> _apply;
    private readonly SideTransfers<T>? _aside;
    private DeviceMatrix<T>? _y, _columnOffset, _v;
    private Place _now, _next;
    private bool _working;

    public PartnerWorker(Arithmetic<T> on, HostOperands<T> host, Action<Arithmetic<T>, KernelOperands<T>> apply)
    {
        (_on, _host, _apply) = (on, host, apply);
        _aside = on.CreateSideTransfers();
        _now = new Place();
        _next = _aside is null ? _now : new Place();
    }

    /// <inheritdoc/>
    public override bool LooksAhead => _now != _next;

    /// <inheritdoc/>
    public override void Fetch(RowTile tile)
    {
        _y ??= Copy(_host.Y, _host.Points, _host.Features);
        if (_host.ColumnOffset is not null)
            _columnOffset ??= Copy(_host.ColumnOffset, _host.Points, 1);
        if (_host.V is not null)
            _v ??= Copy(_host.V, _host.Points, _host.Columns);
        Reserve(tile.Count);
        Upload(_host.X.AsSpan(tile.Start * _host.Features, tile.Count * _host.Features), _next.X!.RowRange(0, tile.Count));
        if (_host.RowOffset is not null)
            Upload(_host.RowOffset.AsSpan(tile.Start, tile.Count), _next.RowOffset!.RowRange(0, tile.Count));
    }

    /// <inheritdoc/>
    public override void Start(RowTile tile)
    {
        (_now, _next) = (_next, _now);
        _working = true;
        _apply(_on, new KernelOperands<T>(_now.X!.RowRange(0, tile.Count), _now.RowOffset?.RowRange(0, tile.Count), _y!, _columnOffset, _v, _now.Output!.RowRange(0, tile.Count)));
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        if (_working)
            _on.Device.Synchronize();
        _working = false;
    }

    /// <inheritdoc/>
    public override void Collect(RowTile tile)
    {
        // The next tile, if one was started, has taken the other place.
        DeviceMatrix<T> output = (_working ? _next : _now).Output!.RowRange(0, tile.Count);
        if (_aside is null)
            _on.Download(output, _host.OutputRows(tile));
        else
            _aside.Download(output, _host.OutputRows(tile));
        lock (_host.Done)
            _host.Done.Add(tile);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _y?.Dispose();
        _columnOffset?.Dispose();
        _v?.Dispose();
        _now.Dispose();
        _next.Dispose();
        _aside?.Dispose();
        base.Dispose();
    }

    // Both places at once, or one where there is no room for two, and none while the device works: memory that is released is given to the next who asks while work that was queued
    // with it may still be going on, and copies beside the work would not wait for that.
    private void Reserve(int rows)
    {
        if (_next.X?.Rows >= rows)
            return;
        Finish();
        _next.Allocate(_on, _host, rows);
        if (LooksAhead && _now.X is null)
        {
            try
            {
                _now.Allocate(_on, _host, rows);
            }
            catch (InsufficientMemoryException)
            {
                _now.Dispose();
                _now = _next;
            }
        }
        _on.Device.Synchronize();
    }

    private void Upload(ReadOnlySpan<T> values, DeviceMatrix<T> matrix)
    {
        if (_aside is null)
            _on.Upload(values, matrix);
        else
            _aside.Upload(values, matrix);
    }

    private DeviceMatrix<T> Copy(ReadOnlySpan<T> values, int rows, int columns)
    {
        DeviceMatrix<T> matrix = _on.Allocate(rows, columns);
        try
        {
            _on.Upload(values, matrix);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    // Where the rows of a tile are.
    private sealed class Place : IDisposable
    {
        public DeviceMatrix<T>? X { get; private set; }

        public DeviceMatrix<T>? RowOffset { get; private set; }

        public DeviceMatrix<T>? Output { get; private set; }

        public void Allocate(Arithmetic<T> on, HostOperands<T> host, int rows)
        {
            Dispose();
            X = on.Allocate(rows, host.Features);
            RowOffset = host.RowOffset is null ? null : on.Allocate(rows, 1);
            Output = on.Allocate(rows, host.Columns);
        }

        public void Dispose()
        {
            X?.Dispose();
            RowOffset?.Dispose();
            Output?.Dispose();
            (X, RowOffset, Output) = (null, null, null);
        }
    }
}
