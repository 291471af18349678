using System.Globalization;
using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Contexts do not depend on the unit of the inputs, also where squares of them are far out of the range of float32.</summary>
public sealed class PointUnitTests
{
    private const int Rows = 70, Inputs = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, ElementPrecision, int> Cases =>
        [.. from context in (string[])
            [
                "rbf(gamma=median)", "rbf(gamma=kth, k=5)", "rbf(gamma=local, k=5)", "rbf(gamma={1.7/u^2})", "laplacian(gamma=median)", "laplacian(gamma=local, k=5)", "laplacian(gamma={0.9/u})",
                "exponential(gamma=median)", "exponential(gamma=local, k=5)", "knn(k=6)", "knn(k=6, metric=manhattan)", "noise(sigma={0.4u}, draws=40)",
                "views(width=3, flip=true, noise={0.4u}, draws=40)", "mask(rate=0.4, draws=3, then=rbf(gamma=median))", "mask(rate=0.4, draws=3, then=knn(k=6))",
            ]
            from precision in (ElementPrecision[])[ElementPrecision.Single, ElementPrecision.Double]
            from exponent in (int[])[-400, -130, 32, 70, 128, 400]
            select new TheoryDataRow<string, ElementPrecision, int>(context, precision, exponent)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_unit_of_the_inputs_changes_nothing(string context, ElementPrecision precision, int exponent)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (double[] s, double[] mu) = Fit(engine, context, precision, 0);
        (double[] scaled, double[] scaledMu) = Fit(engine, context, precision, exponent);
        double allowed = precision == ElementPrecision.Single ? 2e-5 : 1e-10;
        for (int i = 0; i < s.Length; i++)
            Tolerance.AssertClose($"s_{i + 1}", s[i], scaled[i], allowed);
        for (int e = 0; e < mu.Length; e++)
            Tolerance.AssertClose($"feature {e}", mu[e], scaledMu[e], 200 * allowed);
    }

    [Theory]
    [InlineData("rbf(gamma=median)")]
    [InlineData("rbf(gamma=local, k=5)")]
    [InlineData("noise(sigma=1e-121, draws=40)")]
    public void Rows_far_from_the_sample_are_refused_by_place(string context)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(Sample(-400), Rows, Context.Parse(context), new SpectralOptions { Dimension = 3, Precision = ElementPrecision.Single }, Token);
        double[] far = [1, 2, 3, 4, -1e45, 5];
        string message = Assert.Throws<InputException>(() => Features(model, far)).Message;
        Assert.Contains("row 1, column 1 (counted from 0) of the inputs is -1E+45", message, StringComparison.Ordinal);

        // In range, but so far away that rounding hides which row of the sample is nearest: features, or a word on why there are none.
        far = [0.1, -0.2, 0.3, 0.4, 0.9e20, 0.5];
        far = Array.ConvertAll(far, v => v * Math.ScaleB(1, -400));
        Exception? failure = Record.Exception(() => Assert.All(Features(model, far), value => Assert.True(double.IsFinite(value))));
        if (failure is not null)
            Assert.Contains("too far from every row of the sample", Assert.IsType<NumericalException>(failure).Message, StringComparison.Ordinal);
        far[4] = Math.ScaleB(30, -400);
        Assert.All(Features(model, far), value => Assert.True(double.IsFinite(value)));
    }

    private static (double[] S, double[] Features) Fit(ContextureEngine engine, string context, ElementPrecision precision, int exponent)
    {
        double unit = Math.ScaleB(1, exponent);
        string text = context.Replace("{1.7/u^2}", Text(1.7 / unit / unit), StringComparison.Ordinal).Replace("{0.9/u}", Text(0.9 / unit), StringComparison.Ordinal).Replace("{0.4u}", Text(0.4 * unit), StringComparison.Ordinal);
        SpectralModel model = engine.Fit(Sample(exponent), Rows, Context.Parse(text), new SpectralOptions { Dimension = 4, Precision = precision, Solver = SpectralSolver.Exact }, Token);
        double[] features = Features(model, Sample(exponent));
        return ([.. model.SingularValues], features);

        static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }

    private static double[] Features(SpectralModel model, double[] rows)
    {
        var features = new double[rows.Length / Inputs * model.Dimension];
        model.Transform(rows, features);
        return features;
    }

    private static double[] Sample(int exponent)
    {
        var random = new Philox(77, 3);
        return [.. Enumerable.Range(0, Rows * Inputs).Select(e => Math.ScaleB(random.Uniform(e) - 0.3, exponent))];
    }
}
