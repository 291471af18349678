using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>knn(search=approximate): its law is nearly that of the exact search, and the recall that goes with a result is the true one.</summary>
public sealed class ApproximateKnnTests
{
    private const int N = 4500, D = 24, K = 10;

    [Fact]
    public void TheRecallOfAFitIsThatOfItsNeighbors()
    {
        double[] values = Points();
        var sample = new ContextSample(values, N, D);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Context context = Context.Knn(K, KnnSelf.Excluded, search: KnnSearch.Approximate);
        BoundContext bound = ContextBinding.Bind(context, sample, device, TestContext.Current.CancellationToken);
        Assert.Null(bound.Recall);
        double right = Overlap(bound, ContextBinding.Bind(Context.Knn(K, KnnSelf.Excluded), sample, device, TestContext.Current.CancellationToken), device);
        NeighborRecall recall = Assert.IsType<NeighborRecall>(bound.Recall);
        Assert.Equal(1000, recall.Rows);
        Assert.InRange(right, 0.9, 1);
        Assert.InRange(right, recall.Lower, recall.Upper);
        Assert.InRange(recall.Value, right - 0.02, right + 0.02);
    }

    [Fact]
    public void ItIsKeptInTheModelAndInItsFile()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = 4, Tolerance = 1e-3 };
        Context approximate = Context.Parse("0.5 knn(k=10, search=approximate, seed=2) + 0.5 knn(k=10)");
        SpectralModel model = engine.Fit(Points(), N, approximate, options, TestContext.Current.CancellationToken);
        NeighborRecall recall = Assert.IsType<NeighborRecall>(model.Facts.NeighborRecall);
        Assert.InRange(recall.Value, 0.9, 1);
        string path = Path.Combine(Path.GetTempPath(), $"recall-{Guid.NewGuid():N}.ctx");
        try
        {
            model.Save(path);
            Assert.Equal(recall, SpectralModel.Load(path).Facts.NeighborRecall);
        }
        finally
        {
            File.Delete(path);
        }
        SpectralModel exact = engine.Fit(Points(), N, Context.Knn(10), options, TestContext.Current.CancellationToken);
        Assert.Null(exact.Facts.NeighborRecall);
        for (int i = 0; i < 4; i++)
            Assert.InRange(model.SingularValues[i], exact.SingularValues[i] - 0.01, exact.SingularValues[i] + 0.01);
    }

    [Fact]
    public void FewRowsAreSearchedCompletely()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double[] values = Points()[..(300 * D)];
        SpectralModel model = engine.Fit(values, 300, Context.Knn(5, search: KnnSearch.Approximate), new SpectralOptions { Dimension = 3 }, TestContext.Current.CancellationToken);
        Assert.Equal(new NeighborRecall(1, 1, 1, 300), model.Facts.NeighborRecall);
        Assert.Equal(engine.Fit(values, 300, Context.Knn(5), new SpectralOptions { Dimension = 3 }, TestContext.Current.CancellationToken).SingularValues, model.SingularValues);
    }

    [Fact]
    public void NewRowsAreSearchedExactly()
    {
        var sample = new ContextSample(Points(), N, D);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        var rows = new ContextSample([.. Points().AsSpan(0, 50 * D)], 50, D);
        Arithmetic<double> on = device.Arithmetic<double>();
        using LinearOperator<double> approximate = Bind(KnnSearch.Approximate).At(on, rows, device), exact = Bind(KnnSearch.Exact).At(on, rows, device);
        Assert.Equal(Values(exact), Values(approximate));

        BoundContext Bind(KnnSearch search) => ContextBinding.Bind(Context.Knn(K, search: search), sample, device, TestContext.Current.CancellationToken);

        double[] Values(LinearOperator<double> law)
        {
            using DeviceMatrix<double> f = on.UploadColumn<double>(Array.ConvertAll(Enumerable.Range(0, N).ToArray(), i => Math.Sin(i))), to = on.Allocate(50, 1);
            law.Apply(f, to);
            return on.DownloadDouble(to);
        }
    }

    [Theory]
    [InlineData("knn(k=3, search=approximate)", null)]
    [InlineData("knn(k=3, search=exact)", "knn(k=3)")]
    [InlineData("knn(k=3, seed=7, search=approximate, metric=cosine, self=false)", "knn(k=3, self=false, metric=cosine, search=approximate, seed=7)")]
    [InlineData("knn(k=3, search=approximate, seed=0)", "knn(k=3, search=approximate)")]
    public void TheTextIsCanonical(string text, string? canonical) => Assert.Equal(canonical ?? text, Context.Parse(text).ToString());

    [Theory]
    [InlineData("knn(k=3, search=quick)", "exact or approximate")]
    [InlineData("knn(k=3, seed=7)", "search=approximate")]
    public void WhatHasNoMeaningIsRefused(string text, string says) =>
        Assert.Contains(says, Assert.ThrowsAny<InputException>(() => Context.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void TheIntervalIsThatOfTheBound()
    {
        // With all right, (lower end)^rows = 0.025; with half, both ends are alike.
        NeighborRecall all = NeighborRecall.Of(1, 500), none = NeighborRecall.Of(0, 500), half = NeighborRecall.Of(0.5, 400);
        Assert.Equal(0.025, Math.Pow(all.Lower, 500), 1e-9);
        Assert.Equal((1, 0), (all.Upper, none.Lower));
        Assert.Equal(1 - all.Lower, none.Upper, 1e-12);
        Assert.Equal(half.Upper - 0.5, 0.5 - half.Lower, 1e-12);
        Assert.InRange(half.Upper - 0.5, 0.05, Math.Sqrt(Math.Log(40) / 800));
    }

    [Fact]
    public void ItsMemoryIsForeseen()
    {
        var shape = new FitShape(1_000_000, 64, 8, new Dictionary<string, int>(), new Dictionary<string, int>());
        FitBytes exact = FitMemory.Predict(Context.Knn(5), shape, SpectralSolver.Krylov, 4, 0);
        FitBytes approximate = FitMemory.Predict(Context.Knn(5, search: KnnSearch.Approximate), shape, SpectralSolver.Krylov, 4, 0);
        Assert.Equal(exact.Device, approximate.Device);
        Assert.InRange(approximate.Host - exact.Host, 300L << 20, 1200L << 20);
    }

    private static double Overlap(BoundContext first, BoundContext second, CpuDevice device)
    {
        Arithmetic<double> on = device.Arithmetic<double>();
        using LinearOperator<double> a = first.OnSample(on), b = second.OnSample(on);
        // Both laws have K entries of 1/K a row: trace(A B^T) counts what they share, here by random signs, 64 of them.
        const int Columns = 64;
        var signs = new double[N * Columns];
        for (int e = 0; e < signs.Length; e++)
            signs[e] = new Philox(5, 5).Uniform(e) < 0.5 ? -1 : 1;
        using DeviceMatrix<double> z = on.UploadMatrix<double>(signs, N, Columns), x = on.Allocate(N, Columns), y = on.Allocate(N, Columns);
        a.Apply(z, x);
        b.Apply(z, y);
        double[] left = on.DownloadDouble(x), right = on.DownloadDouble(y);
        double sum = 0;
        for (int e = 0; e < left.Length; e++)
            sum += left[e] * right[e];
        return Math.Min(1, sum * K / signs.Length);
    }

    private static double[] Points()
    {
        const int q = 10;
        double[] directions = Normals(q * D, 1), hidden = Normals(N * q, 2), values = Normals(N * D, 3);
        for (int e = 0; e < values.Length; e++)
        {
            double sum = 0;
            for (int r = 0; r < q; r++)
                sum += hidden[(e / D * q) + r] * directions[(r * D) + (e % D)];
            values[e] = Math.Sin(0.5 * sum) + (0.1 * values[e]);
        }
        return values;
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(11, stream).Normals<double>(0, values);
        return values;
    }
}
