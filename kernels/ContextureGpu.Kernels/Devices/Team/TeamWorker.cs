namespace ContextureGpu.Kernels.Team;

/// <summary>
/// What one member of a team does its tiles of some work with, in four steps: <see cref="Fetch"/>, <see cref="Start"/>, <see cref="Finish"/>, <see cref="Collect"/>. A worker that
/// <see cref="LooksAhead"/> is given the next tile to fetch while the one before it is being done, and collects that one while it does the next. One that does everything
/// in one step does it in Start.
/// </summary>
internal abstract class TeamWorker : IDisposable
{
    /// <summary>Whether a tile can be fetched and another collected while one is being done.</summary>
    public virtual bool LooksAhead => false;

    /// <summary>Brings what a tile needs to where it is done.</summary>
    public virtual void Fetch(RowTile tile)
    {
    }

    /// <summary>Begins to do the tile that was fetched last; the one before it is finished.</summary>
    public abstract void Start(RowTile tile);

    /// <summary>Waits until the tile that was started is done, if there is one.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>Brings the results of a finished tile to where they belong.</summary>
    public virtual void Collect(RowTile tile)
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
