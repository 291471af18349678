using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>Groups are drawn from the law that they stand for, whatever the batches they are cut into.</summary>
public sealed class PairSamplerTests
{
    private const int N = 3, Atoms = 4, Groups = 40_000;

    private static readonly double[] Weights = [0.5, 0.3, 0.2];

    // Row 0 leads to values 0 and 1, row 1 to 1 and 2, row 2 to 2 and 3.
    private static readonly CompressedRows Law = new(N, Atoms, [0, 2, 4, 6], [0, 1, 1, 2, 2, 3], [0.25, 0.75, 0.5, 0.5, 0.9, 0.1]);

    [Theory]
    [InlineData("Values", 2)]
    [InlineData("Values", 4)]
    [InlineData("Rows", 2)]
    [InlineData("Rows", 3)]
    public void Any_two_members_have_the_law_of_a_pair(string kind, int members)
    {
        bool ofValues = kind == "Values";
        int size = ofValues ? Atoms : N;
        int[] ends = Draw(ofValues ? GroupKind.Values : GroupKind.Rows, members);
        double[,] expected = Expected(ofValues);
        for (int first = 0; first < members; first++)
        {
            for (int second = 0; second < members; second++)
            {
                var counts = new int[size, size];
                for (int g = 0; g < Groups; g++)
                    counts[ends[(first * Groups) + g], ends[(second * Groups) + g]]++;
                for (int a = 0; a < size; a++)
                {
                    for (int b = 0; b < size && first != second; b++)
                    {
                        // Five standard deviations of a share of so many draws.
                        double p = expected[a, b];
                        Assert.True(Math.Abs((counts[a, b] / (double)Groups) - p) <= 5 * Math.Sqrt(p * (1 - p) / Groups), $"members {first} and {second}: {a}, {b} {counts[a, b]} times in {Groups}, expected share {p}");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_group_depends_on_its_number_alone()
    {
        int[] whole = Draw(GroupKind.Values, 3, 5, 7, 10), part = Draw(GroupKind.Values, 3, 5, 9, 4);
        for (int m = 0; m < 3; m++)
            Assert.Equal(whole.AsSpan((m * 10) + 2, 4), part.AsSpan(m * 4, 4));
    }

    [Fact]
    public void A_law_that_is_none_is_refused()
    {
        Assert.Contains("2 weights for 3 rows", Refusal([0.5, 0.5], [.. Law.Values]), StringComparison.Ordinal);
        Assert.Contains("weights of the rows", Refusal([0, 0, 0], [.. Law.Values]), StringComparison.Ordinal);
        Assert.Contains("weights of the rows", Refusal([0.5, -0.1, 0.6], [.. Law.Values]), StringComparison.Ordinal);
        Assert.Contains("weights of the rows", Refusal([0.5, double.NaN, 0.6], [.. Law.Values]), StringComparison.Ordinal);
        Assert.Contains("row 1", Refusal(Weights, [0.25, 0.75, 0, 0, 0.9, 0.1]), StringComparison.Ordinal);
        Assert.Contains("row 2", Refusal(Weights, [0.25, 0.75, 0.5, 0.5, 1.1, -0.1]), StringComparison.Ordinal);
        Assert.Contains("row 0", Refusal(Weights, [double.MaxValue, double.MaxValue, 0.5, 0.5, 0.9, 0.1]), StringComparison.Ordinal);

        static string Refusal(double[] weights, double[] values) =>
            Assert.ThrowsAny<ArgumentException>(() => new JointLaw(weights, new CompressedRows(N, Atoms, Law.RowStarts, Law.ColumnIndices, values))).Message;
    }

    private static int[] Draw(GroupKind kind, int members, ulong seed = 11, long first = 0, int groups = Groups)
    {
        using ComputeDevice device = CpuDevice.Open();
        using GroupSampler<float> sampler = device.Arithmetic<float>().CreateSampler(new JointLaw(Weights, Law), kind, groups, members, seed);
        sampler.Draw(first);
        var numbers = new int[members * groups];
        sampler.Read(numbers);
        return numbers;
    }

    // Of two values for the same row, or of two rows with the same value.
    private static double[,] Expected(bool ofValues)
    {
        var p = new double[N, Atoms];
        for (int i = 0; i < N; i++)
            for (int e = Law.RowStarts[i]; e < Law.RowStarts[i + 1]; e++)
                p[i, Law.ColumnIndices[e]] = Law.Values[e];
        int size = ofValues ? Atoms : N;
        var joint = new double[size, size];
        for (int i = 0; i < N; i++)
            for (int a = 0; a < Atoms; a++)
                for (int other = 0; other < size; other++)
                    joint[ofValues ? a : i, other] += Weights[i] * p[i, a] * (ofValues ? p[i, other] : Weights[other] * p[other, a] / Enumerable.Range(0, N).Sum(r => Weights[r] * p[r, a]));
        return joint;
    }
}
