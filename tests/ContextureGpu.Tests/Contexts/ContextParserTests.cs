using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>What expressions are read as, and where and why others are refused.</summary>
public sealed class ContextParserTests
{
    [Theory]
    [InlineData("knn(k=30)", "knn(k=30)")]
    [InlineData("  knn ( k = 30 )\n", "knn(k=30)")]
    [InlineData("knn(self=true, k=30)", "knn(k=30)")]
    [InlineData("knn(self=false,k=2147483647)", "knn(k=2147483647, self=false)")]
    [InlineData("rbf(gamma=0.50)", "rbf(gamma=0.5)")]
    [InlineData("rbf(gamma=1e-5)", "rbf(gamma=1E-05)")]
    [InlineData("rbf(gamma=5e-324)", "rbf(gamma=5E-324)")]
    [InlineData("rbf(gamma=+.5)", "rbf(gamma=0.5)")]
    [InlineData("rbf(gamma= median )", "rbf(gamma=median)")]
    [InlineData("rbf(k=7, gamma=kth)", "rbf(gamma=kth)")]
    [InlineData("laplacian(gamma=kth,k=3)", "laplacian(gamma=kth, k=3)")]
    [InlineData("rbf(k=7, gamma=local)", "rbf(gamma=local)")]
    [InlineData("exponential(gamma=local,k=3)", "exponential(gamma=local, k=3)")]
    [InlineData("knn(graph=directed, k=3)", "knn(k=3)")]
    [InlineData("knn(graph=mutual, metric=cosine, k=3)", "knn(k=3, metric=cosine, graph=mutual)")]
    [InlineData("labels(column=class)", "labels(column=class)")]
    [InlineData("labels(column=class, noise=0)", "labels(column=class)")]
    [InlineData("labels(column=class, noise=-0.0)", "labels(column=class)")]
    [InlineData("labels(noise=0.1, column=\"class\")", "labels(column=class, noise=0.1)")]
    [InlineData("labels(column= the class )", "labels(column=the class)")]
    [InlineData("labels(column=\"\")", "labels(column=\"\")")]
    [InlineData("labels(column=\" a\")", "labels(column=\" a\")")]
    [InlineData("labels(column=\"a, b\")", "labels(column=\"a, b\")")]
    [InlineData("labels(column=\"say \"\"yes\"\"\")", "labels(column=\"say \"\"yes\"\"\")")]
    [InlineData("labels(column=\"a\nb\")", "labels(column=\"a\nb\")")]
    [InlineData("labels(column=a=b)", "labels(column=a=b)")]
    [InlineData("graph(file=edges.csv)", "graph(file=edges.csv)")]
    [InlineData("graph(file=/data/a b.csv)", "graph(file=/data/a b.csv)")]
    [InlineData("graph(file=\"c++*[1].csv\")", "graph(file=c++*[1].csv)")]
    [InlineData("graph(file=\"a(1).csv\")", "graph(file=\"a(1).csv\")")]
    [InlineData("graph(file=\"a|b\")", "graph(file=\"a|b\")")]
    [InlineData("((knn(k=5)))", "knn(k=5)")]
    [InlineData("knn(k=5)*rbf(gamma=1)", "knn(k=5) * rbf(gamma=1)")]
    [InlineData("knn(k=5) * (rbf(gamma=1) * knn(k=3))", "knn(k=5) * rbf(gamma=1) * knn(k=3)")]
    [InlineData("knn(k=5) * (rbf(gamma=1) + knn(k=3)) * knn(k=2)", "knn(k=5) * (rbf(gamma=1) + knn(k=3)) * knn(k=2)")]
    [InlineData("knn(k=5) + rbf(gamma=1)", "knn(k=5) + rbf(gamma=1)")]
    [InlineData("0.5 knn(k=5) + 0.5 rbf(gamma=1)", "knn(k=5) + rbf(gamma=1)")]
    [InlineData("0.3 knn(k=5) + 0.7 labels(column=class)", "0.3 knn(k=5) + 0.7 labels(column=class)")]
    [InlineData("0.25knn(k=5)+.75(rbf(gamma=1))", "0.25 knn(k=5) + 0.75 rbf(gamma=1)")]
    [InlineData("0.25 knn(k=5) * rbf(gamma=1) + 75e-2 knn(k=1)", "0.25 knn(k=5) * rbf(gamma=1) + 0.75 knn(k=1)")]
    [InlineData("0.1 knn(k=1) + 0.2 knn(k=2) + 0.7 knn(k=3)", "0.1 knn(k=1) + 0.2 knn(k=2) + 0.7 knn(k=3)")]
    [InlineData("(knn(k=1) + knn(k=2)) + knn(k=3)", "0.25 knn(k=1) + 0.25 knn(k=2) + 0.5 knn(k=3)")]
    [InlineData("(knn(k=1) + knn(k=2)) + (knn(k=3) + knn(k=4))", "knn(k=1) + knn(k=2) + knn(k=3) + knn(k=4)")]
    [InlineData("0.5 (0.25 knn(k=1) + 0.75 knn(k=2)) + 0.5 knn(k=3)", "0.125 knn(k=1) + 0.375 knn(k=2) + 0.5 knn(k=3)")]
    [InlineData("knn(k=150)[32]|rbf(gamma=0.1)[96]", "knn(k=150)[32] | rbf(gamma=0.1)[96]")]
    [InlineData("knn(k=150) | rbf(gamma=0.1) [ 96 ]", "knn(k=150) | rbf(gamma=0.1)[96]")]
    [InlineData("(knn(k=5) | rbf(gamma=1))", "knn(k=5) | rbf(gamma=1)")]
    [InlineData("(knn(k=5) | rbf(gamma=1)) | knn(k=2)", "knn(k=5) | rbf(gamma=1) | knn(k=2)")]
    [InlineData("(knn(k=5) | rbf(gamma=1))[7] | knn(k=2)", "knn(k=5)[4] | rbf(gamma=1)[3] | knn(k=2)")]
    [InlineData("(knn(k=5) | rbf(gamma=1)[2])[7] | knn(k=2)", "knn(k=5)[5] | rbf(gamma=1)[2] | knn(k=2)")]
    [InlineData("knn(k=5) * rbf(gamma=1) | knn(k=1) + knn(k=2)", "knn(k=5) * rbf(gamma=1) | knn(k=1) + knn(k=2)")]
    [InlineData("knn(k=5) * rbf(gamma=1)[3] | (knn(k=1) + knn(k=2))[4]", "(knn(k=5) * rbf(gamma=1))[3] | (knn(k=1) + knn(k=2))[4]")]
    public void IsCanonical(string text, string canonical)
    {
        Context context = Context.Parse(text, out IReadOnlyList<string> warnings);
        Assert.Equal(canonical, context.ToString());
        Assert.Equal(context, Context.Parse(canonical));
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("", 1, "expected a context")]
    [InlineData("   ", 4, "the end")]
    [InlineData("knn", 4, "expected '(' after knn")]
    [InlineData("knn(", 5, "expected the name of an argument")]
    [InlineData("knn()", 5, "k is missing")]
    [InlineData("knn(self=true)", 14, "k is missing")]
    [InlineData("knn(k)", 6, "expected '='")]
    [InlineData("knn(k=)", 7, "an integer of at least 1")]
    [InlineData("knn(k=5", 8, "expected ',' or ')'")]
    [InlineData("knn(k=5,)", 9, "expected the name of an argument")]
    [InlineData("knn(k=0)", 7, "an integer of at least 1")]
    [InlineData("knn(k=-3)", 7, "an integer of at least 1")]
    [InlineData("knn(k=1.5)", 7, "an integer of at least 1")]
    [InlineData("knn(k=\"5\")", 7, "an integer of at least 1")]
    [InlineData("knn(k=2147483648)", 7, "an integer of at least 1")]
    [InlineData("knn(k=5, self=maybe)", 15, "true or false")]
    [InlineData("knn(k=5, metric=cosin)", 17, "metric is 'cosin'; it must be euclidean, cosine or manhattan")]
    [InlineData("knn(k=5, metric=\"cosine\")", 17, "it must be euclidean, cosine or manhattan")]
    [InlineData("knn(k=5, K=6)", 10, "no argument 'K'; knn accepts k=(an integer")]
    [InlineData("knn(k=5, k=6)", 10, "given twice")]
    [InlineData("knn(k=5, gamma=6)", 10, "no argument 'gamma'")]
    [InlineData("knn(k=5 | rbf(gamma=1)", 9, "expected ',' or ')'")]
    [InlineData("rbf(gamma=0)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=-1)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=NaN)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=Infinity)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=1e400)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=1_000)", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=\"median\")", 11, "a positive finite number, median, kth or local")]
    [InlineData("knn(k=5, graph=both)", 16, "graph is 'both'; it must be directed, mutual or symmetric")]
    [InlineData("knn(k=5, search=approximate, graph=mutual)", 1, "takes the exact search")]
    [InlineData("rbf(gamma=kth, k=0)", 18, "an integer of at least 1")]
    [InlineData("rbf(gamma=local, k=0)", 20, "an integer of at least 1")]
    [InlineData("laplacian(gamma=local, k=2.5)", 26, "an integer of at least 1, for gamma=kth and gamma=local")]
    [InlineData("rbf(gamma=locally)", 11, "a positive finite number, median, kth or local")]
    [InlineData("cosine(gamma=local)", 14, "must be a positive finite number")]
    [InlineData("rbf(gamma=1, k=7)", 1, "with another gamma there is no k")]
    [InlineData("rbf(gamma=median, k=7)", 1, "with another gamma there is no k")]
    [InlineData("rbf(gamma=\"kth\")", 11, "a positive finite number, median, kth or local")]
    [InlineData("rbf(gamma=0,5)", 13, "the name of an argument")]
    [InlineData("labels(column=c, noise=1)", 24, "at least 0 and below 1")]
    [InlineData("labels(column=c, noise=-0.1)", 24, "at least 0 and below 1")]
    [InlineData("labels(column=)", 15, "the name of a column")]
    [InlineData("labels(column=\"abc)", 15, "second '\"'")]
    [InlineData("labels(column=a\"b)", 16, "double quotes")]
    [InlineData("labels(column=\"a\"b)", 18, "expected ',' or ')'")]
    [InlineData("labels(column=a(b))", 16, "double quotes")]
    [InlineData("graph(file=\"\")", 12, "the name of a file")]
    [InlineData("knm(k=5)", 1, "did you mean 'knn'? known are knn, rbf, labels, graph")]
    [InlineData("RBF(gamma=1)", 1, "did you mean 'rbf'?")]
    [InlineData("knn(k=5) * label(column=c)", 12, "did you mean 'labels'?")]
    [InlineData("xyzzy(k=5)", 1, "'xyzzy'; known are")]
    [InlineData("teacher(whiten=0.1)", 19, "file is missing")]
    [InlineData("teacher(file=\"\")", 14, "the name of a features file")]
    [InlineData("teacher(file=f.npy, whiten=0)", 28, "above 0 and below 1")]
    [InlineData("teacher(file=f.npy, whiten=1)", 28, "above 0 and below 1")]
    [InlineData("kernel()", 1, "either file (of a matrix) or name (of code)")]
    [InlineData("kernel(file=k.npy, name=mine)", 1, "not both")]
    [InlineData("kernel(name=\"\")", 13, "a name that is not empty")]
    [InlineData("labels(column=y, kernel=cubic)", 25, "kernel is 'cubic'; it must be linear")]
    [InlineData("labels(column=y, kernel=linear, noise=0.1)", 1, "neither noise nor smoothing")]
    [InlineData("labels(columns=\"a,b\", kernel=linear)", 1, "no column, noise, smoothing or kernel")]
    [InlineData("noise()", 1, "either sigma")]
    [InlineData("noise(sigma=0.3, time=0.1)", 1, "not both")]
    [InlineData("noise(sigma=0)", 13, "positive finite number")]
    [InlineData("noise(time=1)", 12, "above 0 and below 1")]
    [InlineData("noise(sigma=1, draws=0)", 22, "an integer of at least 1")]
    [InlineData("noise(sigma=1, seed=-1)", 21, "an integer from 0")]
    [InlineData("scarf(rate=1)", 12, "above 0 and below 1")]
    [InlineData("scarf(draws=3)", 14, "rate is missing")]
    [InlineData("tokens(rate=0.5, draws=some)", 24, "an integer of at least 1 or all")]
    [InlineData("views(width=0, noise=1)", 13, "an integer of at least 1")]
    [InlineData("views(width=2, shift=-1, noise=1)", 22, "an integer of at least 0")]
    [InlineData("views(width=2)", 14, "noise is missing")]
    [InlineData("mask(rate=0.2)", 14, "then is missing")]
    [InlineData("mask(rate=0.2, then=5)", 22, "expected a context")]
    [InlineData("mask(rate=0.2, then=knn(k=0))", 27, "an integer of at least 1")]
    [InlineData("mask(rate=0.2, then=knn(k=1) | knn(k=2))", 21, "concatenation cannot be part")]
    [InlineData("mask(rate=0.2, then=knn(k=1), then=knn(k=2))", 31, "given twice")]
    [InlineData("pairs(file=\"\", then=knn(k=1))", 12, "a features file")]
    [InlineData("pairs(file=b.npy)", 17, "then is missing")]
    [InlineData("custom(name=\"\")", 13, "not empty")]
    [InlineData("labels(columns=a)", 16, "at least two different names")]
    [InlineData("labels(columns=\"a,a\")", 16, "at least two different names")]
    [InlineData("labels(columns=\"a,b\", noise=0.1)", 1, "has no column, noise, smoothing or kernel")]
    [InlineData("labels(column=y, smoothing=0)", 28, "positive finite number")]
    [InlineData("labels(column=y, smoothing=1, noise=0.1)", 1, "not both")]
    [InlineData("laplacian(gamma=0)", 17, "a positive finite number, median, kth or local")]
    [InlineData("cosine(gamma=median)", 14, "must be a positive finite number")]
    [InlineData("labels()", 8, "column is missing")]
    [InlineData("cutmix(rate=0)", 13, "above 0 and below 1")]
    [InlineData("cutmix(rate=0.3, width=0)", 24, "an integer of at least 1")]
    [InlineData("cutmix(width=3)", 15, "rate is missing")]
    [InlineData("cutout(width=8)", 15, "size is missing")]
    [InlineData("cutout(width=8, size=0)", 22, "an integer of at least 1")]
    [InlineData("cutout(width=0, size=1)", 14, "an integer of at least 1")]
    [InlineData("scarf(rate=0.4, marginal=normal)", 26, "marginal is 'normal'; it must be empirical, uniform or gaussian")]
    [InlineData("knn(k=5) rbf(gamma=1)", 10, "or the end")]
    [InlineData("knn(k=5) - rbf(gamma=1)", 10, "found '-'")]
    [InlineData("knn(k=5))", 9, "found ')'")]
    [InlineData("(knn(k=5)", 10, "or ')'")]
    [InlineData("()", 2, "expected a context")]
    [InlineData("knn(k=5) *", 11, "expected a context")]
    [InlineData("knn(k=5) * )", 12, "found ')'")]
    [InlineData("knn(k=5) + ", 12, "the end")]
    [InlineData("| knn(k=5)", 1, "found '|'")]
    [InlineData("knn(k=5)\0", 9, "U+0000")]
    [InlineData("0.5 knn(k=5)", 1, "stands alone")]
    [InlineData("0.5 (knn(k=5) + knn(k=3))", 1, "stands alone")]
    [InlineData("knn(k=1) | 0.5 knn(k=5)", 12, "stands alone")]
    [InlineData("0.5 knn(k=5) + knn(k=3)", 16, "expected a weight")]
    [InlineData("knn(k=5) + 0.5 knn(k=3)", 12, "unexpected weight")]
    [InlineData("0.5 * knn(k=5) + 0.5 * knn(k=3)", 5, "without '*'")]
    [InlineData("0.5 0.5 knn(k=5)", 5, "unexpected number")]
    [InlineData("knn(k=5) * 0.5 knn(k=3)", 12, "unexpected number")]
    [InlineData("0 knn(k=5) + 1 knn(k=3)", 1, "positive finite number")]
    [InlineData("1 knn(k=5) + -1 knn(k=3)", 14, "positive finite number")]
    [InlineData("1.2.3 knn(k=5) + 1 knn(k=3)", 1, "the weight is '1.2.3'")]
    [InlineData("1e999 knn(k=5) + 1 knn(k=3)", 1, "positive finite number")]
    [InlineData("1e308 knn(k=5) + 1e308 knn(k=3)", 1, "too far apart")]
    [InlineData("knn(k=1) | 1e-300 knn(k=5) + 1e300 knn(k=3)", 12, "too far apart")]
    [InlineData("(knn(k=5) | knn(k=3)) * rbf(gamma=1)", 1, "concatenation cannot be part")]
    [InlineData("rbf(gamma=1) * (knn(k=5) | knn(k=3))", 16, "concatenation cannot be part")]
    [InlineData("(knn(k=5) | knn(k=3)) + rbf(gamma=1)", 1, "concatenation cannot be part")]
    [InlineData("rbf(gamma=1) + ((knn(k=5) | knn(k=3)))", 16, "concatenation cannot be part")]
    [InlineData("0.5 rbf(gamma=1) + 0.5 (knn(k=5) | knn(k=3))", 24, "concatenation cannot be part")]
    [InlineData("knn(k=5)[3]", 9, "belongs to a part of a concatenation")]
    [InlineData("(knn(k=5)[3]) | knn(k=2)", 10, "belongs to a part of a concatenation")]
    [InlineData("knn(k=5)[3] * knn(k=2)", 13, "expected '|'")]
    [InlineData("knn(k=5)[3] + knn(k=2)", 13, "expected '|'")]
    [InlineData("knn(k=5)[3][4] | knn(k=2)", 12, "expected '|'")]
    [InlineData("knn(k=5)[0] | knn(k=2)", 10, "integer of at least 1")]
    [InlineData("knn(k=5)[-1] | knn(k=2)", 10, "integer of at least 1")]
    [InlineData("knn(k=5)[] | knn(k=2)", 10, "integer of at least 1")]
    [InlineData("knn(k=5)[1.5] | knn(k=2)", 10, "integer of at least 1")]
    [InlineData("knn(k=5)[9999999999] | knn(k=2)", 10, "integer of at least 1")]
    [InlineData("knn(k=5)[3 | knn(k=2)", 12, "expected ']'")]
    [InlineData("knn(k=1) | (knn(k=5) | knn(k=3))[1]", 33, "at least 2")]
    [InlineData("knn(k=1) | (knn(k=5)[2] | knn(k=3)[2])[5]", 39, "sum to 4")]
    public void IsRefused(string text, int column, string reason)
    {
        ContextSyntaxException refusal = Assert.Throws<ContextSyntaxException>(() => Context.Parse(text));
        Assert.Equal(column, refusal.Column);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith($"context expression, column {column}: ", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Each argument of each context, those of contexts to come included.</summary>
    public static TheoryData<string, string> Arguments =>
        [.. ContextVocabulary.Signatures.SelectMany(signature => signature.Parameters.Select(parameter => (signature.Name, parameter.Name)))];

    [Theory]
    [MemberData(nameof(Arguments))]
    public void EveryArgumentIsRefusedByNameWithWhatItAccepts(string context, string argument)
    {
        ContextSignature signature = ContextVocabulary.Find(context)!;
        ContextParameter parameter = signature.Parameters.Single(p => p.Name == argument);
        string others = string.Concat(signature.Parameters.Where(p => !p.IsOptional && p.Name != argument).Select(p => $"{p.Name}={AcceptedValue(p)}, "));
        string[] bad = parameter.IsContext ? ["", "5", "nothing(k=1)"] : IsName(parameter) ? [""] : ["", "nonsense", "-0.5", "NaN", "1e400", "\"\"", "0x10", "1,5"];
        foreach (string value in bad)
        {
            string start = $"{context}({others}{argument}=";
            ContextSyntaxException refusal = Assert.Throws<ContextSyntaxException>(() => Context.Parse($"{start}{value})"));
            Assert.InRange(refusal.Column, start.Length + 1, start.Length + value.Length + 1);
            if (!parameter.IsContext && value != "1,5")
                Assert.Contains($"{argument} is '{(value == "\"\"" ? "" : value)}'; it must be {parameter.Accepted}", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Contains("given twice", Assert.Throws<ContextSyntaxException>(
            () => Context.Parse($"{context}({others}{argument}={AcceptedValue(parameter)}, {argument}={AcceptedValue(parameter)})")).Message, StringComparison.Ordinal);

        // A file, a column or code: every name is one.
        static bool IsName(ContextParameter parameter) => parameter.Name is "file" or "name" or "column";

        static string AcceptedValue(ContextParameter parameter) => parameter.IsContext ? "knn(k=1)" : IsName(parameter) ? "some" : parameter.Name is "rate" or "noise" ? "0.5" : "3";
    }

