using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>The law of every context against plain loops, on samples where it is not obvious, and what holds for all of them.</summary>
public sealed class ContextLawTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One of each kind, for what must hold of all.</summary>
    public static TheoryData<string> Everything =>
    [
        "knn(k=4)", "knn(k=4, metric=cosine)", "knn(k=4, graph=mutual)", "knn(k=4, self=false, graph=mutual)", "knn(k=4, metric=manhattan, graph=symmetric)", "knn(k=3, self=false, metric=cosine, graph=symmetric)",
        "rbf(gamma=kth)", "exponential(gamma=kth, k=3)", "rbf(gamma=local)", "laplacian(gamma=local, k=2)", "exponential(gamma=local, k=3)", "mask(rate=0.3, draws=4, then=rbf(gamma=local, k=3))", "knn(k=3) * rbf(gamma=local, k=4)",
        "rbf(gamma=0.4)", "laplacian(gamma=0.4)", "exponential(gamma=median)", "cosine(gamma=3)", "mask(rate=0.3, draws=5, then=laplacian(gamma=1))", "labels(column=class, noise=0.2)", "labels(column=y, smoothing=0.3)", "labels(columns=\"p,q,r\")", "graph(file=edges)",
        "graph(file=edges, directed=true)", "noise(sigma=0.5)", "noise(time=0.4, draws=70, seed=3)", "scarf(rate=0.5)", "scarf(rate=0.3, draws=100, seed=2)", "scarf(rate=0.6, marginal=uniform)", "scarf(rate=0.6, marginal=gaussian, draws=90)", "cutmix(rate=0.4)", "cutmix(rate=0.3, width=2, draws=80)", "cutout(width=2, size=1)", "tokens(rate=0.4, draws=30)",
        "tokens(rate=0.5, draws=all)", "mask(rate=0.4, draws=6, then=knn(k=3))", "mask(rate=0.3, draws=5, then=rbf(gamma=1))", "views(width=2, shift=1, flip=true, noise=0.7)",
        "pairs(file=partners, then=knn(k=5))", "knn(k=3) * noise(sigma=0.5)", "knn(k=5) * pairs(file=partners, then=rbf(gamma=0.5))",
        "0.4 noise(sigma=0.3) + 0.6 knn(k=4)", "rbf(gamma=1) + knn(k=3) * knn(k=3)", "knn(k=4) + knn(k=2) * knn(k=3) * rbf(gamma=1)", "mask(rate=0.4, draws=4, then=knn(k=3) + rbf(gamma=0.5)) * tokens(rate=0.5)",
    ];

    [Theory]
    [MemberData(nameof(Everything))]
    public void A_law_is_stochastic_and_its_spectrum_is_within_one(string expression)
    {
        ContextSample sample = Sample(40);
        Matrix<double> law = Law(Context.Parse(expression), sample, out BoundContext bound);
        for (int i = 0; i < law.RowCount; i++)
        {
            Tolerance.AssertClose($"sum of row {i}", 1, law.Row(i).Sum(), 1e-12);
            Assert.True(law.Row(i).Minimum() >= 0);
        }
        double[] w = bound.InputWeights ?? [.. Enumerable.Repeat(1.0 / 40, 40)];
        Vector<double> s = Normalised(law, w).Svd(false).S;
        Tolerance.AssertClose("s_0", 1, s[0], 1e-10);

        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        foreach (SpectralSolver solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov })
        {
            SpectralModel model = engine.Fit(sample, Context.Parse(expression), new SpectralOptions { Dimension = 6, Precision = ElementPrecision.Double, Solver = solver, Tolerance = 1e-10 }, cancellationToken: Token);
            for (int i = 0; i < 6; i++)
                Tolerance.AssertClose($"s_{i + 1}^2 by {solver}", i + 1 < s.Count ? s[i + 1] * s[i + 1] : 0, model.SingularValues[i] * model.SingularValues[i], 1e-8);
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Features_of_the_sample_come_back_from_a_stored_model(string expression)
    {
        const int n = 40, d = 4;
        ContextSample sample = Sample(n);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(sample, Context.Parse(expression), new SpectralOptions { Dimension = d, Precision = ElementPrecision.Double, Tolerance = 1e-11 }, cancellationToken: Token);
        string path = Path.Combine(Path.GetTempPath(), $"contexture-law-{Guid.NewGuid():n}.ctx");
        try
        {
            model.Save(path);
            SpectralModel again = SpectralModel.Load(path);
            Assert.Equal(model.Context, again.Context);
            Assert.Equal(model.Features.ToArray(), again.Features.ToArray());
            var features = new double[n * d];
            bool hasNoLaw = expression.StartsWith("graph", StringComparison.Ordinal) || expression.StartsWith("pairs", StringComparison.Ordinal);
            if (hasNoLaw)
            {
                Assert.Contains("defined on the rows it was fitted with", Assert.Throws<InputException>(() => again.Transform(sample, features)).Message, StringComparison.Ordinal);
                return;
            }
            again.Transform(sample, features);
            for (int e = 0; e < features.Length; e++)
                Tolerance.AssertClose($"feature {e % d} of row {e / d}", model.Features[e], features[e], 1e-6);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Tokens_lead_to_what_their_masks_leave_visible()
    {
        // Three columns, one of them two inputs wide; the law between two rows is the share of masks on whose visible columns they agree.
        double[] values = [0, 1, 0, 5, 0, 1, 0, 6, 1, 1, 0, 5, 0, 0, 1, 5, 0, 1, 0, 5];
        ContextSample sample = new(values, 5, 4) { ColumnStarts = [0, 1, 3, 4] };
        const double Rate = 0.3;
        Matrix<double> p = Law(Context.Tokens(Rate, null), sample, out BoundContext bound), together = p * p.Transpose();
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 5; j++)
            {
                double expected = 0;
                for (int mask = 0; mask < 8; mask++)
                {
                    bool[] visible = [(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0];
                    bool agree = (!visible[0] || values[i * 4] == values[j * 4]) && (!visible[1] || (values[(i * 4) + 1] == values[(j * 4) + 1] && values[(i * 4) + 2] == values[(j * 4) + 2]))
                        && (!visible[2] || values[(i * 4) + 3] == values[(j * 4) + 3]);
                    double weight = visible.Aggregate(1.0, (q, v) => q * (v ? 1 - Rate : Rate));
                    expected += agree ? weight * weight : 0;
                }
                Tolerance.AssertClose($"({i}, {j})", expected, together[i, j], 1e-14);
            }
        }
        Assert.Contains(Bound(Context.Tokens(0.05), Sample(40)).Warnings, w => w.Contains("nearly the identity", StringComparison.Ordinal));
        Assert.Empty(bound.Warnings);
    }

    [Fact]
    public void Masks_average_the_laws_on_visible_columns()
    {
        ContextSample sample = Sample(25);
        Context then = Context.Knn(4);
        bool[][] masks = ColumnMask.Draw(sample.Dimension, 0.4, 7, 5, v => v.Contains(true))!;
        Assert.Contains(masks, m => m.Contains(false));
        Matrix<double> expected = masks.Select(m => Law(then, ColumnMask.Hide(sample, m), out _)).Aggregate((a, b) => a + b) / 7;
        Assert.True((expected - Law(Context.Mask(0.4, then, 7, 5), sample, out _)).L2Norm() < 1e-14);
        // Hidden columns really do not count.
        ContextSample other = ColumnMask.Hide(sample, [true, false, true, false]);
        Assert.All(Enumerable.Range(0, 25), i => Assert.Equal((sample.Values[i * 4], 0, sample.Values[(i * 4) + 2], 0), (other.Values[i * 4], other.Values[(i * 4) + 1], other.Values[(i * 4) + 2], other.Values[(i * 4) + 3])));
    }

    [Fact]
    public void Masks_are_a_function_of_the_seed_and_grow_by_appending()
    {
        bool[][] masks = ColumnMask.Draw(40, 0.2, 8, 5, _ => true)!;
        Assert.Equal(masks, ColumnMask.Draw(40, 0.2, 20, 5, _ => true)![..8]);
        Assert.NotEqual(masks, ColumnMask.Draw(40, 0.2, 8, 6, _ => true)!);
        foreach (double rate in new[] { 0.2, 0.7 })
        {
            double hidden = ColumnMask.Draw(50, rate, 400, 1, _ => true)!.Average(mask => mask.Count(v => !v) / 50.0);
            Tolerance.AssertClose("hidden", rate, hidden, Tolerance.OfMean(Math.Sqrt(rate * (1 - rate)), 400 * 50));
        }
        Assert.Null(ColumnMask.Draw(3, 0.5, 2, 1, _ => false));
        Assert.All(ColumnMask.Draw(3, 0.9, 50, 1, mask => mask.Contains(true))!, mask => Assert.Contains(true, mask));
    }

    [Fact]
    public void A_target_is_smoothed_in_its_standard_deviations()
    {
        ContextSample sample = Sample(30);
        double[] y = sample.Targets["y"];
        double mean = y.Average(), deviation = Math.Sqrt(y.Average(v => (v - mean) * (v - mean)));
        Matrix<double> expected = Matrix<double>.Build.Dense(30, 30, (i, j) => Math.Exp(-0.5 * Math.Pow((y[i] - y[j]) / (0.3 * deviation), 2))).NormalizeRows(1);
        Assert.True((expected - Law(Context.Target("y", 0.3), sample, out _)).L2Norm() < 1e-12);
    }

    [Fact]
    public void Kernels_of_other_distances_are_what_their_names_say()
    {
        ContextSample sample = Sample(25);
        double Delta(int i, int j, Func<double, double, double> term) => Enumerable.Range(0, 4).Sum(f => term(sample.Values[(i * 4) + f], sample.Values[(j * 4) + f]));
        double Length(int i) => Math.Sqrt(Delta(i, i, (a, b) => a * b));
        (Context Context, Func<int, int, double> Log)[] kernels =
        [
            (Context.Laplacian(0.6), (i, j) => -0.6 * Delta(i, j, (a, b) => Math.Abs(a - b))),
            (Context.Exponential(0.6), (i, j) => -0.6 * Math.Sqrt(Delta(i, j, (a, b) => (a - b) * (a - b)))),
            (Context.Cosine(3), (i, j) => 3 * Delta(i, j, (a, b) => a * b) / (Length(i) * Length(j))),
        ];
        foreach ((Context context, Func<int, int, double> log) in kernels)
            Assert.True((Matrix<double>.Build.Dense(25, 25, (i, j) => Math.Exp(log(i, j))).NormalizeRows(1) - Law(context, sample, out _)).L2Norm() < 1e-12, context.ToString());
        double[] sums = [.. from i in Enumerable.Range(0, 25) from j in Enumerable.Range(0, i) select Delta(i, j, (a, b) => Math.Abs(a - b))];
        Array.Sort(sums);
        Assert.Equal(Context.Laplacian(1 / (0.5 * (sums[149] + sums[150]))).ToString(), ContextBinding.Resolve(Context.Laplacian(null), sample).ToString());
        Assert.Contains("row 1 (counted from 0) is zero", Assert.Throws<InputException>(() => Bound(Context.Cosine(1), new ContextSample([1, 2, 0, 0, 3, 4], 3, 2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RadialKernelKind.Gaussian)]
    [InlineData(RadialKernelKind.Exponential)]
    [InlineData(RadialKernelKind.Laplacian)]
    public void A_locally_scaled_kernel_goes_by_the_neighbourhoods_of_both_rows(RadialKernelKind kind)
    {
        // Rows 0 .. 24 are the sample, the others are new; neighbours are those of the sample, and a row is none of its own.
        const int n = 25, k = 3;
        ContextSample all = Sample(n + 6), sample = all.Subset([.. Enumerable.Range(0, n)]), other = all.Subset([.. Enumerable.Range(n, 6), 4, 11]);
        double Delta(ContextSample a, int i, ContextSample b, int j)
        {
            double[] differences = [.. Enumerable.Range(0, 4).Select(f => Math.Abs(a.Values[(i * 4) + f] - b.Values[(j * 4) + f]))];
            return kind switch { RadialKernelKind.Laplacian => differences.Sum(), RadialKernelKind.Exponential => Math.Sqrt(differences.Sum(v => v * v)), _ => differences.Sum(v => v * v) };
        }
        double Tau(ContextSample rows, int i) => Enumerable.Range(0, n).Select(j => Delta(rows, i, sample, j)).Where(delta => delta > 0).Order().ElementAt(k - 1);
        Matrix<double> Expected(ContextSample rows) =>
            Matrix<double>.Build.Dense(rows.Rows, n, (i, j) => Math.Exp(-Delta(rows, i, sample, j) / Math.Sqrt(Tau(rows, i) * Tau(sample, j)))).NormalizeRows(1);
        Context context = Context.LocallyScaled(k, kind);
        Assert.True((Expected(sample) - Law(context, sample, out BoundContext bound)).L2Norm() < 1e-12);
        using CpuDevice device = CpuDevice.Open();
        using (LinearOperator<double> at = bound.At(device.Arithmetic<double>(), other, device))
            Assert.True((Expected(other) - Dense.Of(at)).L2Norm() < 1e-12);
        // In single precision as well, far from the origin and with the scale of the data a thousandth of that: distances come from differences.
        ContextSample far = new([.. sample.Values.Select(v => 10 + (0.01 * v))], n, 4);
        using LinearOperator<float> single = ContextBinding.Bind(context, far, device, Token).OnSample(device.Arithmetic<float>());
        using DeviceMatrix<float> identity = single.Arithmetic.UploadMatrix<float>(Matrix<double>.Build.DenseIdentity(n).ToRowMajorArray(), n, n), result = single.Arithmetic.Allocate(n, n);
        single.Apply(identity, result);
        Assert.True((Expected(sample) - Matrix<double>.Build.DenseOfRowMajor(n, n, single.Arithmetic.DownloadDouble(result))).L2Norm() < 1e-3);
    }

    [Fact]
    public void Local_scaling_sees_no_scale_of_the_data_and_keeps_a_dense_and_a_sparse_cluster_apart_from_neither()
    {
        ContextSample sample = Sample(30);
        Matrix<double> law = Law(Context.LocallyScaled(4), sample, out _);
        Assert.True((law - Law(Context.LocallyScaled(4), new ContextSample([.. sample.Values.Select(v => 1000 * v)], 30, 4), out _)).L2Norm() < 1e-11);
        // The same cloud twice, once a hundred times as wide, far apart: both keep the law they have alone, whereas one scale for both is too wide for one or too narrow for the other.
        double[] two = [.. sample.Values, .. sample.Values.Select((v, e) => (100 * v) + (e % 4 == 0 ? 1e5 : 0))];
        Matrix<double> both = Law(Context.LocallyScaled(4), new ContextSample(two, 60, 4), out _);
        Assert.True((law - both.SubMatrix(0, 30, 0, 30)).L2Norm() < 1e-9);
        Assert.True((law - both.SubMatrix(30, 30, 30, 30)).L2Norm() < 1e-9);
    }

    [Fact]
    public void A_new_row_far_from_all_others_still_has_a_law()
    {
        ContextSample sample = Sample(20), far = new([1e4, -2e4, 5e3, 0], 1, 4);
        using CpuDevice device = CpuDevice.Open();
        BoundContext bound = ContextBinding.Bind(Context.LocallyScaled(3), sample, device, Token);
        using LinearOperator<float> law = bound.At(device.Arithmetic<float>(), far, device);
        using DeviceMatrix<float> ones = law.Arithmetic.Allocate(20, 1), sum = law.Arithmetic.Allocate(1, 1);
        law.Arithmetic.Fill(ones, 1);
        law.Apply(ones, sum);
        Tolerance.AssertClose("sum", 1, law.Arithmetic.DownloadDouble(sum)[0], 1e-2);
    }

    [Fact]
    public void Rows_without_a_scale_are_refused_with_the_k_that_would_do()
    {
        // Row 2 comes five times, so its four others are at distance 0.
        ContextSample sample = new([0, 1, 2, 2, 2, 2, 2, 3, 5, 8], 10, 1);
        Assert.Contains("neighbour 4 of row 2 (counted from 0) is at a distance of 0, which is no scale: up to 5 rows are equal; take k=5 or above",
            Assert.Throws<InputException>(() => Bound(Context.LocallyScaled(4), sample)).Message, StringComparison.Ordinal);
        Assert.Equal(10, Bound(Context.LocallyScaled(5), sample).Atoms);
        Assert.Contains("at most 9 other rows exist", Assert.Throws<InputException>(() => Bound(Context.LocallyScaled(10), sample)).Message, StringComparison.Ordinal);
        Assert.Contains("must vary", Assert.Throws<InputException>(() => Bound(Context.LocallyScaled(2), new ContextSample(new double[10], 10, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("there is no kernel 9", Assert.Throws<InputException>(() => Context.LocallyScaled(2, (RadialKernelKind)9)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directed_graph_is_one_joint_law_of_its_edges()
    {
        ContextSample sample = Sample(12);
        (int From, int To, double Weight)[] edges = [.. sample.Edges["edges"]];
        Matrix<double> p = Law(Context.DirectedGraph("edges"), sample, out BoundContext bound);
        Matrix<double> joint = Matrix<double>.Build.Dense(12, 12);
        foreach ((int from, int to, double weight) in edges)
            joint[from, to] += weight / edges.Sum(e => e.Weight);
        for (int i = 0; i < 12; i++)
        {
            Tolerance.AssertClose($"P_X of {i}", joint.Row(i).Sum(), bound.InputWeights![i], 1e-14);
            for (int j = 0; j < 12; j++)
                Tolerance.AssertClose($"({i}, {j})", joint[i, j], bound.InputWeights[i] * p[i, j], 1e-14);
        }
        Assert.True((Law(Context.Graph("edges"), sample, out _) - p).L2Norm() > 0.1);
    }

    [Fact]
    public void Views_and_noise_have_the_posterior_of_what_was_drawn()
    {
        // Through the law alone: with views v(x) and sharp noise, the most probable atom of a row is one drawn from it, and rows that are views of each other share their law.
        double[] images = [1, 0, 0, 0, 0, 1, 0, 0, 3, 3, 0, 0, 5, 0, 5, 0];
        ContextSample sample = new(images, 4, 4);
        Matrix<double> p = Law(Context.Views(2, 0.05, mirror: ImageMirror.Horizontal, draws: 40), sample, out _);
        Assert.True((p.Row(0) - p.Row(1)).L2Norm() < 1e-9);                     // mirror images of each other
        Assert.True((p.Row(0) - p.Row(2)).L2Norm() > 0.1);
        for (int a = 0; a < 40; a++)
            Assert.Equal(a % 4 < 2, p[0, a] > 1e-6);                            // atom a was drawn from row a mod 4
        p = Law(Context.GaussianNoise(0.01, 12), sample, out _);
        for (int a = 0; a < 12; a++)
            for (int i = 0; i < 4; i++)
                Tolerance.AssertClose($"({i}, {a})", a % 4 == i ? 1.0 / 3 : 0, p[i, a], 1e-9);
    }

    [Fact]
    public void Replaced_columns_have_the_posterior_of_plain_loops()
    {
        const int n = 24, m = 60;
        const double Rate = 0.45;
        ContextSample sample = new([.. Enumerable.Range(0, n * 3).Select(e => (double)((e * 7 % 11) % (e % 3 + 2)))], n, 3);
        Matrix<double> p = Law(Context.Scarf(Rate, m), sample, out _);
        // The atoms are not shown, but every law that is right has the ratio p(a | x_i) / p(a | x_j) as the ratio P_im c_i / (P_jm c_j), c_i the same for all m: so for all pairs of
        // atoms the double ratio is that of densities, which take few values. Recover each atom from the candidates by that and compare everything.
        double[][] counts = [.. Enumerable.Range(0, 3).Select(f => new double[12])];
        for (int i = 0; i < n; i++)
            for (int f = 0; f < 3; f++)
                counts[f][(int)sample.Values[(i * 3) + f]] += 1.0 / n;
        double Density(double[] a, int i) =>
            Enumerable.Range(0, 3).Aggregate(1.0, (q, f) => q * ((Rate * counts[f][(int)a[f]]) + (a[f] == sample.Values[(i * 3) + f] ? 1 - Rate : 0)));
        double[][] candidates = [.. from a in Levels(0) from b in Levels(1) from c in Levels(2) select new[] { a, b, c }];
        // P_im = q_im / r_i with q_im = p(a_m | x_i) / sum_l p(a_m | x_l), r_i = sum_m q_im. Given the row sums r, atom m must match q_im = P_im r_i; r is the fixed point.
        double[] r = [.. Enumerable.Repeat((double)m / n, n)];
        int[] chosen = new int[m];
        for (int round = 0; round < 50; round++)
        {
            for (int a = 0; a < m; a++)
                chosen[a] = Enumerable.Range(0, candidates.Length).MinBy(c => Enumerable.Range(0, n).Sum(i => Math.Pow((p[i, a] * r[i]) - Share(candidates[c], i), 2)));
            r = [.. Enumerable.Range(0, n).Select(i => chosen.Sum(c => Share(candidates[c], i)))];
        }
        for (int i = 0; i < n; i++)
            for (int a = 0; a < m; a++)
                Tolerance.AssertClose($"({i}, {a})", Share(candidates[chosen[a]], i) / r[i], p[i, a], 1e-6);

        double Share(double[] a, int i) => Density(a, i) / Enumerable.Range(0, n).Sum(l => Density(a, l));

        IEnumerable<double> Levels(int f) => Enumerable.Range(0, n).Select(i => sample.Values[(i * 3) + f]).Distinct();
    }

    [Fact]
    public void A_law_of_ones_own_does_what_it_says()
    {
        ContextSample sample = Sample(30);
        Context own = Context.Custom(new NearestByHand());
        Assert.True((Law(own, sample, out _) - Law(Context.Knn(3), sample, out _)).L2Norm() < 1e-14);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(sample, own, new SpectralOptions { Dimension = 3, Precision = ElementPrecision.Double }, cancellationToken: Token);
        string path = Path.Combine(Path.GetTempPath(), $"contexture-custom-{Guid.NewGuid():n}.ctx");
        try
        {
            model.Save(path);
            var features = new double[30 * 3];
            Assert.Contains("not at hand", Assert.Throws<InputException>(() => SpectralModel.Load(path).Transform(sample.Values, features)).Message, StringComparison.Ordinal);
            SpectralModel.Load(path, new NearestByHand()).Transform(sample.Values, features);
            for (int e = 0; e < features.Length; e++)
                Tolerance.AssertClose("feature", model.Features[e], features[e], 1e-6);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("must sum to 1", Assert.Throws<InputException>(() => Bound(Context.Custom(new Lopsided()), sample)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens(rate=0.5, draws=all)", 15, "at most 14")]
    [InlineData("views(width=3, noise=1)", 4, "no multiple of the width 3")]
    [InlineData("views(width=2, shift=2, noise=1)", 4, "a shift of 2 pixels can leave nothing of an image of 2 x 2; it must be at most 1")]
    [InlineData("views(width=1, shift=1, noise=1)", 4, "must be at most 0")]
    [InlineData("views(width=4, shift=2000000000, noise=1)", 16, "must be at most 3")]
    [InlineData("noise(sigma=1, draws=2000000000)", 4, "fewer draws")]
    [InlineData("cutmix(rate=0.5, draws=2000000000)", 4, "fewer draws")]
    [InlineData("cutmix(rate=0.5, width=3)", 4, "no multiple of the width 3")]
    [InlineData("cutout(width=3, size=1)", 4, "no multiple of the width 3")]
    [InlineData("cutout(width=2, size=3)", 4, "a box of 3 x 3 pixels does not fit into an image of 2 x 2")]
    [InlineData("pairs(file=nowhere, then=knn(k=2))", 4, "no second modality")]
    [InlineData("pairs(file=partners, then=knn(k=2)) * knn(k=2)", 4, "followed by another")]
    [InlineData("noise(sigma=1) * knn(k=2)", 4, "followed by another")]
    [InlineData("labels(column=nothing, smoothing=1)", 4, "no column 'nothing'")]
    [InlineData("labels(columns=\"a,b\")", 4, "does not have these columns")]
    [InlineData("custom(name=mine)", 4, "not at hand")]
    [InlineData("mask(rate=0.99999999, draws=2, then=knn(k=2))", 4, "lower rate")]
    public void What_the_sample_does_not_allow_is_refused(string expression, int dimension, string words)
    {
        var sample = new ContextSample([.. Enumerable.Range(0, 20 * dimension).Select(e => (double)(e * e % 17))], 20, dimension);
        sample.Partners["partners"] = sample;
        InputException refusal = Assert.Throws<InputException>(() => Bound(Context.Parse(expression), sample));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    // ---- helpers ----

    private static ContextSample Sample(int n)
    {
        double[] values = new double[n * 4], y = new double[n], soft = new double[n * 3], other = new double[n * 2];
        new Philox(31, 1).Normals(0, values.AsSpan());
        new Philox(31, 2).Normals(0, y.AsSpan());
        new Philox(31, 3).Normals(0, other.AsSpan());
        var sample = new ContextSample(values, n, 4);
        for (int i = 0; i < n; i++)
        {
            soft[i * 3] = i % 3 == 0 ? 1 : 0.2;
            soft[(i * 3) + 1] = i % 3 == 0 ? 0 : 0.5;
            soft[(i * 3) + 2] = 1 - soft[i * 3] - soft[(i * 3) + 1];
        }
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, n).Select(i => i * i % 7 % 3)]);
        sample.Targets["y"] = y;
        sample.SoftLabels["p,q,r"] = soft;
        sample.Partners["partners"] = new ContextSample(other, n, 2);
        sample.Edges["edges"] = [.. Enumerable.Range(0, 2 * n).Select(e => (e % n, (e * 5 + 1 + (e / n)) % n, 1.0 + (e % 3)))];
        return sample;
    }

    private static BoundContext Bound(Context context, ContextSample sample)
    {
        using CpuDevice device = CpuDevice.Open();
        return ContextBinding.Bind(ContextBinding.Resolve(context, sample), sample, device, Token);
    }

    // P by applying it to the identity.
    private static Matrix<double> Law(Context context, ContextSample sample, out BoundContext bound)
    {
        using CpuDevice device = CpuDevice.Open();
        bound = ContextBinding.Bind(ContextBinding.Resolve(context, sample), sample, device, Token);
        Arithmetic<double> on = device.Arithmetic<double>();
        int m = bound.Atoms;
        using LinearOperator<double> law = bound.OnSample(on);
        using DeviceMatrix<double> identity = on.UploadMatrix<double>(Matrix<double>.Build.DenseIdentity(m).ToRowMajorArray(), m, m), result = on.Allocate(bound.Rows, m);
        law.Apply(identity, result);
        return Matrix<double>.Build.DenseOfRowMajor(bound.Rows, m, on.DownloadDouble(result));
    }

    private static Matrix<double> Normalised(Matrix<double> p, double[] w)
    {
        Vector<double> mass = Vector<double>.Build.Dense(w) * p;
        return p.MapIndexed((i, j, v) => mass[j] > 0 ? Math.Sqrt(w[i]) * v / Math.Sqrt(mass[j]) : 0);
    }

    private sealed class NearestByHand : ContextLaw
    {
        public override string Name => "nearest by hand";

        public override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension)
        {
            int n = sample.Length / dimension, m = rows.Length / dimension;
            double Distance(int i, int j) => Enumerable.Range(0, dimension).Sum(f => Math.Pow(rows.Span[(i * dimension) + f] - sample.Span[(j * dimension) + f], 2));
            int[] columns = [.. Enumerable.Range(0, m).SelectMany(i => Enumerable.Range(0, n).OrderBy(j => Distance(i, j)).ThenBy(j => j).Take(3).Order())];
            return new CompressedRows(m, n, [.. Enumerable.Range(0, m + 1).Select(i => 3 * i)], columns, [.. Enumerable.Repeat(1.0 / 3, 3 * m)]);
        }
    }

    private sealed class Lopsided : ContextLaw
    {
        public override string Name => "lopsided";

        public override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension) =>
            new(rows.Length / dimension, 1, [.. Enumerable.Range(0, (rows.Length / dimension) + 1)], new int[rows.Length / dimension], [.. Enumerable.Repeat(0.5, rows.Length / dimension)]);
    }
}
