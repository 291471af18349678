using System.Numerics;

namespace ContextureGpu.Kernels.Team;

/// <summary>The operations of a team: the leader's, with kernel products and logarithmic sums shared out by rows.</summary>
internal sealed class TeamArithmetic<T>(DeviceTeam team, Arithmetic<T> leader, CancellationToken cancellationToken) : ForwardingArithmetic<T>(leader)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Arithmetic<T> _leader = leader;

    /// <inheritdoc/>
    public override ComputeDevice Device => team;

    /// <inheritdoc/>
    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output) => Share(
            new KernelOperands<T>(x, rowOffset, y, columnOffset, v, output),
            (on, part) => on.KernelProduct(kernel, part.X, part.RowOffset, part.Y, part.ColumnOffset, part.V!, part.Output));

    /// <inheritdoc/>
    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output) => Share(
        new KernelOperands<T>(x, null, y, null, v, output),
        (on, part) => on.KernelProduct(kernel, part.X, part.Y, part.V!, part.Output));

    /// <inheritdoc/>
    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output) => Share(
            new KernelOperands<T>(x, null, y, columnOffset, null, output),
            (on, part) => on.KernelLogSum(kernel, part.X, part.Y, part.ColumnOffset, part.Output));

    private void Share(KernelOperands<T> operands, Action<Arithmetic<T>, KernelOperands<T>> apply)
    {
        (DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> output) = (operands.X, operands.Y, operands.Output);
        long largest = Math.Max((long)Math.Max(x.Rows, y.Rows) * x.Columns, (long)Math.Max(x.Rows, y.Rows) * output.Columns);
        if (!team.IsWorthSharing(x.Rows, y.Rows, x.Columns + output.Columns) || largest > Array.MaxLength)
        {
            apply(_leader, operands);
            return;
        }
        var host = new HostOperands<T>(_leader, operands);
        team.Share(x.Rows, team.Products, Worker);
        foreach (RowTile tile in host.Done)
            _leader.Upload(host.OutputRows(tile), output.RowRange(tile.Start, tile.Count));

        TeamWorker? Worker(ComputeDevice device)
        {
            if (device == _leader.Device)
                return new LeadingWorker<T>(_leader, operands, apply);
            return typeof(T) == typeof(double) && !device.Description.SupportsDouble ? null : new PartnerWorker<T>(device.CancellableArithmetic<T>(cancellationToken), host, apply);
        }
    }
}
