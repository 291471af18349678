using ContextureGpu.Kernels.Team;
using ContextureGpu.Kernels.Tests.Ilgpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>Several devices that share out rows: the results of one, whoever does them; more for the faster; and the rest go on without one that is lost.</summary>
public sealed class DeviceTeamTests
{
    private const int N = 1500, M = 1100, D = 5, P = 7;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Twins_compute_what_one_does_to_the_bit_however_the_rows_are_shared_out()
    {
        using DeviceTeam even = TestTeam.Of(Cpu(), Cpu()), uneven = TestTeam.Of(Cpu(), new SlowDevice(Cpu(), 2e-5)), three = TestTeam.Of(new SlowDevice(Cpu(), 1e-5), Cpu(), Cpu());
        using CpuDevice one = Cpu();
        Outcome alone = Compute<double>(one);
        foreach (DeviceTeam team in new[] { even, uneven, three })
        {
            Outcome shared = Compute<double>(team);
            Assert.Equal(alone.Values, shared.Values);
            Assert.Equal(alone.Indices, shared.Indices);
            Assert.Equal(4 * N, team.SharedRows.Sum());
            Assert.DoesNotContain(0, team.SharedRows);
            Assert.Empty(team.Losses);
            Assert.Equal(0, team.Memory.LiveBytes);
        }
    }

