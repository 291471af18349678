using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>A masked law that is stored is the one that is applied mask by mask.</summary>
public sealed class StoredAverageTests
{
    private const int Rows = 40;

    /// <summary>A column of its own, one of three inputs, and one of two, as indicators have.</summary>
    private static readonly int[] ColumnStarts = [0, 1, 4, 6];

    // Every input, all but one column, one column, none, and one of them twice.
    private static readonly int[][] Visible = [[0, 1, 2, 3, 4, 5], [0, 4, 5], [1, 2, 3], [], [0, 4, 5]];

    [Theory]
    [InlineData(RadialKernelKind.Gaussian, 0.4, 1)]
    [InlineData(RadialKernelKind.Laplacian, 0.7, 1)]
    [InlineData(RadialKernelKind.Exponential, 2, 1)]
    [InlineData(RadialKernelKind.Gaussian, 1e6, 1)]
    [InlineData(RadialKernelKind.Gaussian, 1e-3, 1e160)]
    public void Walks_are_averaged_as_they_are_applied(RadialKernelKind kind, double gamma, double scale)
    {
        ContextSample sample = Sample(scale);
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        double[] stored = WalkAverage.Of(new RadialKernel(kind, gamma), sample, Visible, CancellationToken.None);
        DeviceMatrix<double> points = on.UploadMatrix<double>(sample.Values, Rows, sample.Dimension);
        using var walk = new MaskedKernelWalk<double>(on, new RadialKernel(kind, gamma), points, points, Visible);
        double[] applied = Dense(on, walk);
        for (int e = 0; e < stored.Length; e++)
            Assert.InRange(stored[e], applied[e] - 1e-13, applied[e] + 1e-13);
        for (int i = 0; i < Rows; i++)
            Tolerance.AssertClose("sum of a row", 1, stored.AsSpan(i * Rows, Rows).ToArray().Sum(), 1e-13);
    }

    /// <summary>On other devices than processors, and on large samples, nothing is stored; the spectrum and the components are the same.</summary>
    [Theory]
    [InlineData("mask(rate=0.4, draws=9, then=rbf(gamma=0.5))")]
    [InlineData("mask(rate=0.4, draws=9, then=knn(k=5))")]
    [InlineData("mask(rate=0.1, draws=40, then=knn(k=1))")]
    public void The_law_does_not_depend_on_where_it_is_kept(string expression)
    {
        ContextSample sample = Sample(1);
        var mask = (MaskContext)Context.Parse(expression);
        using CpuDevice device = CpuDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        BoundContext stored = Bind(LawStorage.StoredWhereSmall), elsewhere = Bind(LawStorage.Parts);
        Assert.IsAssignableFrom<StoredAverage>(stored);
        Assert.False(elsewhere is StoredAverage);
        using LinearOperator<double> first = stored.OnSample(on), second = elsewhere.OnSample(on);
        double[] expected = Dense(on, second), actual = Dense(on, first);
        for (int e = 0; e < expected.Length; e++)
            Assert.InRange(actual[e], expected[e] - 1e-13, expected[e] + 1e-13);
        double[] weights = EqualWeights.Of(Rows);
        ContextComponents one = ContextComponents.Find(stored, weights, CancellationToken.None), other = ContextComponents.Find(elsewhere, weights, CancellationToken.None);
        Assert.Equal(other.OfRow, one.OfRow);
        Assert.Equal(other.OfAtom, one.OfAtom);
        using LinearOperator<double> new1 = stored.At(on, Sample(0.5), device), new2 = elsewhere.At(on, Sample(0.5), device);
        Assert.Equal(Dense(on, new2), Dense(on, new1));

        BoundContext Bind(LawStorage storage) => TokenBinding.Bind(mask, sample, (then, seen) => ContextBinding.Bind(then, seen, device, CancellationToken.None), storage, CancellationToken.None);
    }

    [Fact]
    public void Few_neighbours_and_many_rows_are_not_stored()
    {
        var knn = (MaskContext)Context.Parse("mask(rate=0.2, then=knn(k=10))");
        Assert.True(StoredAverage.IsChosen(knn, 500, LawStorage.StoredWhereSmall));
        Assert.False(StoredAverage.IsChosen(knn, 501, LawStorage.StoredWhereSmall));
        var rbf = (MaskContext)Context.Parse("mask(rate=0.2, then=rbf(gamma=1))");
        Assert.True(StoredAverage.IsChosen(rbf, 5792, LawStorage.StoredWhereSmall));
        Assert.False(StoredAverage.IsChosen(rbf, 5793, LawStorage.StoredWhereSmall));
        Assert.False(StoredAverage.IsChosen(rbf, 500, LawStorage.Parts));
    }

    private static double[] Dense(Arithmetic<double> on, LinearOperator<double> law)
    {
        var identity = new double[law.Columns * law.Columns];
        for (int i = 0; i < law.Columns; i++)
            identity[i * (law.Columns + 1)] = 1;
        using DeviceMatrix<double> unit = on.UploadMatrix<double>(identity, law.Columns, law.Columns), image = on.Allocate(law.Rows, law.Columns);
        law.Apply(unit, image);
        return on.DownloadDouble(image);
    }

    private static ContextSample Sample(double scale)
    {
        var values = new double[Rows * 6];
        new Philox(17, 1).Normals(0, values.AsSpan());
        for (int e = 0; e < values.Length; e++)
            values[e] *= scale;
        return new ContextSample(values, Rows, 6) { ColumnStarts = ColumnStarts };
    }
}
