using System.Globalization;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>The laws of the theory on random contexts over random samples: expressions of any shape with random parameters, each seed its own.</summary>
public sealed class ContextPropertyTests
{
    private const int N = 24, Contexts = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 6)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_spectrum_is_within_one_the_constant_stays_and_the_adjoint_is_one(int seed)
    {
        var random = new RandomExpressions((ulong)seed);
        using CpuDevice device = CpuDevice.Open();
        for (int c = 0; c < Contexts; c++)
        {
            ContextSample sample = random.Sample(N);
            string expression = random.Law(depth: 2);
            BoundContext bound = ContextBinding.Bind(Context.Parse(expression), sample, device, Token);
            double[] w = bound.InputWeights ?? EqualWeights.Of(N);
            Arithmetic<double> on = device.Arithmetic<double>();
            using LinearOperator<double> law = bound.OnSample(on);
            Matrix<double> p = Dense.Of(law);
            Tolerance.AssertClose($"{expression}: T 1", 0, (p.RowSums() - 1).AbsoluteMaximum(), 1e-11);
            Vector<double> s = Normalised(p, w).Svd(false).S;
            Tolerance.AssertClose($"{expression}: s_0", 1, s[0], 1e-9);

            double[] f = random.Normals(N), g = random.Normals(bound.Atoms);
            using DeviceMatrix<double> ofX = on.UploadMatrix<double>(f, N, 1), ofA = on.UploadMatrix<double>(g, bound.Atoms, 1), applied = on.Allocate(N, 1), adjoint = on.Allocate(bound.Atoms, 1);
            law.Apply(ofA, applied);
            law.ApplyAdjoint(ofX, adjoint);
            double left = Dot(f, on.DownloadDouble(applied)), right = Dot(g, on.DownloadDouble(adjoint)), size = Math.Sqrt(Dot(f, f) * Dot(g, g));
            Tolerance.AssertClose($"{expression}: <f, T g>", left, right, 1e-12 * size);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_second_factor_never_makes_a_singular_value_larger(int seed)
    {
        var random = new RandomExpressions((ulong)seed + 100);
        for (int c = 0; c < Contexts; c++)
        {
            ContextSample sample = random.Sample(N);
            (string first, string second) = (random.Walk(), random.Law(depth: 1));
            double[] w = EqualWeights.Of(N);
            Vector<double> alone = Normalised(Dense.Of(Context.Parse(first), sample), w).Svd(false).S, both = Normalised(Dense.Of(Context.Parse(first) * Context.Parse(second), sample), w).Svd(false).S;
            for (int i = 0; i < Math.Min(alone.Count, both.Count); i++)
                Assert.True(both[i] <= alone[i] + 1e-10, $"({first}) * ({second}): s_{i} is {both[i]}, {alone[i]} without the second factor");
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_dual_kernel_of_a_sum_is_the_weighted_sum(int seed)
    {
        var random = new RandomExpressions((ulong)seed + 200);
        double[] w = EqualWeights.Of(N);
        for (int c = 0; c < Contexts; c++)
        {
            // Of different spaces: a row of the sample, a class, a drawn value.
            ContextSample sample = random.Sample(N);
            Context[] parts = [Context.Parse(random.Walk()), Context.Labels("class", random.Share()), Context.GaussianNoise(random.Share() + 0.2, seed: (ulong)c)];
            double[] weights = [random.Share(), random.Share(), random.Share()];
            double sum = weights.Sum();
            Matrix<double> expected = parts.Select((part, i) => Dual(Dense.Of(part, sample), w) * (weights[i] / sum)).Aggregate((a, b) => a + b);
            Matrix<double> union = Dual(Dense.Of(Context.Combine((weights[0], parts[0]), (weights[1], parts[1]), (weights[2], parts[2])), sample), w);
            Assert.True((expected - union).L2Norm() < 1e-9 * expected.L2Norm(), $"{parts[0]}, {parts[1]}, {parts[2]}: {(expected - union).L2Norm()}");
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_context_twice_side_by_side_has_the_rank_of_one(int seed)
    {
        const int d = 3;
        var random = new RandomExpressions((ulong)seed + 300);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        for (int c = 0; c < 2; c++)
        {
            ContextSample sample = random.Sample(N);
            string walk = random.Walk();
            SpectralModel twice = engine.Fit(
                sample, Context.Parse($"{walk}[{d}] | {walk}[{d}]"), new SpectralOptions { Dimension = 2 * d, Precision = ElementPrecision.Double, Tolerance = 1e-10 }, cancellationToken: Token);
            Vector<double> s = Matrix<double>.Build.DenseOfRowMajor(N, 2 * d, twice.Features.ToArray()).Svd(false).S;
            Assert.InRange(s.Count(v => v > 1e-6 * s[0]), 1, d);
        }
    }

    private static Matrix<double> Normalised(Matrix<double> p, double[] w)
    {
        Vector<double> mass = Vector<double>.Build.Dense(w) * p;
        return p.MapIndexed((i, j, v) => mass[j] > 0 ? Math.Sqrt(w[i]) * v / Math.Sqrt(mass[j]) : 0);
    }

    // k_X(x, x') = sum_a P(a | x) P(a | x') / P_A(a).
    private static Matrix<double> Dual(Matrix<double> p, double[] w)
    {
        Vector<double> mass = Vector<double>.Build.Dense(w) * p;
        return p.MapIndexed((_, j, v) => mass[j] > 0 ? v / mass[j] : 0) * p.Transpose();
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>Random samples and random expressions that have a law on them.</summary>
    private sealed class RandomExpressions(ulong seed)
    {
        private readonly Philox _random = new(seed, 0x70726f70);
        private long _drawn;

        public double Share() => 0.05 + (0.9 * _random.Uniform(_drawn++));

        public double[] Normals(int count)
        {
            var values = new double[count];
            _random.Normals(2 * (_drawn / 2 + 1), values.AsSpan());
            _drawn += count + 4;
            return values;
        }

        // Two columns of numbers and two of few levels, classes, a target and edges.
        public ContextSample Sample(int n)
        {
            double[] values = Normals(n * 4);
            for (int e = 0; e < values.Length; e++)
                values[e] = e % 4 < 2 ? values[e] : Math.Round(values[e]);
            var sample = new ContextSample(values, n, 4);
            sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, n).Select(i => i < 3 ? i : Below(3))]);
            sample.Targets["y"] = Normals(n);
            sample.Edges["edges"] = [.. Enumerable.Range(0, 3 * n).Select(e => (e % n, Below(n), Share()))];
            return sample;
        }

        /// <summary>A law with A in any space.</summary>
        public string Law(int depth) => (depth == 0 ? 3 : Below(5)) switch
        {
            0 => $"({Walk()}) * ({Law(depth - 1)})",
            1 => $"{Text(Share())} ({Law(depth - 1)}) + {Text(Share())} ({Law(depth - 1)})",
            2 => Walk(),
            _ => Below(8) switch
            {
                0 => $"labels(column=class, noise={Text(Share())})",
                1 => $"noise(sigma={Text(0.1 + Share())}, draws={8 + Below(30)}, seed={Below(99)})",
                2 => $"noise(time={Text(Share())})",
                3 => $"scarf(rate={Text(Share())}, marginal={(Below(2) == 0 ? "empirical" : "uniform")}, seed={Below(99)})",
                4 => $"cutmix(rate={Text(Share())}, seed={Below(99)})",
                5 => $"tokens(rate={Text(Share())}, draws={3 + Below(9)})",
                6 => $"views(width=2, shift={Below(2)}, flip={(Below(2) == 0 ? "true" : "false")}, noise={Text(0.2 + Share())})",
                _ => Walk(),
            },
        };

        /// <summary>A law that leads to rows.</summary>
        public string Walk() => Below(9) switch
        {
            0 => $"knn(k={1 + Below(9)}, metric={(Below(2) == 0 ? "euclidean" : "manhattan")})",
            1 => $"knn(k={1 + Below(9)}, self=false, graph=symmetric)",
            2 => $"rbf(gamma={Text(2 * Share())})",
            3 => $"laplacian(gamma={Text(2 * Share())})",
            4 => $"exponential(gamma=local, k={1 + Below(9)})",
            5 => $"rbf(gamma=local, k={1 + Below(9)})",
            6 => $"labels(column=y, smoothing={Text(Share())})",
            7 => $"mask(rate={Text(0.6 * Share())}, draws=3, then=knn(k={1 + Below(5)}))",
            _ => $"cosine(gamma={Text(4 * Share())})",
        };

        private int Below(int bound) => (int)(_random.Uniform(_drawn++) * bound);

        private static string Text(double value) => value.ToString("r", CultureInfo.InvariantCulture);
    }
}
