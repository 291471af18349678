using ContextureGpu.Kernels.Team;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>The queue that the members of a team take tiles from, and their shares.</summary>
public sealed class TileQueueTests
{
    [Theory]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(1000, 64)]
    [InlineData(123_457, 256)]
    public void Tiles_cover_all_rows_once_and_shrink(int rows, int granule)
    {
        var queue = new TileQueue(rows, granule);
        int next = 0, before = int.MaxValue;
        while (queue.Take(0.5) is { } tile)
        {
            Assert.Equal(next, tile.Start);
            Assert.InRange(tile.Count, 1, Math.Max(granule, (int)(0.25 * (rows - next)) + granule));
            Assert.True(tile.Count % granule == 0 || tile.Start + tile.Count == rows);
            Assert.True(tile.Count <= before);
            (next, before) = (next + tile.Count, tile.Count);
            queue.Complete();
        }
        Assert.Equal(rows, next);
        Assert.Null(queue.Take(1));
    }

    [Fact]
    public void A_tile_is_sized_by_the_share()
    {
        Assert.Equal(45_056, new TileQueue(100_000, 1024).Take(0.9)?.Count);
        Assert.Equal(5_120, new TileQueue(100_000, 1024).Take(0.1)?.Count);
        Assert.Equal(1_024, new TileQueue(100_000, 1024).Take(1e-9)?.Count);
    }

    [Fact]
    public async Task A_tile_that_comes_back_is_done_by_one_who_waits()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var queue = new TileQueue(100, 100);
        RowTile tile = queue.Take(1)!.Value;
        Task<RowTile?> waiting = Task.Run(() => queue.Take(1), token), alsoWaiting = Task.Run(() => queue.Take(1), token);
        await Task.Delay(50, token);
        Assert.False(waiting.IsCompleted || alsoWaiting.IsCompleted);
        queue.Return(tile);
        Task<RowTile?> first = await Task.WhenAny(waiting, alsoWaiting);
        Assert.Equal(tile, await first);
        await Task.Delay(50, token);
        Task<RowTile?> second = first == waiting ? alsoWaiting : waiting;
        Assert.False(second.IsCompleted);
        queue.Complete();
        Assert.Null(await second);
    }

    [Fact]
    public void Who_holds_a_tile_takes_another_while_there_is_much_left_and_never_waits()
    {
        var queue = new TileQueue(1000, 100);
        RowTile first = queue.TakeAhead(1)!.Value, second = queue.TakeAhead(1)!.Value, third = queue.TakeAhead(1)!.Value;
        Assert.Equal([new RowTile(0, 500), new RowTile(500, 300), new RowTile(800, 100)], [first, second, third]);
        Assert.Null(queue.TakeAhead(1));            // half of what is left is less than a granule
        Assert.Equal(new RowTile(900, 100), queue.Take(1));
        queue.Return(second);
        Assert.Null(queue.TakeAhead(1));
        Assert.Equal(second, queue.Take(1));
        var stopped = new TileQueue(1000, 100);
        stopped.Stop();
        Assert.Null(stopped.TakeAhead(1));
    }

    [Fact]
    public async Task Nobody_waits_for_a_queue_that_was_stopped()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var queue = new TileQueue(100, 100);
        _ = queue.Take(1);
        Task<RowTile?> waiting = Task.Run(() => queue.Take(1), token);
        queue.Stop();
        Assert.Null(await waiting);
        Assert.Null(new TileQueue(0, 100).Take(1));
    }

    [Fact]
    public void Shares_are_learned_when_all_took_part()
    {
        var shares = new TeamShares([300, 100]);
        Assert.Equal((0.75, 0.25), (shares[0], shares[1]));
        shares.Learn([500, 0], [1, 0]);
        Assert.Equal((0.75, 0.25), (shares[0], shares[1]));
        shares.Learn([500, 500], [4, 1]);
        Assert.Equal((0.2, 0.8), (shares[0], shares[1]));
    }
}
