using System.Diagnostics;
using ContextureGpu.Kernels.Team;

namespace ContextureGpu.Kernels;

/// <summary>A device of a team.</summary>
/// <param name="Device">The device.</param>
/// <param name="Speed">Its speed, in any unit that is the same for all, positive: how the first piece of work is shared out. Later pieces go by what was measured.</param>
public sealed record TeamMember(ComputeDevice Device, double Speed);

/// <summary>
/// Several devices as one. The first leads: matrices lie on it, and it does everything alone but the work that grows with the product of two sets of points, kernel
/// products and logarithmic sums and the search for neighbours. Their rows are shared out in tiles sized by the members' speeds: each takes the next one when it is done with the last, or
/// while it is at the last if it can fetch one meanwhile. The others are handed what they need through the memory of the host each time.
/// <para>A member that is lost or has too little memory is left out from then on and its rows are done by the rest; the loss of the leader is that of the device. Which member does a row
/// depends on how fast they are: results are the same to the bit from one run to the next where all members are of one kind, and to rounding where they are not. Neighbours are the
/// same in any case. A processor that computes a kernel of points with themselves alone does half of the work; in a team it does all of its rows.</para>
/// </summary>
public sealed class DeviceTeam : ComputeDevice
{
    private readonly ComputeDevice[] _devices;
    private readonly bool[] _out;
    private readonly long[] _rows;
    private readonly List<Exception> _losses = [];

    /// <summary>Takes over open devices.</summary>
    /// <param name="members">The leader and at least one other.</param>
    /// <exception cref="ArgumentException">There are fewer than two, one is there twice, or a speed is not positive and finite.</exception>
    public DeviceTeam(IReadOnlyList<TeamMember> members)
        : base(Leader(members).Description)
    {
        _devices = [.. members.Select(m => m.Device)];
        if (_devices.Length < 2 || _devices.Distinct().Count() < _devices.Length)
            throw new ArgumentException("a team has at least two members, each once", nameof(members));
        if (members.Any(m => !(m.Speed > 0) || !double.IsFinite(m.Speed)))
            throw new ArgumentException("speeds are positive and finite", nameof(members));
        (_out, _rows) = (new bool[_devices.Length], new long[_devices.Length]);
        (Products, Searches) = (new TeamShares(members.Select(m => m.Speed)), new TeamShares(members.Select(m => m.Speed)));
    }

    /// <summary>Rows that each member has done of the work that was shared, the leader first.</summary>
    public IReadOnlyList<long> SharedRows => _rows;

    /// <summary>Why members were left out, in the order it happened.</summary>
    public IReadOnlyList<Exception> Losses => _losses;

    /// <summary>Work from which on it is shared: rows times points times (features and columns).</summary>
    public long LeastWork { get; init; } = 1L << 28;

    /// <summary>Tiles have a multiple of so many rows.</summary>
    public int Granule { get; init; } = 256;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => [.. _devices.SelectMany(device => device.Warnings)];

    /// <inheritdoc/>
    public override MemoryLedger Memory => _devices[0].Memory;

    /// <inheritdoc/>
    public override HostLinearAlgebra LinearAlgebra => _devices[0].LinearAlgebra;

    /// <summary>Whether the first tile of every piece of work is kept for each member, which then does some of it however late it starts. Tests ask for it, to be certain of who took part.</summary>
    internal bool EachTakesPart { get; init; }

    /// <summary>Shares of kernel products.</summary>
    internal TeamShares Products { get; }

    /// <summary>Shares of searches.</summary>
    internal TeamShares Searches { get; }

    /// <inheritdoc/>
    public override Arithmetic<T> Arithmetic<T>() => CancellableArithmetic<T>(CancellationToken.None);

    /// <inheritdoc/>
    public override Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken) =>
        new TeamArithmetic<T>(this, _devices[0].CancellableArithmetic<T>(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public override void Synchronize() => _devices[0].Synchronize();

    /// <summary>Whether a piece of work is worth sharing, and there is somebody to share it with.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="points">Points that each row meets.</param>
    /// <param name="width">Features and columns.</param>
    internal bool IsWorthSharing(int rows, int points, long width) => rows > Granule && (Int128)rows * points * width >= LeastWork && _out.AsSpan(1).Contains(false);

    /// <summary>Shares out rows. The leader works on the calling thread.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="shares">Shares of this kind of work, which learn from it.</param>
    /// <param name="member">Makes what a member does its tiles with, on its own thread; null where it cannot take part.</param>
    internal void Share(int rows, TeamShares shares, Func<ComputeDevice, TeamWorker?> member)
    {
        var queue = new TileQueue(rows, Granule);
        (long[] done, double[] seconds) = (new long[_devices.Length], new double[_devices.Length]);
        RowTile?[] kept = [.. _devices.Select((_, i) => EachTakesPart && !_out[i] ? queue.Take(shares[i]) : null)];
        Task[] others = [.. Enumerable.Range(1, _devices.Length - 1).Where(i => !_out[i]).Select(i => Task.Factory.StartNew(() => Partner(i), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            Work(0);
        }
        catch
        {
            queue.Stop();
            throw;
        }
        finally
        {
            Task.WhenAll(others).ContinueWith(_ => { }, TaskScheduler.Default).Wait();
            for (int i = 0; i < done.Length; i++)
                _rows[i] += done[i];
        }
        // What went wrong beside the loss of a device, such as a cancellation.
        Task.WhenAll(others).GetAwaiter().GetResult();
        shares.Learn(done, seconds);

        void Work(int i)
        {
            RowTile? next = kept[i], running = null;
            try
            {
                using TeamWorker? worker = member(_devices[i]);
                long start = Stopwatch.GetTimestamp();
                while (worker is not null)
                {
                    if (running is null)
                        next ??= queue.Take(shares[i]);
                    else if (worker.LooksAhead)
                        next = queue.TakeAhead(shares[i]);
                    if (next is null && running is null)
                        break;
                    if (next is { } coming)
                        worker.Fetch(coming);
                    worker.Finish();
                    if (next is { } fetched)
                        worker.Start(fetched);
                    if (running is { } finished)
                    {
                        worker.Collect(finished);
                        queue.Complete();
                        done[i] += finished.Count;
                        seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    }
                    (running, next) = (next, null);
                }
            }
            finally
            {
                foreach (RowTile? tile in new[] { running, next })
                {
                    if (tile is { } undone)
                        queue.Return(undone);
                }
            }
        }

        void Partner(int i)
        {
            try
            {
                Work(i);
            }
            catch (Exception loss) when (loss is DeviceFailureException or InsufficientMemoryException)
            {
                lock (_losses)
                    _losses.Add(loss);
                _out[i] = true;
            }
            catch
            {
                queue.Stop();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    protected override unsafe void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        if (!IsWorthSharing(n, m, dimension))
        {
            _devices[0].NearestNeighbors(x, y, dimension, k, metric, indices, distances, cancellationToken);
            return;
        }
        fixed (double* queries = x, points = y, found = distances)
        fixed (int* numbers = indices)
        {
            var search = new SharedSearch((nint)queries, (nint)points, (nint)numbers, (nint)found, m, dimension, k, metric, cancellationToken);
            Share(n, Searches, device => new SearchWorker(device, search));
        }
    }

    private static ComputeDevice Leader(IReadOnlyList<TeamMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        return members.Count > 0 ? members[0].Device : throw new ArgumentException("a team has a leader", nameof(members));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (ComputeDevice device in _devices)
            device.Dispose();
    }
}