    [Fact]
    public void PointsAtTheColumn()
    {
        ContextSyntaxException refusal = Assert.Throws<ContextSyntaxException>(() => Context.Parse("knn(k=5) *\tknn(k=0)"));
        Assert.Equal("context expression, column 18: k is '0'; it must be an integer of at least 1\n  knn(k=5) * knn(k=0)\n                   ^", refusal.Message);
    }

    [Fact]
    public void PointsIntoTheMiddleOfALongText()
    {
        string terms = string.Concat(Enumerable.Repeat("knn(k=5) + ", 100));
        ContextSyntaxException refusal = Assert.Throws<ContextSyntaxException>(() => Context.Parse($"{terms}? + {terms}"));
        string[] lines = refusal.Message.Split('\n');
        Assert.Equal((1101, 3), (refusal.Column, lines.Length));
        Assert.Equal('?', lines[1][lines[2].IndexOf('^', StringComparison.Ordinal)]);
        Assert.True(lines[1].Length < 120);
        Assert.StartsWith("  ...", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("...", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 knn(k=5) + 3 rbf(gamma=1)", "0.25 knn(k=5) + 0.75 rbf(gamma=1)", "column 1 add up to 4;")]
    [InlineData("1e+1 knn(k=5) + 30 rbf(gamma=1)", "0.25 knn(k=5) + 0.75 rbf(gamma=1)", "column 1 add up to 40;")]
    [InlineData("0.3 knn(k=5) + 0.3 rbf(gamma=1)", "knn(k=5) + rbf(gamma=1)", "column 1 add up to 0.6;")]
    [InlineData("knn(k=2) | knn(k=3) * (1 knn(k=5) + 3 rbf(gamma=1))", "knn(k=2) | knn(k=3) * (0.25 knn(k=5) + 0.75 rbf(gamma=1))", "column 24 add up to 4;")]
    public void WarnsOfWeightsThatDoNotSumToOne(string text, string canonical, string warning)
    {
        Context context = Context.Parse(text, out IReadOnlyList<string> warnings);
        Assert.Equal(canonical, context.ToString());
        Assert.Contains(warning, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void LimitsNestingAndLength()
    {
        static string Nested(int depth) => $"{new string('(', depth)}knn(k=5){new string(')', depth)}";
        Assert.Equal(Context.Knn(5), Context.Parse(Nested(200)));
        Assert.Equal(201, Assert.Throws<ContextSyntaxException>(() => Context.Parse(Nested(201))).Column);
        Assert.Equal(201, Assert.Throws<ContextSyntaxException>(() => Context.Parse(new string('(', 65_000))).Column);

        string padded = "knn(k=5)".PadRight(64 * 1024);
        Assert.Equal(Context.Knn(5), Context.Parse(padded));
        Assert.Equal(65_537, Assert.Throws<ContextSyntaxException>(() => Context.Parse(padded + " ")).Column);

        // Multiplied out, these weights no longer fit.
        string inner = string.Join(" + ", Enumerable.Repeat("knn(k=1)", 5000));
        Assert.Contains("at most 65536", Assert.Throws<ContextSyntaxException>(() => Context.Parse($"({inner}) + knn(k=2)")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesNoText() => Assert.Throws<ArgumentNullException>(() => Context.Parse(null!));
}
