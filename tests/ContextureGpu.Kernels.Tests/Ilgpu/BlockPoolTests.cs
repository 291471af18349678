using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The pool of device memory, without a device.</summary>
public sealed class BlockPoolTests
{
    private const int Boundary = BlockPool<Block>.Boundary;
    private readonly List<Block> _source = [];
    private readonly BlockPool<Block> _pool;
    private long _room = long.MaxValue;

    public BlockPoolTests() => _pool = new BlockPool<Block>(Allocate, block => block.IsFree = block.IsFree ? throw new InvalidOperationException("freed twice") : true, 64 * Boundary);

    [Fact]
    public void Capacities_are_multiples_of_the_boundary_and_waste_little()
    {
        for (long bytes = 0, step = 1; bytes < 1L << 45; bytes += step)
        {
            long capacity = BlockPool<Block>.Capacity(bytes);
            Assert.True(capacity % Boundary == 0 && capacity >= Math.Max(bytes, 1), $"{bytes}: {capacity}");
            Assert.True(capacity - bytes <= Boundary || capacity - bytes <= Math.Min(bytes / 8, 1 << 20), $"{bytes}: {capacity} wastes {capacity - bytes}");
            Assert.Equal(capacity, BlockPool<Block>.Capacity(capacity));
            if (bytes > 5000)
                step = (bytes / 97) + 1;
        }
        Assert.Throws<OverflowException>(() => BlockPool<Block>.Capacity(long.MaxValue));
    }

    [Fact]
    public void A_returned_block_is_handed_out_again()
    {
        Block first = _pool.Take(Boundary), second = _pool.Take(Boundary);
        Assert.NotSame(first, second);
        _pool.Return(first, Boundary);
        Assert.Equal((Boundary, Boundary), ((int)_pool.UsedBytes, (int)_pool.IdleBytes));
        Assert.NotSame(first, _pool.Take(2 * Boundary));
        Assert.Same(first, _pool.Take(Boundary));
        Assert.Equal(3, _source.Count);
        Assert.Equal((4 * Boundary, 0), ((int)_pool.UsedBytes, (int)_pool.IdleBytes));
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        // 60 small blocks idle; one more of 8 is too much, and one of 65 is never kept.
        Block[] small = [.. Enumerable.Range(0, 60).Select(_ => _pool.Take(Boundary))];
        Block large = _pool.Take(8 * Boundary), huge = _pool.Take(65 * Boundary);
        Array.ForEach(small, block => _pool.Return(block, Boundary));
        Assert.Equal(60 * Boundary, _pool.IdleBytes);
        _pool.Return(huge, 65 * Boundary);
        Assert.True(huge.IsFree);
        Assert.DoesNotContain(small, block => block.IsFree);
        _pool.Return(large, 8 * Boundary);
        Assert.All(small, block => Assert.True(block.IsFree));
        Assert.Equal((0, 8 * Boundary), ((int)_pool.UsedBytes, (int)_pool.IdleBytes));
    }

    [Fact]
    public void Idle_blocks_are_given_back_before_a_request_fails()
    {
        _room = 4 * Boundary;
        Block[] blocks = [.. Enumerable.Range(0, 4).Select(_ => _pool.Take(Boundary))];
        Assert.Throws<InsufficientMemoryException>(() => _pool.Take(Boundary));
        Array.ForEach(blocks[..3], block => _pool.Return(block, Boundary));
        Block other = _pool.Take(3 * Boundary);
        Assert.Equal(3 * Boundary, other.Bytes);
        Assert.Equal((4 * Boundary, 0), ((int)_pool.UsedBytes, (int)_pool.IdleBytes));
        Assert.Throws<InsufficientMemoryException>(() => _pool.Take(Boundary));
        Assert.Equal(4 * Boundary, _pool.UsedBytes);
        _pool.Return(other, 3 * Boundary);
        _pool.Return(blocks[3], Boundary);
        _pool.Trim();
        Assert.All(_source, block => Assert.True(block.IsFree));
        Assert.Equal((0, 0), (_pool.UsedBytes, _pool.IdleBytes));
    }

    private Block Allocate(long bytes)
    {
        if (_source.Where(block => !block.IsFree).Sum(block => block.Bytes) + bytes > _room)
            throw new InsufficientMemoryException();
        var block = new Block(bytes);
        _source.Add(block);
        return block;
    }

    private sealed class Block(long bytes)
    {
        public long Bytes => bytes;

        public bool IsFree { get; set; }
    }
}
