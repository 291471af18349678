namespace ContextureGpu.Kernels.Team;

/// <summary>What one member of a team does its tiles of some work with.</summary>
internal interface ITeamWorker : IDisposable
{
    /// <summary>Does some rows, and returns when they are done.</summary>
    void Do(RowTile tile);
}
