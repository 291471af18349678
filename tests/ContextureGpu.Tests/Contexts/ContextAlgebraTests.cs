using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>The algebra in code says the same as the text; values compare by content; dimensions are shared out.</summary>
public sealed class ContextAlgebraTests
{
    private static readonly Context A = Context.Knn(k: 5), B = Context.Rbf(gamma: 1), C = Context.Labels("class", noise: 0.1);

    public static TheoryData<Context, string> Algebra => new()
    {
        { Context.Knn(k: 30), "knn(k=30)" },
        { Context.Knn(30, KnnSelf.Excluded), "knn(k=30, self=false)" },
        { Context.Knn(30, metric: NeighborMetric.Euclidean), "knn(k=30)" },
        { Context.Knn(30, metric: NeighborMetric.Cosine), "knn(k=30, metric=cosine)" },
        { Context.Knn(30, KnnSelf.Excluded, NeighborMetric.Manhattan), "knn(k=30, self=false, metric=manhattan)" },
        { Context.RbfMedian(), "rbf(gamma=median)" },
        { Context.LocallyScaled(), "rbf(gamma=local)" },
        { Context.LocallyScaled(4, RadialKernelKind.Laplacian), "laplacian(gamma=local, k=4)" },
        { Context.Labels("a,b"), "labels(column=\"a,b\")" },
        { Context.Graph("edges.csv"), "graph(file=edges.csv)" },
        { A * B, "knn(k=5) * rbf(gamma=1)" },
        { A * (B * C), "knn(k=5) * rbf(gamma=1) * labels(column=class, noise=0.1)" },
        { Context.Convolve(A, B, C), "knn(k=5) * rbf(gamma=1) * labels(column=class, noise=0.1)" },
        { A + B, "knn(k=5) + rbf(gamma=1)" },
        { A + B + C, "knn(k=5) + rbf(gamma=1) + labels(column=class, noise=0.1)" },
        { A + (B + C), "knn(k=5) + rbf(gamma=1) + labels(column=class, noise=0.1)" },
        { (Context)(A + B) + C, "(knn(k=5) + rbf(gamma=1)) + labels(column=class, noise=0.1)" },
        { (A + B) + (C + A), "knn(k=5) + rbf(gamma=1) + labels(column=class, noise=0.1) + knn(k=5)" },
        { 0.3 * A + 0.7 * B, "0.3 knn(k=5) + 0.7 rbf(gamma=1)" },
        { 1 * A + 2 * B + 5 * C, "0.125 knn(k=5) + 0.25 rbf(gamma=1) + 0.625 labels(column=class, noise=0.1)" },
        { 1 * A + (2 * B + 5 * C), "0.125 knn(k=5) + 0.25 rbf(gamma=1) + 0.625 labels(column=class, noise=0.1)" },
        { 0.3 * A * B + 0.7 * C, "0.3 knn(k=5) * rbf(gamma=1) + 0.7 labels(column=class, noise=0.1)" },
        { 0.25 * (A + B) + 0.75 * C, "0.25 (knn(k=5) + rbf(gamma=1)) + 0.75 labels(column=class, noise=0.1)" },
        { Context.Combine((0.3, A), (0.7, B)), "0.3 knn(k=5) + 0.7 rbf(gamma=1)" },
        { (A + B) * C, "(knn(k=5) + rbf(gamma=1)) * labels(column=class, noise=0.1)" },
        { C * (A + B), "labels(column=class, noise=0.1) * (knn(k=5) + rbf(gamma=1))" },
        { (A + B) * (B + C), "(knn(k=5) + rbf(gamma=1)) * (rbf(gamma=1) + labels(column=class, noise=0.1))" },
        { A | B, "knn(k=5) | rbf(gamma=1)" },
        { A | (B | C), "knn(k=5) | rbf(gamma=1) | labels(column=class, noise=0.1)" },
        { A + B | B + C, "knn(k=5) + rbf(gamma=1) | rbf(gamma=1) + labels(column=class, noise=0.1)" },
        { Context.Concatenate(A, B, C), "knn(k=5) | rbf(gamma=1) | labels(column=class, noise=0.1)" },
        { Context.Concatenate((A, 32), (B * C, null)), "knn(k=5)[32] | rbf(gamma=1) * labels(column=class, noise=0.1)" },
        { Context.Concatenate((A | B, 7), (C, null)), "(knn(k=5) | rbf(gamma=1))[7] | labels(column=class, noise=0.1)" },
        { Context.Convolve(A), "knn(k=5)" },
        { Context.Combine((3, A)), "knn(k=5)" },
        { Context.Concatenate(A), "knn(k=5)" },
    };

