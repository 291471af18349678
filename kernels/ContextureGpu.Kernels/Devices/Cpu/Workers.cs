namespace ContextureGpu.Kernels.Cpu;

/// <summary>Splits independent work over the threads of the device. What a piece computes never depends on how many threads there are.</summary>
/// <param name="count">Threads used at most.</param>
/// <param name="cancellationToken">Looked at between pieces.</param>
internal sealed class Workers(int count, CancellationToken cancellationToken = default)
{
    /// <summary>Operations below which a second thread costs more than it brings.</summary>
    private const long WorthSharing = 1 << 17;

    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = count, CancellationToken = cancellationToken };

    /// <summary>Threads used at most.</summary>
    public int Count => count;

    /// <summary>As many threads, for work that the token ends.</summary>
    public Workers Until(CancellationToken token) => new(count, token);

    /// <summary>Runs <paramref name="body"/> for each piece 0 .. <paramref name="pieces"/> - 1, on one thread if the <paramref name="work"/> (operations in all) is small.</summary>
    public void Run(int pieces, long work, Action<int> body)
    {
        if (count == 1 || pieces <= 1 || work < WorthSharing)
        {
            for (int i = 0; i < pieces; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                body(i);
            }
            return;
        }
        Parallel.For(0, pieces, _options, body);
    }

    /// <summary>As <see cref="Run(int, long, Action{int})"/>, with ranges of at least <paramref name="grain"/> rows: body(start, end).</summary>
    public void Rows(int rows, int grain, long work, Action<int, int> body)
    {
        int size = Math.Max(grain, (rows + (4 * count) - 1) / (4 * count));
        int pieces = (int)(((long)rows + size - 1) / size);
        Run(pieces, work, piece =>
        {
            long start = (long)piece * size;
            body((int)start, (int)Math.Min(rows, start + size));
        });
    }
}
