using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>
/// Spectra with closed forms (theory.md section 6) on 4,096 points, in single precision, on every device: many tiles of a kernel product, of neighbours and of a sparse product. A value is
/// asked for with its whole multiplicity.
/// </summary>
public abstract class KnownAnswersOnDevices(EngineSlot slot, string selector) : IClassFixture<EngineSlot>
{
    private const int Bits = 12, Rows = 1 << Bits;

    private const double Tolerance = 5e-5;

    /// <summary>Why the device is left out; null if it is not.</summary>
    protected virtual string? Unfit => null;

    /// <summary>Each bit flipped with probability p is the Gaussian kernel on the corners, <c>gamma = log((1 - p) / p)</c>: <c>(1 - 2p)^k</c> with the parities of k bits.</summary>
    [Fact]
    public void The_hypercube_with_flips() => AssertValues(Corners(), Context.Parse("rbf(gamma=1.3862943611198906)"), Enumerable.Repeat(0.6, Bits));

    /// <summary>The Gaussian kernel on the circle.</summary>
    [Fact]
    public void The_circle()
    {
        double[] points = [.. Enumerable.Range(0, Rows).SelectMany(i => new[] { Math.Cos(2 * Math.PI * i / Rows), Math.Sin(2 * Math.PI * i / Rows) })];
        AssertValues(new ContextSample(points, Rows, 2), Context.Parse("rbf(gamma=1.7)"), KnownSpectra.CircleEigenvalues(Rows, 1.7, 8));
    }

    /// <summary>A step along an edge of the hypercube half of the time: <c>1 - k / 12</c>.</summary>
    [Fact]
    public void The_lazy_walk_on_the_hypercube()
    {
        var sample = new ContextSample(new double[Rows], Rows, 1);
        sample.Edges["edges"] =
        [
            .. from i in Enumerable.Range(0, Rows) from bit in Enumerable.Range(0, Bits) where (i >> bit & 1) == 0 select (i, i | (1 << bit), 1.0),
            .. from i in Enumerable.Range(0, Rows) select (i, i, (double)Bits),
        ];
        AssertValues(sample, Context.Graph("edges"), Enumerable.Repeat(1 - (1.0 / Bits), Bits));
    }

    /// <summary>The neighbours of a corner are the corner and those across its 12 edges: <c>|13 - 2k| / 13</c>, so that the parity of all bits is as large as those of one.</summary>
    [Fact]
    public void Neighbours_on_the_hypercube() => AssertValues(Corners(), Context.Parse($"knn(k={Bits + 1})"), Enumerable.Repeat(11.0 / 13, Bits + 1));

    private void AssertValues(ContextSample sample, Context context, IEnumerable<double> expected)
    {
        Assert.SkipWhen(Unfit is not null, Unfit ?? "");
        if (DeviceAgreement.SkipReason(selector) is { } reason)
            Assert.Skip(reason);
        double[] values = [.. expected];
        SpectralModel model = slot.Get(selector).Fit(
            sample, context,
            new SpectralOptions { Dimension = values.Length, Solver = SpectralSolver.Krylov, Precision = ElementPrecision.Single, Tolerance = 1e-5 }, TestContext.Current.CancellationToken);
        Assert.True(model.Facts.Converged);
        Assert.InRange(model.Facts.Orthogonality, 0, Tolerance);
        for (int i = 0; i < values.Length; i++)
            Testing.Tolerance.AssertClose($"s_{i + 1}", values[i], model.SingularValues[i], Tolerance);
    }

    private static ContextSample Corners() =>
        new([.. from i in Enumerable.Range(0, Rows) from bit in Enumerable.Range(0, Bits) select (double)(i >> bit & 1)], Rows, Bits);
}

/// <summary>The native CPU device.</summary>
public sealed class CpuKnownAnswers(EngineSlot slot) : KnownAnswersOnDevices(slot, "cpu");

/// <summary>ILGPU's CPU accelerator.</summary>
public sealed class IlgpuCpuKnownAnswers(EngineSlot slot) : KnownAnswersOnDevices(slot, "ilgpu-cpu")
{
    protected override string? Unfit => "ILGPU's CPU accelerator has a thread of the operating system for each of a group: 4,096 points take it hours";
}

/// <summary>The first OpenCL device.</summary>
public sealed class OpenClKnownAnswers(EngineSlot slot) : KnownAnswersOnDevices(slot, "opencl");

/// <summary>The first CUDA device.</summary>
public sealed class CudaKnownAnswers(EngineSlot slot) : KnownAnswersOnDevices(slot, "cuda");