    [Theory]
    [MemberData(nameof(Algebra))]
    public void AgreesWithTheText(Context context, string text)
    {
        Context parsed = Context.Parse(text);
        Assert.Equal(parsed, context);
        Assert.True(parsed == context && !(parsed != context) && parsed.Equals((object)context));
        Assert.Equal(parsed.GetHashCode(), context.GetHashCode());
        Assert.Equal(context, Context.Parse(context.ToString()));
    }

    [Fact]
    public void DifferentExpressionsDiffer()
    {
        Context[] contexts =
        [
            A, Context.Knn(6), Context.Knn(5, KnnSelf.Excluded), Context.Knn(5, metric: NeighborMetric.Cosine), Context.Knn(5, metric: NeighborMetric.Manhattan), B, Context.Rbf(Math.BitIncrement(1.0)), Context.RbfMedian(), Context.Labels("median"),
            C, Context.Labels("class"), Context.Labels("Class"), Context.Labels("class "), Context.Labels("class, noise=0.1"), Context.Graph("class"),
            A * B, B * A, A * B * A, A + B, B + A, A + A, A + A + A, 0.3 * A + 0.7 * B, 0.7 * A + 0.3 * B, A | B, B | A, A | A,
            Context.Concatenate((A, 1), (B, null)), Context.Concatenate((A, null), (B, 1)), Context.Concatenate((A, 1), (B, 1)),
            (A + B) * C, A + B * C, A * B + C,
        ];
        for (int i = 0; i < contexts.Length; i++)
            for (int j = 0; j < contexts.Length; j++)
                Assert.Equal(i == j, contexts[i] == contexts[j]);
        Assert.False(A.Equals(null) || A == null || null == A);
        Assert.Equal(contexts.Length, contexts.ToHashSet().Count);
    }

    [Fact]
    public void NodesCarryTheirValues()
    {
        Assert.True(Context.Parse("knn(k=7, self=false)") is KnnContext { K: 7, IncludeSelf: false });
        Assert.True(Context.Parse("rbf(gamma=0.25)") is RbfContext { Gamma: 0.25 });
        Assert.True(Context.Parse("rbf(gamma=median)") is RbfContext { Gamma: null });
        Assert.True(Context.Parse("labels(column=\"a \"\"b\"\"\", noise=0.5)") is LabelsContext { Column: "a \"b\"", Noise: 0.5 });
        Assert.True(Context.Parse("graph(file= x y.csv )") is GraphContext { File: "x y.csv" });
        Assert.Equal([A, B, A], Assert.IsType<ConvolutionContext>(A * B * A).Factors);
        Assert.Equal([(0.25, A), (0.25, B), (0.5, C)], Assert.IsType<CombinationContext>(Context.Combine((1, A + B), (1, C))).Terms);
        Assert.Equal([(A, null), (B, 4)], Assert.IsType<ConcatenationContext>(Context.Parse("knn(k=5) | rbf(gamma=1)[4]")).Parts);
    }

    [Fact]
    public void WeightsThatSumToOneStayAsTheyAre()
    {
        var terms = Assert.IsType<CombinationContext>((Context)(0.1 * A + 0.2 * B + 0.7 * C)).Terms;
        Assert.Equal([0.1, 0.2, 0.7], terms.Select(term => term.Weight));
    }

    [Fact]
    public void ValuesThatTheTextLeavesOutAreTheirDefaults()
    {
        const double NearThird = 0.3333333333334;
        var terms = Assert.IsType<CombinationContext>(Context.Combine((NearThird, A), (NearThird, B), (NearThird, C))).Terms;
        Assert.All(terms, term => Assert.Equal(1.0 / 3, term.Weight));
        Assert.False(double.IsNegative(Assert.IsType<LabelsContext>(Context.Labels("c", -0.0)).Noise));
    }

