using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>The algebra of contexts as values and as text.</summary>
public sealed class ContextExpressionTests
{
    private static readonly string[] Valid =
    [
        "knn(k=30)", "knn(k=5, self=false)", "rbf(gamma=0.5)", "rbf(gamma=median)", "labels(column=class)", "labels(column=class, noise=0.1)",
        "graph(file=edges.csv)", "knn(k=5) * rbf(gamma=1)", "0.3 knn(k=5) + 0.7 labels(column=class)", "knn(k=150)[32] | rbf(gamma=0.1)[96]",
        "knn(k=5) | rbf(gamma=1)", "(knn(k=5) + rbf(gamma=1)) * knn(k=3)", "0.25 knn(k=5) * rbf(gamma=1) + 0.75 graph(file=\"a,b.csv\")",
        "labels(column=\"say \"\"x\"\"\")", "graph(file=/data/a b.csv)",
    ];

    public static TheoryData<string> ValidTexts => [.. Valid];

    [Theory]
    [MemberData(nameof(ValidTexts))]
    public void Canonical_texts_read_back_unchanged(string text)
    {
        Context context = Context.Parse(text, out IReadOnlyList<string> warnings);
        Assert.Equal(text, context.ToString());
        Assert.Equal(context, Context.Parse(context.ToString()));
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("  knn( k = 30 ) ", "knn(k=30)")]
    [InlineData("(((knn(k=30))))", "knn(k=30)")]
    [InlineData("knn(self=true,k=2)", "knn(k=2)")]
    [InlineData("(knn(k=1) * knn(k=2)) * knn(k=3)", "knn(k=1) * knn(k=2) * knn(k=3)")]
    [InlineData("(knn(k=5) | rbf(gamma=1))", "knn(k=5) | rbf(gamma=1)")]
    [InlineData("0.5 knn(k=5)+0.5 rbf(gamma=1)", "knn(k=5) + rbf(gamma=1)")]
    [InlineData("0.5 (0.5 knn(k=1) + 0.5 knn(k=2)) + 0.5 knn(k=3)", "0.25 knn(k=1) + 0.25 knn(k=2) + 0.5 knn(k=3)")]
    [InlineData("rbf(gamma=1e-3)", "rbf(gamma=0.001)")]
    public void Other_texts_have_a_canonical_form(string text, string canonical) => Assert.Equal(canonical, Context.Parse(text).ToString());

