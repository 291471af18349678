using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>
/// The same fits on every device, against the exact solver in float64 on the CPU: singular values, features, new rows. One body; a class for each device says how it
/// is opened, or why it is skipped.
/// </summary>
public abstract class DeviceAgreement(EngineSlot slot, string selector, int rows) : IClassFixture<EngineSlot>
{
    private const double SingleTolerance = 1e-4, DoubleTolerance = 1e-8;

    private const int Dimension = 6;

    /// <summary>The one context that a slow device is tried on, in single precision; null for all.</summary>
    protected virtual string? Only => null;

    public static TheoryData<string> Contexts =>
    [
        "knn(k=5)", "knn(k=6, self=false)", "rbf(gamma=0.7)", "rbf(gamma=median)", "labels(column=class, noise=0.2)", "graph(file=edges)",
        "knn(k=4) * rbf(gamma=1)", "0.4 knn(k=5) + 0.6 rbf(gamma=0.3)", "knn(k=5) + labels(column=class)", "knn(k=5)[2] | rbf(gamma=0.3)",
    ];

    [Theory]
    [MemberData(nameof(Contexts))]
    public void Singular_values_are_those_of_float64(string expression)
    {
        if (SkipReason(selector) is { } reason)
            Assert.Skip(reason);
        Assert.SkipWhen(Only is { } only && only != expression, $"a fit takes {selector} ten seconds; '{Only}', which has neighbours, kernels and sparse products in it, stands for all");
        ContextSample sample = Sample(rows);
        Context context = Context.Parse(expression);
        CancellationToken token = TestContext.Current.CancellationToken;
        ContextureEngine engine = slot.Get(selector);
        using ContextureEngine reference = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Assert.StartsWith(selector, engine.Device.Selector, StringComparison.Ordinal);
        SpectralModel expected = reference.Fit(sample, context, new SpectralOptions { Dimension = Dimension, Solver = SpectralSolver.Exact, Precision = ElementPrecision.Double, Tolerance = 1e-10 }, token);
        foreach (ElementPrecision precision in engine.Device.SupportsDouble && Only is null ? [ElementPrecision.Single, ElementPrecision.Double] : new[] { ElementPrecision.Single })
        {
            double tolerance = precision == ElementPrecision.Double ? DoubleTolerance : SingleTolerance;
            foreach (SpectralSolver solver in Only is null ? [SpectralSolver.Krylov, SpectralSolver.Randomized] : new[] { SpectralSolver.Krylov })
            {
                SpectralModel model = engine.Fit(sample, context, new SpectralOptions { Dimension = Dimension, Solver = solver, Precision = precision, Tolerance = tolerance / 10 }, token);
                for (int i = 0; i < Dimension; i++)
                {
                    double s = expected.SingularValues[i];
                    if (model.Facts.Converged)
                        Tolerance.AssertClose($"{solver} {precision} s_{i + 1}", s, model.SingularValues[i], tolerance);
                    else
                        Tolerance.AssertWithin($"{solver} {precision} s_{i + 1} above its true value", model.SingularValues[i] - s, tolerance);
                }
                Assert.True(model.Facts.Converged || solver == SpectralSolver.Randomized);
                Assert.InRange(model.Facts.Orthogonality, 0, tolerance);
                Assert.All(model.Features.ToArray(), v => Assert.True(double.IsFinite(v)));
            }
        }
    }

    /// <summary>Why a device cannot be tested here; null if it can.</summary>
    internal static string? SkipReason(string selector)
    {
        BackendKind? backend = selector switch
        {
            "cuda" => BackendKind.Cuda,
            "opencl" => BackendKind.OpenCl,
            _ => null,
        };
        IlgpuDiscovery found = IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment());
        if (backend is null || found.Devices.Any(d => d.Backend == backend))
            return null;
        string passedOver = string.Join("; ", found.PassedOver.Where(p => p.Backend == backend).Select(p => $"{p.Name}: {p.Reason}"));
        return $"no {selector} device ({passedOver}){(selector == "opencl" ? "; to run this without a GPU: install pocl-opencl-icd and set CONTEXTURE_OPENCL_ANY=1" : "")}";
    }

    private static ContextSample Sample(int n)
    {
        var values = new double[n * 3];
        new Philox(41, 2).Normals(0, values.AsSpan());
        values.AsSpan(0, 3).CopyTo(values.AsSpan(3)); // a duplicate
        var sample = new ContextSample(values, n, 3);
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, n).Select(i => values[i * 3] > 0.5 ? 2 : i % 2)]);
        // A cycle with chords: connected, irregular degrees, weights.
        sample.Edges["edges"] = [.. Enumerable.Range(0, n).Select(i => (i, (i + 1) % n, 1.0 + (i % 3))), .. Enumerable.Range(0, n / 4).Select(i => (i, (i * 3) % n, 0.5))];
        return sample;
    }
}

/// <summary>Keeps one engine open for all tests of a class: opening an accelerator compiles its kernels.</summary>
public sealed class EngineSlot : IDisposable
{
    private ContextureEngine? _engine;

    /// <summary>The engine, opened when it is first asked for.</summary>
    public ContextureEngine Get(string selector) => _engine ??= ContextureEngine.Create(new EngineOptions { Device = selector });

    public void Dispose() => _engine?.Dispose();
}

/// <summary>The native CPU device.</summary>
public sealed class CpuAgreement(EngineSlot slot) : DeviceAgreement(slot, "cpu", 300);

/// <summary>ILGPU's CPU accelerator: a debugging aid, slow.</summary>
public sealed class IlgpuCpuAgreement(EngineSlot slot) : DeviceAgreement(slot, "ilgpu-cpu", 16)
{
    protected override string? Only => "knn(k=4) * rbf(gamma=1)";
}

/// <summary>The first OpenCL device.</summary>
public sealed class OpenClAgreement(EngineSlot slot) : DeviceAgreement(slot, "opencl", 150);

/// <summary>The first CUDA device.</summary>
public sealed class CudaAgreement(EngineSlot slot) : DeviceAgreement(slot, "cuda", 300);