    [Fact]
    public void The_slower_does_less()
    {
        using DeviceTeam team = TestTeam.Of(Cpu(), new SlowDevice(Cpu(), 1e-3));
        _ = Compute<float>(team);
        Assert.True(team.SharedRows[1] < team.SharedRows[0], $"the slow one did {team.SharedRows[1]}, the other {team.SharedRows[0]}");
        using DeviceTeam slowLeads = TestTeam.Of(new SlowDevice(Cpu(), 1e-3), Cpu());
        _ = Compute<float>(slowLeads);
        Assert.True(slowLeads.SharedRows[0] < slowLeads.SharedRows[1], $"the slow one did {slowLeads.SharedRows[0]}, the other {slowLeads.SharedRows[1]}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(25)]
    public void Rows_of_a_member_that_is_lost_are_done_by_the_rest(int operations)
    {
        var partner = new LostDevice(Cpu(), operations);
        using DeviceTeam team = TestTeam.Of(Cpu(), partner);
        using CpuDevice one = Cpu();
        Outcome alone = Compute<double>(one), shared = Compute<double>(team);
        Assert.Equal(alone.Values, shared.Values);
        Assert.Equal(alone.Indices, shared.Indices);
        Assert.Contains($"cuda:7: operation {operations + 1} failed", Assert.Single(team.Losses).Message, StringComparison.Ordinal);
        Assert.Equal(operations + 1, partner.Operations);
        Assert.Equal(0, team.Memory.LiveBytes);
        Assert.Equal(0, partner.Memory.LiveBytes);
    }

    [Fact]
    public void A_member_without_room_is_left_out()
    {
        using DeviceTeam team = TestTeam.Of(Cpu(), ReferenceDevice.Open(1000));
        using CpuDevice one = Cpu();
        Outcome alone = Compute<double>(one), shared = Compute<double>(team);
        Assert.Equal(alone.Values, shared.Values);
        Assert.IsType<InsufficientMemoryException>(Assert.Single(team.Losses));
    }

    [Fact]
    public void The_loss_of_the_leader_is_the_loss_of_the_team()
    {
        var counted = new LostDevice(Cpu());
        using DeviceTeam whole = TestTeam.Of(counted, Cpu());
        _ = Compute<double>(whole);
        for (int operations = 0; operations < counted.Operations; operations += 3)
        {
            // How many operations the leader has to do depends on what its partner takes.
            var leader = new LostDevice(Cpu(), operations);
            using DeviceTeam team = TestTeam.Of(leader, Cpu());
            Exception? failure = Record.Exception(() => Compute<double>(team));
            if (operations == 0 || leader.Operations > operations)
                Assert.Equal("cuda:7", Assert.IsType<DeviceFailureException>(failure).Selector);
            else
                Assert.Null(failure);
        }
    }

    [Fact]
    public void Who_looks_ahead_fetches_beside_one_tile_and_collects_beside_the_next()
    {
        using DeviceTeam team = TestTeam.Of(Cpu(), Cpu());
        var workers = new List<RecordingWorker>();
        team.Share(N, team.Products, _ => Recording(workers, new RecordingWorker()));
        Assert.Equal(Enumerable.Range(0, N), workers.SelectMany(w => w.Rows).Order());
        foreach (RecordingWorker worker in workers)
        {
            // The next tile is fetched while one is done, and that one collected while the next is (FWSC); near the end one is collected before the next is fetched (WC FWS).
            Assert.Matches("^FWS(FWSC|WCFWS)*WC$", worker.Steps);
            int[] fetched = Tiles('F'), started = Tiles('S'), collected = Tiles('C');
            Assert.Equal(fetched, started);
            Assert.Equal(fetched, collected);

            int[] Tiles(char what) => [.. worker.Log.Where(step => step.What == what).Select(step => step.Start)];
        }
        Assert.Contains(workers, worker => worker.Steps.Contains("SFWSC", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Both_tiles_of_one_who_looks_ahead_and_is_lost_are_done_by_the_rest(int steps)
    {
        CpuDevice partner = Cpu();
        using DeviceTeam team = TestTeam.Of(Cpu(), partner);
        var workers = new List<RecordingWorker>();
        using var lost = new ManualResetEventSlim();
        team.Share(N, team.Products, device => Recording(workers, device == partner ? new RecordingWorker { MostSteps = steps, Lost = lost } : new RecordingWorker { StartsAfter = lost }));
        Assert.Equal(Enumerable.Range(0, N), workers.SelectMany(w => w.Rows).Order());
        Assert.Single(team.Losses);
    }

    [Fact]
    public void Small_work_is_the_leaders()
    {
        using DeviceTeam team = new([new TeamMember(Cpu(), 1), new TeamMember(Cpu(), 1)]);
        _ = Compute<double>(team);
        Assert.Equal([0, 0], team.SharedRows);
    }

    [Fact]
    public void A_team_can_be_called_off()
    {
        using DeviceTeam team = TestTeam.Of(Cpu(), Cpu());
        using var source = new CancellationTokenSource();
        Arithmetic<double> on = team.CancellableArithmetic<double>(source.Token);
        using DeviceMatrix<double> x = Put(on, 70, N, D), y = Put(on, 71, M, D), v = Put(on, 72, M, P), output = on.Allocate(N, P);
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => on.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 0.5), x, null, y, null, v, output));
        Assert.ThrowsAny<OperationCanceledException>(() => team.NearestNeighbors(new double[N * D], new double[M * D], D, 2, new int[N * 2], new double[N * 2], source.Token));
        Assert.Empty(team.Losses);
    }

    [Fact]
    public void Teams_that_are_none_are_refused()
    {
        using CpuDevice one = Cpu(), other = Cpu();
        Assert.Throws<ArgumentException>(() => new DeviceTeam([]));
        Assert.Throws<ArgumentException>(() => new DeviceTeam([new TeamMember(one, 1)]));
        Assert.Throws<ArgumentException>(() => new DeviceTeam([new TeamMember(one, 1), new TeamMember(one, 1)]));
        Assert.Throws<ArgumentException>(() => new DeviceTeam([new TeamMember(one, 1), new TeamMember(other, 0)]));
    }

    /// <summary>Computes on the team as on any device.</summary>
    internal static Outcome Compute<T>(ComputeDevice device)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.Arithmetic<T>();
        using DeviceMatrix<T> x = Put(on, 70, N, D), y = Put(on, 71, M, D), v = Put(on, 72, M, P), a = Put(on, 73, N, 1), b = Put(on, 74, M, 1);
        using DeviceMatrix<T> product = on.Allocate(N, P + 2), polynomial = on.Allocate(N, P), logSum = on.Allocate(N, 1);
        on.Fill(product, T.One);
        on.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 0.5), x, a, y, b, v, product.ColumnRange(1, P));
        on.KernelProduct(DotProductKernel.Polynomial(0.5, 1, 3), x, y, v, polynomial);
        on.KernelLogSum(new RadialKernel(RadialKernelKind.Laplacian, 0.5), x, y, b, logSum);
        var indices = new int[N * 4];
        var distances = new double[N * 4];
        device.NearestNeighbors(Reference.Sample(70, N * D), Reference.Sample(71, M * D), D, 4, NeighborMetric.Manhattan, indices, distances, Token);
        return new Outcome([.. Read(on, product), .. Read(on, polynomial), .. Read(on, logSum), .. distances], indices);
    }

    private static RecordingWorker Recording(List<RecordingWorker> workers, RecordingWorker worker)
    {
        lock (workers)
            workers.Add(worker);
        return worker;
    }

    private static CpuDevice Cpu() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });

    private static DeviceMatrix<T> Put<T>(Arithmetic<T> on, ulong stream, int rows, int columns)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        DeviceMatrix<T> matrix = on.Allocate(rows, columns);
        on.Upload([.. Reference.Sample(stream, rows * columns).Select(T.CreateTruncating)], matrix);
        return matrix;
    }

    private static double[] Read<T>(Arithmetic<T> on, DeviceMatrix<T> matrix)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var values = new T[matrix.Rows * matrix.Columns];
        on.Download(matrix, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    /// <summary>What was computed.</summary>
    internal sealed record Outcome(double[] Values, int[] Indices);
}