    [Fact]
    public void RefusesArgumentsOutOfRange()
    {
        Func<object>[] refused =
        [
            () => Context.Knn(0), () => Context.Knn(1, (KnnSelf)9), () => Context.Knn(1, metric: (NeighborMetric)9), () => Context.Rbf(0), () => Context.Rbf(double.NaN), () => Context.Rbf(double.PositiveInfinity),
            () => Context.LocallyScaled(0), () => Context.NeighborScaled(0), () => Context.Labels("c", 1), () => Context.Labels("c", -0.1), () => Context.Labels("c", double.NaN), () => Context.Graph(""),
            () => Context.Convolve(), () => Context.Combine(), () => Context.Concatenate(Array.Empty<Context>()),
            () => Context.Combine((0, A), (1, B)), () => -1 * A, () => double.NaN * (A + B), () => Context.Concatenate((A, 0), (B, 1)),
        ];
        Assert.All(refused, build => Assert.Contains("must", Assert.Throws<InputException>(build).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void RefusesWhatTheTextRefuses()
    {
        Func<object>[] inside =
        [
            () => (A | B) * C, () => A * (B | C), () => (A | B) + C, () => A + B + (B | C),
            () => 0.5 * (A | B), () => Context.Combine((1, A), (1, B | C)),
        ];
        Assert.All(inside, build => Assert.Contains("concatenation cannot be part", Assert.Throws<InputException>(build).Message, StringComparison.Ordinal));

        Func<object>[] mixed =
        [
            () => 0.3 * A + 0.7 * B + C, () => A + (0.3 * A + 0.7 * B), () => A + B + 0.5 * C,
            () => 0.5 * C + (A + B), () => A + B + (0.3 * A + 0.7 * B),
        ];
        Assert.All(mixed, build => Assert.Contains("every term a weight, or none", Assert.Throws<InputException>(build).Message, StringComparison.Ordinal));

        Assert.Contains("alone", Assert.Throws<InputException>(() => Context.Concatenate((A, 3))).Message, StringComparison.Ordinal);
        Assert.Contains("too far apart", Assert.Throws<InputException>(() => Context.Combine((1e-300, A), (1e300, B))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesWhatCouldNotBeReadBack()
    {
        Context deep = A;
        for (int i = 0; i < 200; i++)
            deep = (deep + B) * C;
        Assert.Equal(deep, Context.Parse(deep.ToString()));
        Assert.Contains("at most 200", Assert.Throws<InputException>(() => (deep + B) * C).Message, StringComparison.Ordinal);

        Context longest = Context.Graph(new string('x', 65_536 - "graph(file=)".Length));
        Assert.Equal(longest, Context.Parse(longest.ToString()));
        Assert.Contains("at most 65536", Assert.Throws<InputException>(() => longest * A).Message, StringComparison.Ordinal);
        Assert.Contains("at most 65536", Assert.Throws<InputException>(() => Context.Labels(new string('"', 40_000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesNothing()
    {
        Func<object>[] nulls =
        [
            () => A * (Context)null!, () => (Context)null! * A, () => A + (Context)null!, () => (Context)null! + A, () => A | null!, () => 0.5 * (Context)null!,
            () => Context.Labels(null!), () => Context.Graph(null!), () => Context.Combine((1, null!)), () => A + B + (Context)null!,
            () => (Context)(ContextSum)null!, () => 0.5 * A + (WeightedContext)null!, () => (WeightedContext)null! * A,
        ];
        Assert.All(nulls, build => Assert.Throws<ArgumentNullException>(build));
    }

    [Theory]
    [InlineData("knn(k=1) | knn(k=2)", 8, new[] { 4, 4 })]
    [InlineData("knn(k=1) | knn(k=2) | knn(k=3)", 11, new[] { 4, 4, 3 })]
    [InlineData("knn(k=1) | knn(k=2) | knn(k=3)", 3, new[] { 1, 1, 1 })]
    [InlineData("knn(k=1)[5] | knn(k=2) | knn(k=3)", 12, new[] { 5, 4, 3 })]
    [InlineData("knn(k=1) | knn(k=2)[5] | knn(k=3)", 12, new[] { 4, 5, 3 })]
    [InlineData("knn(k=150)[32] | rbf(gamma=0.1)[96]", 128, new[] { 32, 96 })]
    public void SharesTheDimension(string text, int dimension, int[] expected) =>
        Assert.Equal(expected, Assert.IsType<ConcatenationContext>(Context.Parse(text)).Split(dimension));

    [Theory]
    [InlineData("knn(k=150)[32] | rbf(gamma=0.1)[96]", 127, "sum to 128")]
    [InlineData("knn(k=150)[32] | rbf(gamma=0.1)[96]", 129, "sum to 128")]
    [InlineData("knn(k=1) | knn(k=2) | knn(k=3)", 2, "at least 3")]
    [InlineData("knn(k=1) | knn(k=2)[5] | knn(k=3)", 6, "at least 7")]
    [InlineData("knn(k=1) | knn(k=2)", 0, "at least 2")]
    [InlineData("knn(k=1) | knn(k=2)", int.MinValue, "at least 2")]
    [InlineData("knn(k=1)[2147483647] | knn(k=2)[2147483647] | knn(k=3)", 5, "at least 4294967295")]
    public void RefusesADimensionThatCannotBeShared(string text, int dimension, string reason)
    {
        ConcatenationContext context = Assert.IsType<ConcatenationContext>(Context.Parse(text));
        Assert.Contains(reason, Assert.Throws<InputException>(() => context.Split(dimension)).Message, StringComparison.Ordinal);
    }
}
