namespace ContextureGpu.Kernels.Team;

/// <summary>
/// Rows that several workers share out among themselves: each takes the next tile when it is done with the last, or is at it, so that one that falls behind leaves its rows to the others.
/// A tile is half of the worker's share of the rows left: large at first, small at the end, where everyone is to stop at the same time. Thread-safe.
/// </summary>
/// <param name="rows">Rows in all.</param>
/// <param name="granule">Tiles start at multiples of it, and have a multiple of rows but where the rows end.</param>
internal sealed class TileQueue(int rows, int granule)
{
    private readonly object _gate = new();
    private readonly Stack<RowTile> _returned = [];
    private int _next, _taken;
    private bool _stopped;

    /// <summary>The next tile; while there is none but another worker may still give one back, waits. Null when all rows are done or the queue was stopped.</summary>
    /// <param name="share">Share of the work that this worker does in a given time, 0 to 1.</param>
    public RowTile? Take(double share)
    {
        lock (_gate)
        {
            while (true)
            {
                if (Next(share) is { } tile)
                    return tile;
                if (_stopped || _taken == 0)
                    return null;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>
    /// The next tile, for one who holds another that is not done. Null where nothing is left to be taken now, though another worker may give a tile back, for the others may be waiting for
    /// this one; and near the end, where a tile that lies waiting would be missed by those who are done.
    /// </summary>
    /// <param name="share">Share of the work that this worker does in a given time, 0 to 1.</param>
    public RowTile? TakeAhead(double share)
    {
        lock (_gate)
            return 0.5 * share * (rows - _next) < granule ? null : Next(share);
    }

    // Under the lock.
    private RowTile? Next(double share)
    {
        int left = rows - _next;
        RowTile tile;
        if (_stopped)
            return null;
        if (left > 0)
        {
            double granules = Math.Max(1, Math.Ceiling(0.5 * share * left / granule));
            tile = new RowTile(_next, (int)Math.Min(left, granules * granule));
            _next += tile.Count;
        }
        else if (!_returned.TryPop(out tile))
        {
            return null;
        }
        _taken++;
        return tile;
    }

    /// <summary>A tile is done.</summary>
    public void Complete() => Give(null);

    /// <summary>A tile was not done and is for somebody else.</summary>
    public void Return(RowTile tile) => Give(tile);

    /// <summary>No more tiles for anyone.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Give(RowTile? back)
    {
        lock (_gate)
        {
            if (back is { } tile)
                _returned.Push(tile);
            _taken--;
            Monitor.PulseAll(_gate);
        }
    }
}

/// <summary>Some rows.</summary>
/// <param name="Start">The first.</param>
/// <param name="Count">How many, at least 1.</param>
internal readonly record struct RowTile(int Start, int Count);
