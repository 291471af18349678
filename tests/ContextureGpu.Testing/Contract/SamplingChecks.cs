using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Groups drawn from a joint law, and what is gathered by them.</summary>
internal static class SamplingChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const ulong Seed = 0x5eed_0123_4567_89ab;

    // Number of a first group with a counter of more than 32 bits.
    private const long Far = (1L << 33) + 5;

    /// <summary>
    /// Every kind of group is the one that inverting the distribution functions in float64 gives, on every device, wherever the groups start; members are gathered and indicated. Laws with
    /// one row, with rows that are never drawn, with values of probability 0 and with values that nothing leads to.
    /// </summary>
    public static void CreateSampler(ContractBench<T> bench)
    {
        foreach ((int n, int m) in new[] { (1, 1), (7, 2), (Math.Min(bench.Limit, 130), 40) })
        {
            foreach ((GroupKind kind, int groups, int members) in new[] { (GroupKind.Values, 37, 3), (GroupKind.Rows, 1, 4), (GroupKind.Rows, 40, 2), (GroupKind.RowAndValue, 300, 2) })
            {
                bench.Case($"{groups} groups of {members} {kind} of {n} rows and {m} values", scene =>
                {
                    (double[] weights, CompressedRows law) = Random(scene, n, m);
                    using GroupSampler<T> sampler = scene.Arithmetic.CreateSampler(new JointLaw(weights, law), kind, groups, members, Seed);
                    Assert.Equal((kind, groups, members), (sampler.Kind, sampler.Groups, sampler.Members));
                    foreach (long first in (ReadOnlySpan<long>)[3, Far])
                    {
                        sampler.Draw(first);
                        int[] numbers = new int[groups * members];
                        sampler.Read(numbers);
                        Assert.Equal(Truth(weights, law, kind, groups, members, first), numbers);
                        CheckGathered(scene, sampler, numbers, n, m);
                    }
                });
            }
        }
        bench.Case("bad arguments", CheckRefusals);
    }

    private static void CheckGathered(Scene<T> scene, GroupSampler<T> sampler, int[] numbers, int n, int m)
    {
        (int groups, int members) = (sampler.Groups, sampler.Members);
        T scale = T.CreateTruncating(0.25);
        foreach ((int member, int count, bool isValue) in sampler.Kind switch
        {
            GroupKind.RowAndValue => new[] { (0, 1, false), (1, 1, true) },
            GroupKind.Values => [(0, 1, true), (1, members - 1, true), (0, members, true)],
            _ => [(0, 1, false), (1, members - 1, false), (0, members, false)],
        })
        {
            const int d = 5;
            T[] points = scene.Normals((isValue ? m : n) * d);
            DeviceMatrix<T> input = scene.Input(points, isValue ? m : n, d);
            T[] read = scene.Run(scene.Output(count * groups, d), null, y => sampler.Gather(input, member, scale, y));
            for (int e = 0; e < read.Length; e++)
                Assert.Equal(scale * points[(numbers[(member * groups) + (e / d)] * d) + (e % d)], read[e]);
            if (!isValue || count > 1)
                continue;
            T[] indicators = scene.Run(scene.Output(groups, m), null, y => sampler.Indicate(member, scale, y));
            for (int e = 0; e < indicators.Length; e++)
                Assert.Equal(numbers[(member * groups) + (e / m)] == e % m ? scale : T.Zero, indicators[e]);
        }
    }

    private static void CheckRefusals(Scene<T> scene)
    {
        var law = new JointLaw([1, 1], new CompressedRows(2, 3, [0, 2, 3], [0, 2, 1], [1, 1, 1]));
        Arithmetic<T> on = scene.Arithmetic;
        Assert.ThrowsAny<ArgumentException>(() => on.CreateSampler(null!, GroupKind.Values, 1, 2, 0));
        Assert.ThrowsAny<ArgumentException>(() => on.CreateSampler(law, (GroupKind)7, 1, 2, 0));
        Assert.ThrowsAny<ArgumentException>(() => on.CreateSampler(law, GroupKind.Values, 0, 2, 0));
        Assert.ThrowsAny<ArgumentException>(() => on.CreateSampler(law, GroupKind.Values, 1, 1, 0));
        Assert.ThrowsAny<ArgumentException>(() => on.CreateSampler(law, GroupKind.RowAndValue, 1, 3, 0));
        DeviceMatrix<T> rows = scene.Input(scene.Normals(8), 2, 4), values = scene.Input(scene.Normals(12), 3, 4), four = scene.Output(4, 4).Matrix, eight = scene.Output(8, 4).Matrix;
        using GroupSampler<T> pairs = on.CreateSampler(law, GroupKind.RowAndValue, 4, 2, 0);
        Assert.Throws<InvalidOperationException>(() => pairs.Read(new int[8]));
        Assert.Throws<InvalidOperationException>(() => pairs.Gather(rows, 0, T.One, four));
        Assert.Throws<ArgumentOutOfRangeException>(() => pairs.Draw(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pairs.Draw(long.MaxValue / 3));
        pairs.Draw(0);
        Assert.Throws<ArgumentException>(() => pairs.Read(new int[7]));
        Assert.Throws<ArgumentException>(() => pairs.Gather(values, 0, T.One, four));
        Assert.Throws<ArgumentException>(() => pairs.Gather(rows, 1, T.One, four));
        Assert.Throws<ArgumentException>(() => pairs.Gather(rows, 0, T.One, eight));
        Assert.Throws<ArgumentException>(() => pairs.Gather(rows, 2, T.One, four));
        Assert.Throws<ArgumentException>(() => pairs.Gather(rows, 0, T.One, scene.Output(4, 3).Matrix));
        Assert.Throws<ArgumentException>(() => pairs.Gather(rows, 0, T.One, scene.Output(3, 4).Matrix));
        Assert.Throws<ArgumentException>(() => pairs.Indicate(0, T.One, scene.Output(4, 3).Matrix));
        Assert.Throws<ArgumentException>(() => pairs.Indicate(1, T.One, four));
    }

    /// <summary>A row leads to some of the values; every third row is never drawn, and some entries are zeros.</summary>
    private static (double[] Weights, CompressedRows Law) Random(Scene<T> scene, int n, int m)
    {
        double[] Positive(int count) => Array.ConvertAll(scene.Normals(count), v => Math.Abs(double.CreateTruncating(v)) + 1e-3);
        double[] weights = Positive(n), coins = Positive(n * m), masses = Positive(n * m);
        int[] starts = new int[n + 1];
        List<int> columns = [];
        List<double> values = [];
        for (int i = 0; i < n; i++)
        {
            if (i % 3 == 1)
                weights[i] = 0;
            for (int j = 0; j < m && weights[i] > 0; j++)
            {
                if (j != i % m && coins[(i * m) + j] > 0.7)
                    continue;
                columns.Add(j);
                values.Add(j != i % m && j % 4 == 2 ? 0 : masses[(i * m) + j]);
            }
            starts[i + 1] = columns.Count;
        }
        return (weights, new CompressedRows(n, m, starts, [.. columns], [.. values]));
    }

    // By the joint probabilities, dense: the first entry at which their running sum, summed anew, exceeds the share.
    private static int[] Truth(double[] weights, CompressedRows law, GroupKind kind, int groups, int members, long first)
    {
        var joint = new double[law.Rows, law.Columns];
        for (int i = 0; i < law.Rows; i++)
        {
            for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
                joint[i, law.ColumnIndices[e]] = weights[i] * law.Values[e];
        }
        var random = new Philox(Seed, GroupSampler<T>.Stream);
        var numbers = new int[groups * members];
        for (int g = 0; g < groups; g++)
        {
            long at = (first + g) * (members + 1);
            int row = At(weights.Length, i => weights[i], random.Uniform(at)), value = At(law.Columns, a => joint[row, a], random.Uniform(at + 1));
            numbers[g] = kind == GroupKind.Values ? value : row;
            for (int k = 1; k < members; k++)
            {
                double own = random.Uniform(at + 1 + k);
                numbers[(k * groups) + g] = kind == GroupKind.RowAndValue ? value : kind == GroupKind.Values ? At(law.Columns, a => joint[row, a], own) : At(law.Rows, i => joint[i, value], own);
            }
        }
        return numbers;

        static int At(int count, Func<int, double> weight, double share)
        {
            double total = Enumerable.Range(0, count).Sum(weight);
            return Enumerable.Range(0, count).First(i => Enumerable.Range(0, i + 1).Sum(weight) > share * total);
        }
    }
}
