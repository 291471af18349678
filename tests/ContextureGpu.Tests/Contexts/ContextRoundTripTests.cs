using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Any context can be written and read back; any text is either read or refused at a column of it.</summary>
public sealed class ContextRoundTripTests
{
    [Fact]
    public void RandomContextsAreReadBackExactly()
    {
        var random = new RandomContexts(seed: 20, stream: 1);
        var kinds = new HashSet<Type>();
        for (int i = 0; i < 2000; i++)
        {
            Context context = random.Any(depth: 4);
            Context again = Context.Parse(context.ToString(), out IReadOnlyList<string> warnings);
            Assert.Equal(context, again);
            Assert.Empty(warnings);
            AssertSameNodes(context, again);
            kinds.Add(context.GetType());
        }
        Assert.Equal(23, kinds.Count);
    }

    [Fact]
    public void DamagedTextsAreReadOrRefused()
    {
        var random = new RandomContexts(seed: 20, stream: 2);
        int read = 0, refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            string text = random.Damaged(random.Any(depth: 2).ToString());
            try
            {
                Context context = Context.Parse(text);
                AssertSameNodes(context, Context.Parse(context.ToString()));
                read++;
            }
            catch (ContextSyntaxException refusal)
            {
                Assert.InRange(refusal.Column, 1, text.Length + 1);
                refused++;
            }
        }
        // Either outcome is common, or the damage is of no use.
        Assert.InRange(read, 250, 4750);
        Assert.Equal(5000, read + refused);
    }

    // Node by node and bit by bit: equality compares texts, and would not see a value that the text leaves out.
    private static void AssertSameNodes(Context expected, Context actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        switch (expected, actual)
        {
            case (KnnContext e, KnnContext a):
                Assert.Equal((e.K, e.IncludeSelf, e.Metric, e.Search, e.Seed, e.Counted), (a.K, a.IncludeSelf, a.Metric, a.Search, a.Seed, a.Counted));
                break;
            case (RbfContext e, RbfContext a):
                Assert.Equal((e.Gamma, e.Kind, e.Neighbor), (a.Gamma, a.Kind, a.Neighbor));
                break;
            case (LocallyScaledContext e, LocallyScaledContext a):
                Assert.Equal((e.Neighbor, e.Kind), (a.Neighbor, a.Kind));
                break;
            case (CosineContext e, CosineContext a):
                Assert.Equal(e.Gamma, a.Gamma);
                break;
            case (LabelsContext e, LabelsContext a):
                Assert.Equal((e.Column, e.Noise), (a.Column, a.Noise));
                break;
            case (GraphContext e, GraphContext a):
                Assert.Equal((e.File, e.IsDirected), (a.File, a.IsDirected));
                break;
            case (TargetContext e, TargetContext a):
                Assert.Equal((e.Column, e.Smoothing), (a.Column, a.Smoothing));
                break;
            case (SoftLabelsContext e, SoftLabelsContext a):
                Assert.Equal(e.Columns, a.Columns);
                break;
            case (NoiseContext e, NoiseContext a):
                Assert.Equal((e.Scale, e.Sigma, e.Draws), (a.Scale, a.Sigma, a.Draws));
                break;
            case (ScarfContext e, ScarfContext a):
                Assert.Equal((e.Rate, e.Draws, e.Marginal), (a.Rate, a.Draws, a.Marginal));
                break;
            case (CutMixContext e, CutMixContext a):
                Assert.Equal((e.Rate, e.Width, e.Draws), (a.Rate, a.Width, a.Draws));
                break;
            case (CutoutContext e, CutoutContext a):
                Assert.Equal((e.Width, e.Size), (a.Width, a.Size));
                break;
            case (TokensContext e, TokensContext a):
                Assert.Equal((e.Rate, e.Draws, e.Seed), (a.Rate, a.Draws, a.Seed));
                break;
            case (ViewsContext e, ViewsContext a):
                Assert.Equal((e.Width, e.Shift, e.Flip, e.Sigma, e.Draws), (a.Width, a.Shift, a.Flip, a.Sigma, a.Draws));
                break;
            case (MaskContext e, MaskContext a):
                Assert.Equal((e.Rate, e.Draws, e.Seed), (a.Rate, a.Draws, a.Seed));
                AssertSameNodes(e.Then, a.Then);
                break;
            case (PairsContext e, PairsContext a):
                Assert.Equal(e.File, a.File);
                AssertSameNodes(e.Then, a.Then);
                break;
            case (TeacherContext e, TeacherContext a):
                Assert.Equal((e.File, e.Whiten), (a.File, a.Whiten));
                break;
            case (KernelContext e, KernelContext a):
                Assert.Equal((e.File, e.Name), (a.File, a.Name));
                break;
            case (LinearTargetContext e, LinearTargetContext a):
                Assert.Equal(e.Column, a.Column);
                break;
            case (CustomContext e, CustomContext a):
                Assert.Equal(e.Name, a.Name);
                break;
            case (ConvolutionContext e, ConvolutionContext a):
                Assert.DoesNotContain(e.Factors, factor => factor is ConvolutionContext or ConcatenationContext);
                AssertEach(e.Factors, a.Factors, AssertSameNodes);
                break;
            case (CombinationContext e, CombinationContext a):
                Assert.DoesNotContain(e.Terms, term => term.Part is CombinationContext or ConcatenationContext);
                AssertEach(e.Terms, a.Terms, (x, y) => AssertSame(x.Weight, y.Weight, x.Part, y.Part));
                break;
            case (ConcatenationContext e, ConcatenationContext a):
                Assert.DoesNotContain(e.Parts, part => part.Part is ConcatenationContext);
                AssertEach(e.Parts, a.Parts, (x, y) => AssertSame(x.Dimension, y.Dimension, x.Part, y.Part));
                break;
            default:
                Assert.Fail($"{expected.GetType()} is not compared here");
                break;
        }
    }

    private static void AssertSame<T>(T expectedValue, T actualValue, Context expected, Context actual)
    {
        Assert.Equal(expectedValue, actualValue);
        AssertSameNodes(expected, actual);
    }

    private static void AssertEach<T>(IReadOnlyList<T> expected, IReadOnlyList<T> actual, Action<T, T> assert)
    {
        Assert.True(expected.Count >= 2);
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
            assert(expected[i], actual[i]);
    }
}
