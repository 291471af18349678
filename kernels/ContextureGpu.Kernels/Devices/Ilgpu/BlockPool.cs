namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// Blocks of memory that are kept for reuse: asking a driver takes long and waits for all work. Blocks come in size classes, multiples of <see cref="Boundary"/> bytes and eight
/// classes to a doubling, so that at most an eighth of a block is unused; a block is reused for its own class only and never divided. Not thread-safe.
/// </summary>
/// <typeparam name="TBlock">A block as its source knows it.</typeparam>
/// <param name="allocate">Asks the source for a block of some bytes; throws where there is no room.</param>
/// <param name="free">Gives a block back to the source.</param>
/// <param name="mostIdle">Bytes that are kept at most; where they are exceeded everything idle goes back to the source.</param>
internal sealed class BlockPool<TBlock>(Func<long, TBlock> allocate, Action<TBlock> free, long mostIdle)
{
    /// <summary>What sizes are multiples of, bytes: the alignment that the code generator takes for granted.</summary>
    public const int Boundary = 256;

    /// <summary>Classes are at most so far apart, bytes.</summary>
    private const long WidestStep = 1 << 20;

    private readonly Dictionary<long, Stack<TBlock>> _idle = [];

    /// <summary>Bytes in blocks that are handed out.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Bytes in blocks that wait to be reused.</summary>
    public long IdleBytes { get; private set; }

    /// <summary>Size of the blocks that serve a request, bytes.</summary>
    /// <param name="bytes">At least 0.</param>
    public static long Capacity(long bytes)
    {
        long step = Math.Clamp(1L << Math.Max(0, System.Numerics.BitOperations.Log2((ulong)bytes | 1) - 3), Boundary, WidestStep);
        return checked(Math.Max(1, (bytes + step - 1) / step) * step);
    }

    /// <summary>An idle block of the class, or a new one; if the source refuses, once more after everything idle was given back to it.</summary>
    /// <param name="capacity">A size that <see cref="Capacity"/> gives.</param>
    public TBlock Take(long capacity)
    {
        TBlock block;
        if (_idle.TryGetValue(capacity, out Stack<TBlock>? blocks) && blocks.TryPop(out TBlock? idle))
        {
            IdleBytes -= capacity;
            block = idle;
        }
        else
        {
            try
            {
                block = allocate(capacity);
            }
            catch (Exception) when (IdleBytes > 0)
            {
                Trim();
                block = allocate(capacity);
            }
        }
        UsedBytes += capacity;
        return block;
    }

    /// <summary>Takes a block back that <see cref="Take"/> gave for the same capacity.</summary>
    public void Return(TBlock block, long capacity)
    {
        UsedBytes -= capacity;
        if (capacity > mostIdle)
        {
            free(block);
            return;
        }
        if (IdleBytes + capacity > mostIdle)
            Trim();
        if (!_idle.TryGetValue(capacity, out Stack<TBlock>? blocks))
            _idle.Add(capacity, blocks = []);
        blocks.Push(block);
        IdleBytes += capacity;
    }

    /// <summary>Gives everything idle back to the source.</summary>
    public void Trim()
    {
        Stack<TBlock>[] idle = [.. _idle.Values];
        _idle.Clear();
        IdleBytes = 0;
        foreach (TBlock block in idle.SelectMany(blocks => blocks))
            free(block);
    }
}
