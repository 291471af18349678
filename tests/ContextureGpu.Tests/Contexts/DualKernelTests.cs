using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using ContextureGpu.Tests.Data;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Contexts that are given by their dual kernel: the features of a teacher, a kernel, the linear kernel of a number.</summary>
public sealed class DualKernelTests
{
    private const int N = 36;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Duals =>
    [
        "teacher(file=features)", "teacher(file=features, whiten=0.3)", "teacher(file=wide)", "teacher(file=wide, whiten=0.2)", "kernel(file=gram)", "labels(column=y, kernel=linear)",
        "knn(k=4) * teacher(file=features)", "knn(k=4) * teacher(file=features, whiten=0.3)", "knn(k=3) * rbf(gamma=0.3) * kernel(file=gram)", "graph(file=edges) * labels(column=y, kernel=linear)",
        "0.4 noise(sigma=0.5) + 0.6 teacher(file=features)", "0.2 knn(k=3) + 0.3 teacher(file=features) + 0.5 labels(column=y, kernel=linear)",
        "knn(k=4) * (0.5 kernel(file=gram) + 0.5 labels(column=class))", "0.5 teacher(file=features) + 0.5 knn(k=3) * teacher(file=features)",
    ];

    [Theory]
    [MemberData(nameof(Duals))]
    public void The_spectrum_is_that_of_the_dual_kernel_of_plain_loops(string expression)
    {
        ContextSample sample = Sample();
        Context context = Context.Parse(expression);
        Vector<double> mass = Vector<double>.Build.Dense(N, 1.0 / N);
        Matrix<double> centred = Dual(context, sample, mass);
        double[] expected = [.. (centred / N).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending()];
        using ContextureEngine engine = Open();
        foreach (SpectralSolver solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov })
        {
            SpectralModel model = engine.Fit(sample, context, Options(7) with { Solver = solver }, cancellationToken: Token);
            for (int i = 0; i < 7; i++)
                Tolerance.AssertClose($"s_{i + 1}^2 by {solver}", Math.Max(0, expected[i]), model.SingularValues[i] * model.SingularValues[i], 1e-8);
            for (int f = 0; f < model.Rank; f++)
            {
                Vector<double> mu = Vector<double>.Build.Dense(N, i => model.Features[(i * 7) + f]);
                Tolerance.AssertClose($"mean of feature {f}", 0, mu.Sum() / N, 1e-9);
                Assert.True(((centred * mu / N) - (model.SingularValues[f] * model.SingularValues[f] * mu)).L2Norm() < 1e-5, $"feature {f} by {solver}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Duals))]
    public void Features_of_the_sample_come_back_from_a_stored_model(string expression)
    {
        const int d = 3;
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(sample, Context.Parse(expression), Options(d), cancellationToken: Token);
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "m.ctx");
        model.Save(path);
        SpectralModel again = SpectralModel.Load(path);
        Assert.Equal(model.Features.ToArray(), again.Features.ToArray());
        var features = new double[N * d];
        Context context = Context.Parse(expression);
        IReadOnlyList<Context> first = context is CombinationContext sum ? [.. sum.Terms.Select(t => t.Part)] : [context];
        if (first.Any(part => part is TeacherContext or KernelContext or ConvolutionContext { Factors: [GraphContext, ..] }))
        {
            Assert.Contains("defined on the rows it was fitted with", Assert.Throws<InputException>(() => again.Transform(sample, features)).Message, StringComparison.Ordinal);
            return;
        }
        again.Transform(sample, features);
        for (int e = 0; e < features.Length; e++)
            Tolerance.AssertClose($"feature {e % d} of row {e / d}", model.Features[e], features[e], 1e-6);
    }

    [Fact]
    public void A_teacher_that_knows_a_context_gives_it_back()
    {
        const int d = 6;
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        SpectralModel context = engine.Fit(sample, Context.Knn(5), Options(d), cancellationToken: Token);
        double[] taught = new double[N * d];
        for (int e = 0; e < taught.Length; e++)
            taught[e] = 3 + (7 * context.SingularValues[e % d] * context.Features[e]);                 // neither centred nor scaled
        sample.Partners["exact"] = new ContextSample(taught, N, d);
        SpectralModel model = engine.Fit(sample, Context.Teacher("exact"), Options(d), cancellationToken: Token);
        for (int f = 0; f < d; f++)
        {
            Tolerance.AssertClose($"s_{f + 1}", context.SingularValues[f] / context.SingularValues[0], model.SingularValues[f], 1e-10);
            double correlation = Enumerable.Range(0, N).Average(i => model.Features[(i * d) + f] * context.Features[(i * d) + f]);
            Tolerance.AssertClose($"feature {f}", 1, Math.Abs(correlation), 1e-8);
        }
        // Whitened, nothing but the span is left, and the threshold decides of what.
        double threshold = 0.5 * (context.SingularValues[3] + context.SingularValues[4]) / context.SingularValues[0];
        SpectralModel white = engine.Fit(sample, Context.Teacher("exact", threshold), Options(d), cancellationToken: Token);
        for (int f = 0; f < d; f++)
            Tolerance.AssertClose($"s_{f + 1}, whitened", f < 4 ? 1 : 0, white.SingularValues[f], 1e-10);
        using CpuDevice device = CpuDevice.Open();
        double[] cross = new double[16];
        device.LinearAlgebra.Multiply(Columns(white.Features, d, 4), Orientation.Transposed, Columns(context.Features, d, 4), Orientation.Normal, cross, 4, 4, N);
        Matrix<double> between = Matrix<double>.Build.DenseOfRowMajor(4, 4, cross) / N;
        Assert.True((between.TransposeThisAndMultiply(between) - Matrix<double>.Build.DenseIdentity(4)).L2Norm() < 1e-8);
    }

    [Fact]
    public void A_linear_kernel_has_one_feature_the_standardised_number()
    {
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(sample, Context.LinearTarget("y"), Options(3), cancellationToken: Token);
        Assert.Equal(1, model.Rank);
        Tolerance.AssertClose("s_1", 1, model.SingularValues[0], 1e-12);
        double[] y = sample.Targets["y"];
        double mean = y.Average(), deviation = Math.Sqrt(y.Average(v => (v - mean) * (v - mean))), sign = Math.Sign(model.Features[0] * (y[0] - mean));
        for (int i = 0; i < N; i++)
            Tolerance.AssertClose($"row {i}", sign * (y[i] - mean) / deviation, model.Features[i * 3], 1e-9);
        ContextSample rows = new([0, 0, 0, 0], 1, 4);
        rows.Targets["y"] = [100];
        double[] features = new double[3];
        model.Transform(rows, features);
        Tolerance.AssertClose("new row", sign * (100 - mean) / deviation, features[0], 1e-9);
    }

    [Fact]
    public void Code_for_a_kernel_serves_new_rows_and_is_asked_for_by_name()
    {
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        var code = new GaussianByHand(0.3);
        SpectralModel model = engine.Fit(sample, Context.Kernel(code), Options(4), cancellationToken: Token);
        double[] gram = code.Matrix(sample.Values, sample.Values, 4);
        sample.Kernels["same"] = gram;
        SpectralModel stored = engine.Fit(sample, Context.Kernel("same"), Options(4), cancellationToken: Token);
        for (int i = 0; i < 4; i++)
            Tolerance.AssertClose($"s_{i + 1}", stored.SingularValues[i], model.SingularValues[i], 1e-10);
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "m.ctx");
        model.Save(path);
        // A new row between two others: mu(x) = (1 / s^2) mean_l (c k(x, x_l), centred) mu(x_l).
        double[] fresh = [.. Enumerable.Range(0, 4).Select(f => 0.5 * (sample.Values[f] + sample.Values[4 + f]))], features = new double[4], own = new double[N * 4];
        Assert.Contains("not at hand", Assert.Throws<InputException>(() => SpectralModel.Load(path).Transform(fresh, features)).Message, StringComparison.Ordinal);
        SpectralModel again = SpectralModel.Load(path, code);
        again.Transform(sample.Values, own);
        for (int e = 0; e < own.Length; e++)
            Tolerance.AssertClose($"feature {e % 4} of row {e / 4}", model.Features[e], own[e], 1e-6);
        again.Transform(fresh, features);
        double[] row = code.Matrix(fresh, sample.Values, 4), means = [.. Enumerable.Range(0, N).Select(l => Enumerable.Range(0, N).Average(j => gram[(j * N) + l]))];
        double scale = 1 / TopOf(gram), mean = row.Average(), grand = means.Average();
        for (int f = 0; f < 4; f++)
        {
            double expected = Enumerable.Range(0, N).Average(l => scale * (row[l] - mean - means[l] + grand) * model.Features[(l * 4) + f]) / Math.Pow(model.SingularValues[f], 2);
            Tolerance.AssertClose($"feature {f} of the new row", expected, features[f], 1e-6);
        }
    }

    [Fact]
    public void A_kernel_is_a_random_walk_as_well()
    {
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        SpectralModel walk = engine.Fit(sample, Context.Custom(new GaussianByHand(0.3)), Options(5), cancellationToken: Token), rbf = engine.Fit(sample, Context.Rbf(0.3), Options(5), cancellationToken: Token);
        for (int i = 0; i < 5; i++)
            Tolerance.AssertClose($"s_{i + 1}", rbf.SingularValues[i], walk.SingularValues[i], 1e-10);
        Assert.Contains("not negative", Assert.Throws<InputException>(() => engine.Fit(sample, Context.Custom(new Linear()), Options(2), cancellationToken: Token)).Message, StringComparison.Ordinal);
        Assert.Equal(4, engine.Fit(sample, Context.Kernel(new Linear()), Options(6), cancellationToken: Token).Rank);
    }

    [Fact]
    public void Rows_that_nothing_leads_to_still_have_features()
    {
        // Every row leads to rows 0 .. 9; a new row may lead to the others, which the kernel knows too.
        ContextSample sample = Sample();
        sample.Edges["few"] = [.. from i in Enumerable.Range(0, N) from j in Enumerable.Range(0, 10) select (i, j, 1.0 + ((i * j) % 3))];
        using ContextureEngine engine = Open();
        foreach (string last in new[] { "kernel(file=gram)", "teacher(file=wide)", "teacher(file=features)" })
        {
            using CpuDevice device = CpuDevice.Open();
            BoundContext bound = ContextBinding.Bind(Context.Parse($"graph(file=few, directed=true) * {last}"), sample, device, Token);
            SpectralModel model = engine.Fit(sample, Context.Parse($"graph(file=few, directed=true) * {last}"), Options(4), cancellationToken: Token);
            Matrix<double> centred = Dual(model.Context, sample, Vector<double>.Build.Dense(N, 1.0 / N));
            double[] expected = [.. (centred / N).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending()];
            for (int i = 0; i < 4; i++)
                Tolerance.AssertClose($"s_{i + 1}^2", Math.Max(0, expected[i]), model.SingularValues[i] * model.SingularValues[i], 1e-8);
            Assert.NotNull(bound.Coordinates);
        }
    }

    [Fact]
    public void Eigenvalues_that_rounding_made_negative_are_set_to_zero_with_a_warning()
    {
        ContextSample sample = Sample();
        sample.Kernels["single"] = Array.ConvertAll(sample.Kernels["gram"], v => (double)(float)v);     // rank 4, so that 32 eigenvalues are rounding
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(sample, Context.Kernel("single"), Options(4), cancellationToken: Token), exact = engine.Fit(sample, Context.Kernel("gram"), Options(4), cancellationToken: Token);
        Assert.Contains(model.Facts.Warnings, w => w.Contains("eigenvalues of the centred kernel are negative", StringComparison.Ordinal));
        for (int i = 0; i < 4; i++)
            Tolerance.AssertClose($"s_{i + 1}", exact.SingularValues[i], model.SingularValues[i], 1e-5);
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(1e-300)]
    public void The_size_of_a_kernel_or_of_a_number_has_no_meaning(double size)
    {
        ContextSample sample = Sample();
        sample.Kernels["sized"] = Array.ConvertAll(sample.Kernels["gram"], v => v * size);
        sample.Targets["sized"] = Array.ConvertAll(sample.Targets["y"], v => v * size);
        using ContextureEngine engine = Open();
        foreach ((string sized, string plain) in new[]
        {
            ("kernel(file=sized)", "kernel(file=gram)"), ("labels(column=sized, kernel=linear)", "labels(column=y, kernel=linear)"), ("labels(column=sized, smoothing=0.5)", "labels(column=y, smoothing=0.5)"),
        })
        {
            SpectralModel model = engine.Fit(sample, Context.Parse(sized), Options(3), cancellationToken: Token), expected = engine.Fit(sample, Context.Parse(plain), Options(3), cancellationToken: Token);
            Assert.Equal(expected.Rank, model.Rank);
            for (int i = 0; i < 3; i++)
                Tolerance.AssertClose($"s_{i + 1} of {sized}", expected.SingularValues[i], model.SingularValues[i], 1e-9);
        }
    }

    [Theory]
    [InlineData("kernel(file=asymmetric)", "not symmetric: between rows 3 and 2")]
    [InlineData("kernel(file=indefinite)", "not positive semidefinite: centred, its smallest eigenvalue is -")]
    [InlineData("kernel(file=constant)", "constant once it is centred")]
    [InlineData("kernel(file=nowhere)", "no matrix was given")]
    [InlineData("kernel(name=mine)", "not at hand")]
    [InlineData("teacher(file=nowhere)", "no features were given")]
    [InlineData("teacher(file=constant)", "all features are constant")]
    [InlineData("teacher(file=huge)", "too large")]
    [InlineData("labels(column=none, kernel=linear)", "no column 'none'")]
    [InlineData("labels(column=flat, kernel=linear)", "same number in all rows")]
    [InlineData("labels(column=flat, smoothing=0.5)", "same number in all rows")]
    [InlineData("teacher(file=features) * knn(k=2)", "a dual kernel with no probability of A given x, so nothing can follow it")]
    [InlineData("(knn(k=2) + teacher(file=features)) * knn(k=2)", "nothing can follow it")]
    [InlineData("mask(rate=0.5, then=teacher(file=features))", "what follows a mask")]
    public void What_is_no_kernel_is_refused(string expression, string words)
    {
        ContextSample sample = Sample();
        sample.Kernels["asymmetric"] = [.. Enumerable.Range(0, N * N).Select(e => e == (3 * N) + 2 ? 1.5 : 1.0)];
        sample.Kernels["indefinite"] = [.. Enumerable.Range(0, N * N).Select(e => Math.Sin(e / N) + Math.Sin(e % N) + (e / N == e % N ? 1 - (e % 2 * 2) : 0))];
        sample.Kernels["constant"] = [.. Enumerable.Repeat(0.3, N * N)];
        sample.Partners["constant"] = new ContextSample([.. Enumerable.Range(0, N * 2).Select(e => 0.1 + (e % 2))], N, 2);
        sample.Partners["huge"] = new ContextSample([.. Enumerable.Range(0, N).Select(i => i % 3 == 0 ? 1.7e308 : -1.7e308)], N, 1);
        sample.Targets["flat"] = [.. Enumerable.Repeat(0.1, N)];
        using CpuDevice device = CpuDevice.Open();
        InputException refusal = Assert.Throws<InputException>(() => ContextBinding.Bind(Context.Parse(expression), sample, device, Token));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_read_for_tables_and_for_arrays_and_must_match_the_rows()
    {
        using var folder = new TemporaryFolder();
        ContextSample sample = Sample();
        string features = Path.Combine(folder.Path, "f.npy"), few = Path.Combine(folder.Path, "few.npy"), gram = Path.Combine(folder.Path, "k.npy"), bad = Path.Combine(folder.Path, "bad.npy"), table = Path.Combine(folder.Path, "t.csv");
        NpyFile.Write(features, sample.Partners["features"].Values, N, 5);
        NpyFile.Write(few, sample.Partners["features"].Values.AsSpan(0, 5 * (N - 1)), N - 1, 5);
        NpyFile.Write(gram, sample.Kernels["gram"], N, N);
        NpyFile.Write(bad, [.. Enumerable.Range(0, N).Select(i => i == 7 ? double.NaN : i)], N, 1);
        File.WriteAllLines(table, ["a,b,c,d,y", .. Enumerable.Range(0, N).Select(i => string.Join(',', [.. Enumerable.Range(0, 4).Select(f => Text(sample.Values[(i * 4) + f])), Text(sample.Targets["y"][i])]))]);
        using ContextureEngine engine = Open();
        foreach ((string expression, string inside) in new[] { ($"teacher(file={features})", "teacher(file=features)"), ($"kernel(file={gram})", "kernel(file=gram)"), ("labels(column=y, kernel=linear)", "labels(column=y, kernel=linear)") })
        {
            double expected = engine.Fit(sample, Context.Parse(inside), Options(2), cancellationToken: Token).SingularValues[1];
            Tolerance.AssertClose(expression, expected, engine.Fit(DataTable.Read(table), Context.Parse(expression), null, Options(2), Token).SingularValues[1], 1e-9);
            if (!expression.StartsWith("labels", StringComparison.Ordinal))
                Tolerance.AssertClose(expression, expected, engine.Fit(sample.Values, N, Context.Parse(expression), Options(2), cancellationToken: Token).SingularValues[1], 1e-9);
        }
        foreach ((string expression, string words) in new[]
        {
            ($"teacher(file={few})", $"it has {N - 1} rows, the data have {N}"), ($"kernel(file={features})", $"the matrix is ({N}, 5); it needs a row and a column for each"),
            ($"teacher(file={bad})", "row 7, column 0 (counted from 0) is NaN"), ($"kernel(file={folder.Path}/none.npy)", "none.npy"),
        })
            Assert.Contains(words, Assert.Throws<InputException>(() => engine.Fit(sample.Values, N, Context.Parse(expression), Options(2), cancellationToken: Token)).Message, StringComparison.Ordinal);
        Assert.Contains("no law of A given x", Assert.Throws<InputException>(() => engine.Train(sample.Values, N, Context.Teacher(features), cancellationToken: Token)).Message, StringComparison.Ordinal);

        static string Text(double value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_kernel_of_code_extends_from_landmarks()
    {
        ContextSample sample = Sample();
        using ContextureEngine engine = Open();
        SpectralModel exact = engine.Fit(sample, Context.Kernel(new GaussianByHand(0.1)), Options(2), cancellationToken: Token);
        SpectralModel extended = engine.Fit(sample, Context.Kernel(new GaussianByHand(0.1)), Options(2) with { Solver = SpectralSolver.Nystrom, Landmarks = 30 }, cancellationToken: Token);
        for (int f = 0; f < 2; f++)
        {
            Tolerance.AssertClose($"s_{f + 1}", exact.SingularValues[f], extended.SingularValues[f], 0.2);
            Assert.InRange(Math.Abs(Enumerable.Range(0, N).Average(i => exact.Features[(i * 2) + f] * extended.Features[(i * 2) + f])), 0.9, 1 + 1e-9);
        }
        Assert.Contains("no law at rows outside", Assert.Throws<InputException>(() => engine.Fit(sample, Context.Teacher("features"), Options(2) with { Solver = SpectralSolver.Nystrom, Landmarks = 20 }, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    // ---- the same in plain loops ----

    /// <summary>k_X - 1 of an expression, under masses of the rows it starts from.</summary>
    private static Matrix<double> Dual(Context context, ContextSample sample, Vector<double> mass)
    {
        switch (context)
        {
            case CombinationContext sum:
                // Terms of one law on one space would be mixed before the kernel is taken; here every term has a space of its own.
                return sum.Terms.Select(t => t.Weight * Dual(t.Part, sample, mass)).Aggregate((a, b) => a + b);
            case ConvolutionContext chain:
                Matrix<double> p = Dense.Of(chain.Factors[0], sample);
                Context rest = Context.Convolve([.. chain.Factors.Skip(1)]);
                return p * Dual(rest, sample, mass * p) * p.Transpose();
            case TeacherContext { Whiten: null } teacher:
                return Scaled(Features(sample.Partners[teacher.File]), mass, v => v);
            case TeacherContext { Whiten: double threshold } teacher:
                return Scaled(Features(sample.Partners[teacher.File]), mass, v => Math.Sqrt(Math.Max(0, v)) >= threshold ? 1 : 0);
            case KernelContext { File: { } file }:
                return Scaled(Matrix<double>.Build.DenseOfRowMajor(N, N, sample.Kernels[file]), mass, v => v);
            case LinearTargetContext target:
                return Scaled(Vector<double>.Build.Dense(sample.Targets[target.Column]).OuterProduct(Vector<double>.Build.Dense(sample.Targets[target.Column])), mass, v => v);
            default:
                Matrix<double> law = Dense.Of(context, sample);
                Vector<double> marginal = mass * law;
                return (law * Matrix<double>.Build.DenseOfDiagonalVector(marginal.Map(v => v > 0 ? 1 / v : 0)) * law.Transpose()) - 1;
        }
    }

    private static Matrix<double> Features(ContextSample teacher)
    {
        Matrix<double> f = Matrix<double>.Build.DenseOfRowMajor(teacher.Rows, teacher.Dimension, teacher.Values);
        return f * f.Transpose();
    }

    // Centred under the masses; the spectrum over its largest value, then changed by a function.
    private static Matrix<double> Scaled(Matrix<double> kernel, Vector<double> mass, Func<double, double> change)
    {
        Matrix<double> one = Matrix<double>.Build.DenseIdentity(N) - Matrix<double>.Build.Dense(N, N, (i, j) => mass[j]);
        Matrix<double> centred = one * kernel * one.Transpose(), roots = Matrix<double>.Build.DenseOfDiagonalVector(mass.PointwiseSqrt());
        MathNet.Numerics.LinearAlgebra.Factorization.Evd<double> spectrum = (roots * centred * roots).Evd(Symmetricity.Symmetric);
        Vector<double> values = spectrum.EigenValues.Real();
        double top = values.Maximum();
        // phi(x) = k(x, .) sqrt(w) u / lambda, at rows of mass zero too.
        Matrix<double> result = Matrix<double>.Build.Dense(N, N);
        for (int j = 0; j < N; j++)
        {
            double changed = values[j] > 1e-10 * top ? change(values[j] / top) : 0;
            if (changed == 0)
                continue;
            Vector<double> psi = centred * roots * spectrum.EigenVectors.Column(j) / values[j];
            result += changed * psi.OuterProduct(psi);
        }
        return result;
    }

    private static double TopOf(double[] gram)
    {
        Matrix<double> one = Matrix<double>.Build.DenseIdentity(N) - Matrix<double>.Build.Dense(N, N, 1.0 / N);
        return (one * Matrix<double>.Build.DenseOfRowMajor(N, N, gram) * one / N).Evd(Symmetricity.Symmetric).EigenValues.Real().Maximum();
    }

    private static double[] Columns(ReadOnlySpan<double> features, int d, int columns)
    {
        var some = new double[N * columns];
        for (int i = 0; i < N; i++)
            features.Slice(i * d, columns).CopyTo(some.AsSpan(i * columns));
        return some;
    }

    private static ContextSample Sample()
    {
        double[] values = new double[N * 4], y = new double[N], features = new double[N * 5], wide = new double[N * 50];
        new Philox(71, 1).Normals(0, values.AsSpan());
        new Philox(71, 2).Normals(0, y.AsSpan());
        new Philox(71, 3).Normals(0, features.AsSpan());
        new Philox(71, 4).Normals(0, wide.AsSpan());
        for (int e = 0; e < features.Length; e++)
            features[e] = 2 + (features[e] * Math.Pow(0.6, e % 5));
        var sample = new ContextSample(values, N, 4);
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, N).Select(i => i * i % 7 % 3)]);
        sample.Targets["y"] = y;
        sample.Partners["features"] = new ContextSample(features, N, 5);
        sample.Partners["wide"] = new ContextSample(wide, N, 50);
        sample.Kernels["gram"] = (Matrix<double>.Build.DenseOfRowMajor(N, 4, values) * Matrix<double>.Build.DenseOfRowMajor(N, 4, values).Transpose()).ToRowMajorArray();
        sample.Edges["edges"] = [.. Enumerable.Range(0, 2 * N).Select(e => (e % N, ((e * 5) + 1 + (e / N)) % N, 1.0 + (e % 3)))];
        return sample;
    }

    private static SpectralOptions Options(int dimension) => new() { Dimension = dimension, Precision = ElementPrecision.Double, Tolerance = 1e-10 };

    private static ContextureEngine Open() => ContextureEngine.Create(new EngineOptions { Device = "cpu" });

    private sealed class GaussianByHand(double gamma) : ContextKernel
    {
        public override string Name => "gaussian by hand";

        public override void Fill(ReadOnlyMemory<double> left, ReadOnlyMemory<double> right, int dimension, Span<double> kernel)
        {
            int n = right.Length / dimension;
            for (int e = 0; e < kernel.Length; e++)
            {
                int i = e / n, j = e % n;
                kernel[e] = Math.Exp(-gamma * Enumerable.Range(0, dimension).Sum(f => Math.Pow(left.Span[(i * dimension) + f] - right.Span[(j * dimension) + f], 2)));
            }
        }
    }

    private sealed class Linear : ContextKernel
    {
        public override string Name => "linear";

        public override void Fill(ReadOnlyMemory<double> left, ReadOnlyMemory<double> right, int dimension, Span<double> kernel)
        {
            int n = right.Length / dimension;
            for (int e = 0; e < kernel.Length; e++)
                kernel[e] = System.Numerics.Tensors.TensorPrimitives.Dot(left.Span.Slice(e / n * dimension, dimension), right.Span.Slice(e % n * dimension, dimension));
        }
    }
}
