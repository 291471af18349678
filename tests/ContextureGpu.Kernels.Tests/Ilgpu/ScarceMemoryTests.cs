using ContextureGpu.Kernels.Ilgpu;
using ContextureGpu.Kernels.Team;
using ContextureGpu.Testing;
using ILGPU.Runtime.OpenCL;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>An accelerator whose memory is as small as a test asks for: what works in tiles gives the same bits in smaller ones, and what cannot says so.</summary>
[Collection("opencl")]
public sealed class ScarceMemoryTests : IClassFixture<ScarceDevice>
{
    private readonly ScarceDevice _scarce;

    public ScarceMemoryTests(ScarceDevice scarce)
    {
        _scarce = scarce;
        _scarce.Room = long.MaxValue;
    }

    private IlgpuDevice Device => _scarce.Device;

    [Fact]
    public void Memory_is_reused_and_given_back_when_something_else_needs_it()
    {
        Arithmetic<float> on = Device.Arithmetic<float>();
        int before = _scarce.Requests;
        for (int run = 0; run < 5; run++)
        {
            using DeviceMatrix<float> x = on.Allocate(1000, 7);
            on.Fill(x, run);
            var values = new float[7000];
            on.Download(x, values);
            Assert.All(values, value => Assert.Equal(run, value));
        }
        Assert.Equal(before + 1, _scarce.Requests);
        Assert.InRange(Device.Session.IdleBytes, 28_000, long.MaxValue);
        _scarce.Room = _scarce.Taken;
        using DeviceMatrix<float> other = on.Allocate(1, 6000);
        Assert.Equal(0, Device.Session.IdleBytes);
        Assert.True(_scarce.Taken <= _scarce.Room);
    }

