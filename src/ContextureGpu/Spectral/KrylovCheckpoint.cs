using System.Diagnostics;
using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Spectral;

/// <summary>Where a run of <see cref="KrylovIteration{T}"/> is, beside its basis: the newest block has not been expanded yet.</summary>
/// <param name="Size">Functions in the basis.</param>
/// <param name="BlockStart">First function of the newest block.</param>
/// <param name="CoupledStart">First function that the newest block couples to by more than rounding.</param>
/// <param name="AfterRestart">Whether the basis was compressed before the newest block.</param>
/// <param name="Compressions">Changes when functions that were part of the basis before have changed.</param>
/// <param name="Drawn">Random numbers used.</param>
/// <param name="Restarts">Compressions for want of room.</param>
/// <param name="Applications">Functions that the operator was applied to.</param>
internal readonly record struct KrylovPosition(int Size, int BlockStart, int CoupledStart, bool AfterRestart, int Compressions, long Drawn, int Restarts, long Applications);

/// <summary>
/// What a run of <see cref="KrylovIteration{T}"/> takes to go on where its device was lost: the basis on the host, the projected operator and the position after the last block
/// that was saved. It costs the memory of the basis on the host and the time of copying each block once (after a restart, of all); copies wait where they have taken more
/// than <see cref="Share"/> of the time so far, so that what a loss costs is the last application and, where applications are cheap, a few before it.
/// </summary>
internal sealed class KrylovCheckpoint<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Functions that are copied at a time.
    private const int Width = 32;

    private readonly long _start = Stopwatch.GetTimestamp();
    private List<(int Start, int Width, T[] Values)> _blocks = [];
    private double[] _h = [];
    private OrthogonalityLedger? _orthogonality;
    private long _saving;

    /// <summary>Share of the time that copies may take.</summary>
    public double Share { get; init; } = 0.1;

    /// <summary>The position to go on from; null before anything was saved.</summary>
    public KrylovPosition? Position { get; private set; }

    /// <summary>Saves what is new, if it is time.</summary>
    /// <param name="on">The device.</param>
    /// <param name="q">The basis, (space, at least the position's size).</param>
    /// <param name="position">The position.</param>
    /// <param name="h">The projected operator, copied.</param>
    /// <param name="orthogonality">What is known of the basis, copied.</param>
    public void Save(Arithmetic<T> on, DeviceMatrix<T> q, KrylovPosition position, double[] h, OrthogonalityLedger orthogonality)
    {
        long start = Stopwatch.GetTimestamp();
        if (_saving > Share * (start - _start))
            return;
        List<(int Start, int Width, T[] Values)> blocks = position.Compressions == Position?.Compressions ? [.. _blocks] : [];
        for (int column = blocks.Count == 0 ? 0 : blocks[^1].Start + blocks[^1].Width; column < position.Size; column += Width)
        {
            int width = Math.Min(Width, position.Size - column);
            var values = new T[checked(q.Rows * width)];
            on.Download(q.ColumnRange(column, width), values);
            blocks.Add((column, width, values));
        }
        (_blocks, Position, _h, _orthogonality) = (blocks, position, [.. h], orthogonality.Copy());
        _saving += Stopwatch.GetTimestamp() - start;
    }

    /// <summary>Puts the basis and the projected operator back.</summary>
    /// <param name="on">The device, any.</param>
    /// <param name="q">Receives the basis.</param>
    /// <param name="h">Receives the projected operator.</param>
    /// <returns>What is known of the basis.</returns>
    public OrthogonalityLedger Restore(Arithmetic<T> on, DeviceMatrix<T> q, double[] h)
    {
        foreach ((int start, int width, T[] values) in _blocks)
            on.Upload(values, q.ColumnRange(start, width));
        _h.CopyTo(h, 0);
        return _orthogonality!.Copy();
    }
}
