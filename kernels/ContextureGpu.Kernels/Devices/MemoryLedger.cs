namespace ContextureGpu.Kernels;

/// <summary>Counts the bytes a device holds in matrices: live now, and the most that were ever live. Thread-safe.</summary>
public sealed class MemoryLedger
{
    private long _live;
    private long _peak;

    /// <summary>Bytes in matrices that are allocated and not yet disposed.</summary>
    public long LiveBytes => Interlocked.Read(ref _live);

    /// <summary>The largest value <see cref="LiveBytes"/> has had since the device was opened or <see cref="ResetPeak"/> was called.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Starts a new measurement of the peak from what is live now.</summary>
    public void ResetPeak() => Interlocked.Exchange(ref _peak, LiveBytes);

    /// <summary>Records an allocation of <paramref name="bytes"/>.</summary>
    public void Add(long bytes)
    {
        long live = Interlocked.Add(ref _live, bytes);
        long peak;
        while ((peak = Interlocked.Read(ref _peak)) < live && Interlocked.CompareExchange(ref _peak, live, peak) != peak)
        {
        }
    }

    /// <summary>Records the release of <paramref name="bytes"/>.</summary>
    public void Remove(long bytes) => Interlocked.Add(ref _live, -bytes);
}