    [Fact]
    public void A_partner_without_room_to_look_ahead_does_its_tiles_one_by_one()
    {
        const int n = 3000, d = 8, p = 8, rows = 2000;
        _ = Device.Arithmetic<float>();
        using CpuDevice leader = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<float> on = leader.Arithmetic<float>();
        using DeviceMatrix<float> x = on.Allocate(n, d), v = on.Allocate(n, p), output = on.Allocate(n, p);
        on.Upload([.. Reference.Sample(93, n * d).Select(e => (float)e)], x);
        on.Upload([.. Reference.Sample(94, n * p).Select(e => (float)e)], v);
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 0.4);
        on.KernelProduct(kernel, x, null, x, null, v, output);
        var expected = new float[n * p];
        on.Download(output, expected);
        var found = new List<bool?>();                                  // looks ahead or not; null: no room at all
        for (long room = 0; found.LastOrDefault() is not true; room += 1 << 16)
        {
            var host = new HostOperands<float>(on, new KernelOperands<float>(x, null, x, null, v, output));
            var tile = new RowTile(500, rows);
            Device.Synchronize();
            _scarce.Leave(room);
            using var worker = new PartnerWorker<float>(
                Device.Arithmetic<float>(), host, (to, part) => to.KernelProduct(kernel, part.X, part.RowOffset, part.Y, part.ColumnOffset, part.V!, part.Output));
            try
            {
                worker.Fetch(tile);
            }
            catch (InsufficientMemoryException)
            {
                found.Add(null);
                continue;
            }
            found.Add(worker.LooksAhead);
            _scarce.Room = long.MaxValue;
            worker.Start(tile);
            worker.Finish();
            worker.Collect(tile);
            ReadOnlySpan<float> got = host.OutputRows(tile), wanted = expected.AsSpan(tile.Start * p, rows * p);
            for (int e = 0; e < got.Length; e++)
                Tolerance.AssertClose($"value {e}", wanted[e], got[e], 1e-4);
        }
        Assert.Equal([null, false, true], found.Distinct());
    }

    [Fact]
    public void Inner_products_have_the_same_bits_in_smaller_tiles()
    {
        const int n = 5000, p = 40;
        Arithmetic<float> on = Device.Arithmetic<float>();
        using DeviceMatrix<float> x = on.Allocate(n, p);
        on.Upload([.. Reference.Sample(61, n * p).Select(v => (float)v)], x);
        double[] roomy = new double[p * p], scarce = new double[p * p];
        on.InnerProducts(x, x, roomy);
        _scarce.Leave(3 * p * p * sizeof(double));
        on.InnerProducts(x, x, scarce);
        Assert.Equal(roomy, scarce);
        _scarce.Leave(0);
        string message = Assert.Throws<InsufficientMemoryException>(() => on.InnerProducts(x, x, scarce)).Message;
        Assert.Matches($"{Device.Description.Selector} has no room for another {p * p * sizeof(double)} bytes; [0-9]+ of [0-9]+ bytes are in use here", message);
        _scarce.Room = long.MaxValue;
        on.InnerProducts(x, x, scarce);
        Assert.Equal(roomy, scarce);
    }

    [Fact]
    public void Columns_of_a_wider_matrix_are_copied_in_smaller_tiles()
    {
        const int n = 3001, p = 3;
        Arithmetic<float> on = Device.Arithmetic<float>();
        float[] values = [.. Reference.Sample(62, n * p).Select(v => (float)v)], read = new float[n * p];
        using DeviceMatrix<float> wide = on.Allocate(n, p + 2);
        on.Fill(wide, 7);
        _scarce.Leave(4000);
        on.Upload(values, wide.ColumnRange(1, p));
        on.Download(wide.ColumnRange(1, p), read);
        Assert.Equal(values, read);
        var margin = new float[n];
        on.Download(wide.ColumnRange(p + 1, 1), margin);
        Assert.All(margin, value => Assert.Equal(7, value));
        _scarce.Leave(0);
        Assert.Throws<InsufficientMemoryException>(() => on.Upload(values, wide.ColumnRange(1, p)));
    }

    [Fact]
    public void Neighbours_are_the_same_in_smaller_tiles()
    {
        const int n = 300, d = 3, k = 5;
        double[] x = Reference.Sample(63, n * d), roomy = new double[n * k], scarce = new double[n * k];
        (int[] first, int[] second) = (new int[n * k], new int[n * k]);
        CancellationToken token = TestContext.Current.CancellationToken;
        Device.NearestNeighbors(x, x, d, k, first, roomy, token);
        // The points, and distances of 20 queries of 300.
        _scarce.Leave((n * d * sizeof(float)) + (20 * n * sizeof(float)));
        Device.NearestNeighbors(x, x, d, k, second, scarce, token);
        Assert.Equal(first, second);
        Assert.Equal(roomy, scarce);
        _scarce.Leave(n * d * sizeof(float) + 256);
        Assert.Throws<InsufficientMemoryException>(() => Device.NearestNeighbors(x, x, d, k, second, scarce, token));
    }

    [Fact]
    public void A_refusal_leaves_nothing_behind_and_the_device_in_order()
    {
        Arithmetic<float> on = Device.Arithmetic<float>();
        var sparse = new CompressedRows(500, 400, [.. Enumerable.Range(0, 501)], [.. Enumerable.Range(0, 500).Select(i => i % 400)], Reference.Sample(64, 500));
        long live = Device.Memory.LiveBytes;
        // Room for none, one, two, .. of the six arrays.
        for (int bytes = 0; bytes < 12_000; bytes += 1000)
        {
            _scarce.Leave(bytes);
            try
            {
                on.CreateSparse(sparse).Dispose();
                Assert.True(bytes > 8000);
            }
            catch (InsufficientMemoryException)
            {
            }
            Assert.Equal(live, Device.Memory.LiveBytes);
        }
        _scarce.Room = long.MaxValue;
        on.CreateSparse(sparse).Dispose();
        Assert.Equal(live, Device.Memory.LiveBytes);
    }

    [Fact]
    public void Want_of_memory_is_told_from_the_end_of_the_device()
    {
        using var mortal = new ScarceDevice();
        Arithmetic<float> on = mortal.Device.Arithmetic<float>();
        mortal.Failure = new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE);
        Assert.Contains("CL_MEM_OBJECT_ALLOCATION_FAILURE", Assert.Throws<InsufficientMemoryException>(() => on.Allocate(1, 3333)).Message, StringComparison.Ordinal);
        mortal.Failure = null;
        DeviceMatrix<float> kept = on.Allocate(1, 3333);
        mortal.Failure = new CLException(CLError.CL_DEVICE_NOT_AVAILABLE);
        Assert.Contains("CL_DEVICE_NOT_AVAILABLE", Assert.Throws<DeviceFailureException>(() => on.Allocate(1, 4444)).Message, StringComparison.Ordinal);
        mortal.Failure = null;
        Assert.Contains("failed earlier", Assert.Throws<DeviceFailureException>(() => on.Fill(kept, 1)).Message, StringComparison.Ordinal);
        long live = mortal.Device.Memory.LiveBytes;
        kept.Dispose();
        Assert.Equal(live - (3333 * sizeof(float)), mortal.Device.Memory.LiveBytes);
    }
}