/// <summary>Places for rows on a device that copies beside its work.</summary>
[Collection("ilgpu-cpu")]
public sealed class PartnerWorkerTests
{
    [Theory]
    [InlineData(40, 64)]
    [InlineData(64, 40)]
    public void A_tile_that_is_larger_than_its_place_gets_another_and_nothing_is_lost(int before, int after)
    {
        const int n = 104, d = 3, p = 2;
        using CpuDevice leader = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<float> on = leader.Arithmetic<float>();
        using DeviceMatrix<float> x = on.Allocate(n, d), v = on.Allocate(n, p), offset = on.Allocate(n, 1), output = on.Allocate(n, p);
        on.Upload([.. Reference.Sample(90, n * d).Select(e => (float)e)], x);
        on.Upload([.. Reference.Sample(91, n * p).Select(e => (float)e)], v);
        on.Upload([.. Reference.Sample(92, n).Select(e => (float)e)], offset);
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 0.4);
        on.KernelProduct(kernel, x, offset, x, null, v, output);
        var expected = new float[n * p];
        on.Download(output, expected);

        var host = new HostOperands<float>(on, new KernelOperands<float>(x, offset, x, null, v, output));
        ComputeDevice device = TestAccelerators.Get(BackendKind.IlgpuCpu);
        long live = device.Memory.LiveBytes;
        using (var worker = new PartnerWorker<float>(device.Arithmetic<float>(), host, (to, part) => to.KernelProduct(kernel, part.X, part.RowOffset, part.Y, part.ColumnOffset, part.V!, part.Output)))
        {
            Assert.True(worker.LooksAhead);
            RowTile first = new(0, before), second = new(before, after);
            worker.Fetch(first);
            worker.Finish();
            worker.Start(first);
            worker.Fetch(second);
            worker.Finish();
            worker.Start(second);
            worker.Collect(first);
            worker.Finish();
            worker.Collect(second);
            Assert.Equal([first, second], host.Done);
        }
        float[] found = host.OutputRows(new RowTile(0, n)).ToArray();
        for (int e = 0; e < found.Length; e++)
            Tolerance.AssertClose($"value {e}", expected[e], found[e], 1e-5);
        Assert.Equal(live, device.Memory.LiveBytes);
    }
}

/// <summary>Notes what it is asked for, and is lost after some steps.</summary>
internal sealed class RecordingWorker : TeamWorker
{
    public int MostSteps { get; init; } = int.MaxValue;

    public ManualResetEventSlim? Lost { get; init; }

    public ManualResetEventSlim? StartsAfter { get; init; }

    public List<(char What, int Start)> Log { get; } = [];

    public List<int> Rows { get; } = [];

    public string Steps => string.Concat(Log.Select(step => step.What));

    public override bool LooksAhead => true;

    public override void Fetch(RowTile tile) => Note('F', tile.Start);

    public override void Start(RowTile tile) => Note('S', tile.Start);

    public override void Finish() => Note('W', -1);

    public override void Collect(RowTile tile)
    {
        Note('C', tile.Start);
        Rows.AddRange(Enumerable.Range(tile.Start, tile.Count));
    }

    private void Note(char what, int start)
    {
        if (what == 'S')
            StartsAfter?.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        if (Log.Count == MostSteps)
        {
            Lost?.Set();
            throw new DeviceFailureException("cuda:7", "lost");
        }
        Log.Add((what, start));
    }
}

/// <summary>A team passes the contract of a device.</summary>
public sealed class TeamContract(DeviceSlot slot)
    : DeviceContract(slot, () => new DeviceTeam([new TeamMember(Cpu(), 1), new TeamMember(Cpu(), 2)]) { LeastWork = 1, Granule = 16 })
{
    protected override int LargestDimension => 260;

    private static CpuDevice Cpu() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
}

/// <summary>The processor and an OpenCL device together, either leading.</summary>
[Collection("opencl")]
public sealed class MixedTeamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Processor_and_OpenCL_agree_with_the_processor_to_rounding(bool processorLeads)
    {
        DeviceDescription description = TestAccelerators.Get(BackendKind.OpenCl).Description;
        ComputeDevice cpu = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None }), other = IlgpuDevices.Open(description, IlgpuDiscoveryOptions.FromEnvironment());
        using DeviceTeam team = processorLeads ? TestTeam.Of(cpu, other) : TestTeam.Of(other, cpu);
        using CpuDevice one = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        DeviceTeamTests.Outcome alone = DeviceTeamTests.Compute<float>(one), shared = DeviceTeamTests.Compute<float>(team);
        Assert.Equal(alone.Indices, shared.Indices);
        double scale = alone.Values.Max(Math.Abs);
        for (int e = 0; e < alone.Values.Length; e++)
            Tolerance.AssertClose($"value {e}", alone.Values[e] / scale, shared.Values[e] / scale, 1e-5);
        Assert.DoesNotContain(0, team.SharedRows);
        Assert.Empty(team.Losses);
    }
}
