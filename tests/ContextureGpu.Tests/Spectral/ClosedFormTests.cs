using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>
/// Singular values and eigenspaces with closed forms, through the whole engine, by every solver and in both precisions. Spaces are compared, not functions: inside a
/// multiple singular value every rotation is right, and a missing member is not.
/// </summary>
public sealed class ClosedFormTests
{
    private const double DoubleTolerance = 1e-9, SingleTolerance = 2e-5;

    private static readonly Dictionary<string, ClosedForm> Forms = ClosedForm.All().ToDictionary(f => f.Name);

    public static TheoryData<string, SpectralSolver, ElementPrecision> Ways => [.. from name in Forms.Keys
                                                                                  from way in new[]
                                                                                  {
                                                                                      (SpectralSolver.Exact, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Single),
                                                                                      (SpectralSolver.Randomized, ElementPrecision.Double), (SpectralSolver.Randomized, ElementPrecision.Single),
                                                                                  }
                                                                                  select (name, way.Item1, way.Item2)];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Values_and_spaces(string name, SpectralSolver solver, ElementPrecision precision)
    {
        ClosedForm form = Forms[name];
        int n = form.Sample.Rows, wanted = form.Spaces.Take(form.Tested).Sum(s => s.Functions.Length), d = Math.Max(1, wanted);
        double tolerance = precision == ElementPrecision.Double ? DoubleTolerance : SingleTolerance, asked = precision == ElementPrecision.Double ? 1e-10 : 1e-5;
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(
            form.Sample, form.Context, new SpectralOptions { Dimension = d, Solver = solver, Precision = precision, Tolerance = asked, Seed = 7 }, TestContext.Current.CancellationToken);

        Assert.Equal(wanted, model.Rank);
        Assert.InRange(model.Facts.Orthogonality, 0, tolerance);
        // A fixed number of passes promises no accuracy; what it reports must then cover the error.
        Assert.True(model.Facts.Converged || solver == SpectralSolver.Randomized, "did not converge");
        double residual = 0;
        foreach (double r in model.Residuals)
            residual = Math.Max(residual, r);
        int at = 0;
        for (int g = 0; g < form.Tested; g++)
        {
            (double s, double[][] functions) = form.Spaces[g];
            for (int i = at; i < at + functions.Length; i++)
            {
                if (model.Facts.Converged)
                    Tolerance.AssertClose($"s_{i + 1}", s, model.SingularValues[i], tolerance);
                else
                    Covered(form, i, s, model, tolerance);
            }
            // Davis and Kahan (1970): the sine is at most the residual over the distance to the other eigenvalues; rounding of the operator moves the space likewise.
            double gap = Gap(form, g), error = Math.Max(residual, precision == ElementPrecision.Double ? 1e-12 : 2e-7) * Math.Sqrt(functions.Length);
            double allowed = (4 * error / gap) + (tolerance / 10);
            Assert.True(allowed < (precision == ElementPrecision.Double ? 0.01 : 0.5) || solver == SpectralSolver.Randomized, $"the space of s = {s} is not determined by a residual of {residual}");
            double[] expected = Columns(functions, n), found = Columns([.. Enumerable.Range(at, functions.Length).Select(i => Column(model, i))], n);
            if (allowed < 1)
                Tolerance.AssertWithin($"space of s = {s:g6}", Subspace.LargestSine(expected, found, n, functions.Length), allowed);
            at += functions.Length;
        }
        for (int i = at; i < d; i++)
            Assert.Equal(0, model.SingularValues[i]);
    }

    [Fact]
    public void The_randomised_solver_converges_on_many_of_them()
    {
        // Otherwise the test above would ask nothing of it.
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        int converged = Forms.Values.Count(form => engine.Fit(
            form.Sample, form.Context,
            new SpectralOptions { Dimension = Math.Max(1, form.Spaces.Take(form.Tested).Sum(s => s.Functions.Length)), Solver = SpectralSolver.Randomized, Precision = ElementPrecision.Double, Tolerance = 1e-8 },
            TestContext.Current.CancellationToken).Facts.Converged);
        Assert.InRange(converged, Forms.Count / 2, Forms.Count);
    }

    [Fact]
    public void The_library_knows_the_same_values()
    {
        Same(Flat("hypercube n=5 p=0.8"), KnownSpectra.HypercubeFlipSingularValues(5, 0.8));
        Same(Flat("hypercube n=9 p=0.05"), KnownSpectra.HypercubeFlipSingularValues(9, 0.05));
        Same(Flat("cycle n=31"), KnownSpectra.CycleSingularValues(31));
        Same(Flat("cycle n=64"), KnownSpectra.CycleSingularValues(64));
        Same(Flat("complete graph n=40"), KnownSpectra.CompleteSingularValues(40));
        Same(Flat("labels c=2 n=40 noise=0.9"), KnownSpectra.LabelSingularValues(2, 0.9));
        Same(Flat("labels c=5 n=100 noise=0.25"), KnownSpectra.LabelSingularValues(5, 0.25));
        Same([.. Flat("rbf(gamma=1.7) on a circle of 101").Take(30)], KnownSpectra.CircleEigenvalues(101, 1.7, 30));

        static double[] Flat(string name) => [.. Forms[name].Spaces.SelectMany(s => Enumerable.Repeat(s.Value, s.Functions.Length))];

        static void Same(double[] expected, double[] actual)
        {
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++)
                Tolerance.AssertClose($"value {i}", expected[i], actual[i], 1e-13);
        }
    }

    // A Ritz value without convergence: not above the value it stands for (Cauchy), and as near to some value as its residual says.
    private static void Covered(ClosedForm form, int i, double s, SpectralModel model, double tolerance)
    {
        double square = model.SingularValues[i] * model.SingularValues[i];
        Tolerance.AssertWithin($"s_{i + 1} above its true value", model.SingularValues[i] - s, tolerance);
        double nearest = Math.Min(square, form.Spaces.Min(space => Math.Abs(square - (space.Value * space.Value))));
        Tolerance.AssertWithin($"distance of s_{i + 1}^2 from the spectrum", nearest, model.Residuals[i] + tolerance);
    }

    // Distance of s^2 to the squares of the other singular values that the deflated operator has: 0 is always among them, the constant is not.
    private static double Gap(ClosedForm form, int g)
    {
        double square = form.Spaces[g].Value * form.Spaces[g].Value, gap = square;
        for (int other = 0; other < form.Spaces.Count; other++)
        {
            if (other != g)
                gap = Math.Min(gap, Math.Abs(square - (form.Spaces[other].Value * form.Spaces[other].Value)));
        }
        return gap;
    }

    private static double[] Column(SpectralModel model, int column)
    {
        var values = new double[model.Rows];
        for (int i = 0; i < values.Length; i++)
            values[i] = model.Features[(i * model.Dimension) + column];
        return values;
    }

    private static double[] Columns(double[][] columns, int n) => [.. Enumerable.Range(0, n).SelectMany(i => columns.Select(c => c[i]))];
}