    [Fact]
    public void Weights_are_normalised_with_a_warning()
    {
        Context context = Context.Parse("3 knn(k=5) + 1e0 rbf(gamma=1)", out IReadOnlyList<string> warnings);
        Assert.Equal("0.75 knn(k=5) + 0.25 rbf(gamma=1)", context.ToString());
        Assert.Contains("sum to 4", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(context, Context.Combine((3, Context.Knn(5)), (1, Context.Rbf(1))));
    }

    [Theory]
    [InlineData("", 1, "expected a context")]
    [InlineData("knn", 4, "'('")]
    [InlineData("knn(k=0)", 7, "whole number")]
    [InlineData("knn(k=2.5)", 7, "whole number")]
    [InlineData("knn(k=30", 9, "')'")]
    [InlineData("knn()", 1, "needs k")]
    [InlineData("knn(n=3)", 5, "takes k")]
    [InlineData("knn(k=3, k=4)", 10, "twice")]
    [InlineData("knn(k=3, self=maybe)", 15, "true or false")]
    [InlineData("rbf(gamma=-1)", 11, "positive")]
    [InlineData("rbf(gamma=NaN)", 11, "positive")]
    [InlineData("labels(column=c, noise=1)", 24, "[0, 1)")]
    [InlineData("labels(column=)", 15, "no name")]
    [InlineData("teacher(file=f.npy)", 1, "not available")]
    [InlineData("knm(k=3)", 1, "there is no context")]
    [InlineData("0.5 knn(k=3)", 1, "only one term")]
    [InlineData("0.5 knn(k=3) + knn(k=4)", 16, "expected a weight")]
    [InlineData("-1 knn(k=3) + 2 knn(k=4)", 1, "no weight")]
    [InlineData("knn(k=3) knn(k=4)", 10, "expected '*'")]
    [InlineData("knn(k=3) *", 11, "text ends here")]
    [InlineData("knn(k=3)[4]", 11, "belongs to a part")]
    [InlineData("knn(k=3)[0] | knn(k=4)", 10, "number of features")]
    [InlineData("(knn(k=3) | knn(k=4)) * knn(k=5)", 1, "cannot be a factor")]
    [InlineData("knn(k=2) + (knn(k=3) | knn(k=4))", 1, "cannot be a part")]
    [InlineData("graph(file=\"a)", 12, "never closed")]
    public void Errors_point_at_the_column(string text, int column, string words)
    {
        ContextSyntaxException error = Assert.Throws<ContextSyntaxException>(() => Context.Parse(text));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Equal(column, error.Column);
        Assert.EndsWith("^", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_and_long_texts_are_refused_calmly()
    {
        Assert.Contains("parentheses", Assert.Throws<ContextSyntaxException>(() => Context.Parse(new string('(', 60_000))).Message, StringComparison.Ordinal);
        Assert.Contains("characters", Assert.Throws<ContextSyntaxException>(() => Context.Parse(new string(' ', 100_000))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_say_the_same_as_the_text()
    {
        Assert.Equal(Context.Parse("knn(k=30) * rbf(gamma=0.5)"), Context.Knn(k: 30) * Context.Rbf(gamma: 0.5));
        Assert.Equal(Context.Parse("knn(k=1) + knn(k=2) + rbf(gamma=median)"), Context.Knn(1) + Context.Knn(2) + Context.RbfMedian());
        Assert.Equal(Context.Parse("knn(k=1) | knn(k=2, self=false)"), Context.Knn(1) | Context.KnnWithoutSelf(2));
        Assert.NotEqual(Context.Knn(1) * Context.Knn(2), Context.Knn(2) * Context.Knn(1));
        Assert.Throws<InputException>(() => (Context.Knn(1) | Context.Knn(2)) * Context.Knn(3));
        Assert.Throws<InputException>(() => Context.Rbf(double.PositiveInfinity));
    }

    [Fact]
    public void Random_trees_read_back()
    {
        var random = new Philox(3, 1);
        long draw = 0;
        for (int trial = 0; trial < 2000; trial++)
        {
            Context context = Tree(3, ref draw, random, top: true);
            Assert.Equal(context, Context.Parse(context.ToString()));
        }
    }

    [Fact]
    public void Damaged_texts_are_read_or_refused()
    {
        const string Alphabet = "()|+*[]\"=,. 0159knrbfgamexy-\n";
        var random = new Philox(4, 1);
        long draw = 0;
        int refused = 0;
        for (int trial = 0; trial < 5000; trial++)
        {
            char[] text = Valid[trial % Valid.Length].ToCharArray();
            for (int change = 0; change <= trial % 3; change++)
                text[(int)(random.Uniform(draw++) * text.Length)] = Alphabet[(int)(random.Uniform(draw++) * Alphabet.Length)];
            try
            {
                Context read = Context.Parse(new string(text));
                Assert.Equal(read, Context.Parse(read.ToString()));
            }
            catch (ContextSyntaxException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 500, 4999);
    }

    [Theory]
    [InlineData("knn(k=1)[32] | knn(k=2)[96]", 128, new[] { 32, 96 })]
    [InlineData("knn(k=1) | knn(k=2) | knn(k=3)", 8, new[] { 3, 3, 2 })]
    [InlineData("knn(k=1)[5] | knn(k=2) | knn(k=3)", 8, new[] { 5, 2, 1 })]
    [InlineData("knn(k=1)[5] | knn(k=2)", 5, null)]
    [InlineData("knn(k=1)[5] | knn(k=2)[4]", 8, null)]
    public void A_concatenation_splits_the_dimension(string text, int dimension, int[]? expected)
    {
        var parts = (ConcatenationContext)Context.Parse(text);
        if (expected is null)
            Assert.Throws<InputException>(() => parts.Split(dimension));
        else
            Assert.Equal(expected, parts.Split(dimension));
    }

    private static Context Tree(int depth, ref long draw, Philox random, bool top = false)
    {
        int kind = (int)(random.Uniform(draw++) * (depth == 0 ? 4 : top ? 8 : 7));
        switch (kind)
        {
            case 0:
                return Context.Knn(1 + (int)(random.Uniform(draw++) * 50));
            case 1:
                return Context.Rbf(Math.Exp(20 * (random.Uniform(draw++) - 0.5)));
            case 2:
                return Context.Labels(random.Uniform(draw++) < 0.5 ? "class" : "a \"b\", (c)", random.Uniform(draw++) < 0.5 ? 0 : 0.3);
            case 3:
                return Context.KnnWithoutSelf(7);
            case 4:
                return Tree(depth - 1, ref draw, random) * Tree(depth - 1, ref draw, random);
            case 7:
                return Tree(depth - 1, ref draw, random) | Tree(depth - 1, ref draw, random);
            default:
                double weight = random.Uniform(draw++);
                return Context.Combine((weight + 0.01, Tree(depth - 1, ref draw, random)), (2 * random.Uniform(draw++) + 0.01, Tree(depth - 1, ref draw, random)));
        }
    }
}
