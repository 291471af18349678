using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>Fits with partners: the results of one device, and an end also when partners or the leader are lost.</summary>
public sealed class PartnerTests
{
    private const int Rows = 700, Inputs = 3;
    private const double Close = 1e-5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rbf(gamma=0.5)", ElementPrecision.Single)]
    [InlineData("knn(k=6) * rbf(gamma=0.5)", ElementPrecision.Double)]
    [InlineData("laplacian(gamma=0.5)", ElementPrecision.Single)]
    public void A_fit_with_a_partner_is_that_of_one_device(string expression, ElementPrecision precision)
    {
        using ContextureEngine alone = Engine(Cpu());
        DeviceTeam team = TestTeam.Of(Cpu(), new SlowDevice(Cpu(), 1e-6));
        using ContextureEngine both = Engine(team);
        SpectralModel expected = Fit(alone, expression, precision), model = Fit(both, expression, precision);
        Same(expected, model);
        Assert.DoesNotContain(0, team.SharedRows);
        Assert.Equal(expected.Facts.Warnings, model.Facts.Warnings);
    }

    [Fact]
    public void A_partner_that_is_lost_is_warned_of_once()
    {
        using ContextureEngine alone = Engine(Cpu()), both = Engine(TestTeam.Of(Cpu(), new LostDevice(Cpu(), 40)));
        SpectralModel expected = Fit(alone, "rbf(gamma=0.5)"), model = Fit(both, "rbf(gamma=0.5)");
        Same(expected, model);
        Assert.Equal("a partner was left out: cuda:7: operation 41 failed: CL_DEVICE_NOT_AVAILABLE", Assert.Single(model.Facts.Warnings, w => w.Contains("partner", StringComparison.Ordinal)));
        Assert.DoesNotContain(Fit(both, "rbf(gamma=0.5)").Facts.Warnings, w => w.Contains("partner", StringComparison.Ordinal));
    }

    [Fact]
    public void A_leader_that_is_lost_is_followed_by_the_next_device()
    {
        using ContextureEngine alone = Engine(Cpu()), both = Engine(TestTeam.Of(new LostDevice(Cpu(), 150), Cpu()), Cpu());
        SpectralModel expected = Fit(alone, "rbf(gamma=0.5)"), model = Fit(both, "rbf(gamma=0.5)");
        Same(expected, model);
        Assert.Contains("cuda:7 was lost in the middle of the work and cpu took its place", Assert.Single(model.Facts.Warnings, w => w.Contains("lost", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Partners_are_named_by_selectors_each_once()
    {
        Assert.Contains("'cpu' is among the devices twice", Refusal("cpu", "cpu"), StringComparison.Ordinal);
        Assert.Contains("there is no device 'gpu'", Refusal("cpu", "gpu"), StringComparison.Ordinal);
        Assert.Contains("there is no device 'auto'", Refusal("cpu", "auto"), StringComparison.Ordinal);

        static string Refusal(string device, params string[] partners) =>
            Assert.Throws<InputException>(() => ContextureEngine.Create(new EngineOptions { Device = device, Partners = partners })).Message;
    }

    [Fact]
    public void An_OpenCL_device_can_be_asked_for_as_a_partner()
    {
        IlgpuDiscovery found = IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment());
        Assert.SkipUnless(found.Devices.Any(d => d.Backend == BackendKind.OpenCl), "no OpenCL device; to run this without a GPU: install pocl-opencl-icd and set CONTEXTURE_OPENCL_ANY=1");
        using DeviceSuccession devices = DeviceScheduler.Open("cpu", ["opencl"]);
        Assert.Equal("cpu", Assert.IsType<DeviceTeam>(devices.Current).Description.Selector);
    }

    private static ContextureEngine Engine(ComputeDevice first, params ComputeDevice[] next) =>
        new(new DeviceSuccession(first, "chosen", next.Select(device => new Func<ComputeDevice>(() => device))));

    private static SpectralModel Fit(ContextureEngine engine, string expression, ElementPrecision precision = ElementPrecision.Single)
    {
        var flat = new double[Rows * Inputs];
        new Philox(12, 1).Normals<double>(0, flat);
        return engine.Fit(flat, Rows, Context.Parse(expression), new SpectralOptions { Dimension = 6, Solver = SpectralSolver.Krylov, Precision = precision, Tolerance = Close }, Token);
    }

    private static void Same(SpectralModel expected, SpectralModel model)
    {
        for (int i = 0; i < expected.Dimension; i++)
            Tolerance.AssertClose($"s_{i + 1}", expected.SingularValues[i], model.SingularValues[i], 10 * Close);
        Assert.True(model.Facts.Converged);
    }

    private static CpuDevice Cpu() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
}
