using System.Text.RegularExpressions;
using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The product on tensor cores, run by the host's threads against float64 where there is no GPU, and what NVIDIA's assembler makes of it.</summary>
public sealed class TensorProductTests
{
    [Theory]
    [InlineData(true, 1.0f, 0.0f)]
    [InlineData(false, -0.5f, 2.0f)]
    public void Inner_and_inner(bool keepsRemainders, float alpha, float beta) => Check<TensorAlongInner, TensorAlongInner>(keepsRemainders, alpha, beta);

    [Theory]
    [InlineData(true, -0.5f, 2.0f)]
    [InlineData(false, 1.0f, 0.0f)]
    public void Inner_and_outer(bool keepsRemainders, float alpha, float beta) => Check<TensorAlongInner, TensorAlongOuter>(keepsRemainders, alpha, beta);

    [Theory]
    [InlineData(true, 1.0f, 0.0f)]
    public void Outer_and_inner(bool keepsRemainders, float alpha, float beta) => Check<TensorAlongOuter, TensorAlongInner>(keepsRemainders, alpha, beta);

    [Theory]
    [InlineData(true, 1.0f, 0.0f)]
    public void Outer_and_outer(bool keepsRemainders, float alpha, float beta) => Check<TensorAlongOuter, TensorAlongOuter>(keepsRemainders, alpha, beta);

    public static TheoryData<string> Kernels => [.. KernelRegistry.Closed.Keys.Where(kernel => kernel.StartsWith(nameof(TensorProductKernel), StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Machine_code_is_tensor_cores_and_asynchronous_copies(string kernel)
    {
        foreach (string architecture in GeneratedTexts.Architectures)
        {
            MachineCode code = PtxAssembler.Get().Assemble(kernel, GeneratedTexts.PtxFor(architecture)[kernel], architecture);
            // 4 by 4 fragments, twice in a step of 16; each of three terms.
            Assert.Equal(kernel.Contains(nameof(ThreeTerms), StringComparison.Ordinal) ? 96 : 32, code.Count(@"HMMA\.1688\.F32\.TF32"));
            Assert.Equal(8, code.Count(@"LDGSTS[.A-Z0-9]*128"));
            Assert.Equal(2, code.GroupsAtATime(TileGeometry.Threads));
            Assert.Equal(0, code.Count(@"LDG\.E\.128"));
        }
    }

    /// <summary>Each sum goes from one product to the next, and through the loop, without a change of places among its four registers.</summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Sums_keep_their_registers(string kernel)
    {
        string ptx = GeneratedTexts.PtxFor("sm_80")[kernel];
        (string[] Result, string[] Sum)[] products = [.. Regex.Matches(ptx, @"mma\.sync[.\w]+\s+\{([^}]+)\}, \{[^}]+\}, \{[^}]+\}, \{([^}]+)\}").Select(match => (Registers(match, 1), Registers(match, 2)))];
        Assert.Equal(kernel.Contains(nameof(ThreeTerms), StringComparison.Ordinal) ? 96 : 32, products.Length);
        string loop = ptx[ptx.LastIndexOf("mma.sync", StringComparison.Ordinal)..];
        Dictionary<string, string> moved = Regex.Matches(loop, @"mov\.\w+\s+(%f\d+), (%f\d+);").DistinctBy(match => match.Groups[1].Value).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Dictionary<string, string[]> byFirst = products.ToDictionary(product => product.Sum[0], product => product.Result);
        string[][] heads = [.. products.Select(product => product.Sum).Where(sum => products.All(product => product.Result[0] != sum[0]))];
        Assert.Equal(16, heads.Length);
        foreach (string[] head in heads)
        {
            string[] last = head;
            int length = 0;
            while (byFirst.TryGetValue(last[0], out string[]? next))
            {
                Assert.Equal(products.Single(product => product.Result == next).Sum, last);
                last = next;
                length++;
            }
            Assert.Equal(products.Length / 16, length);
            Assert.Equal(last, head.Select(register => Followed(register, moved)));
        }

        static string[] Registers(Match match, int group) => match.Groups[group].Value.Split(", ");
    }

    [Fact]
    public void Remainders_restore_float32()
    {
        var philox = new Philox(11, 0);
        for (int i = 0; i < 100_000; i++)
        {
            float x = (float)((2 * philox.Uniform(i)) - 1);
            float large = BitConverter.UInt32BitsToSingle(HostTensorMachine.Round(x));
            float small = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(x - large) & 0xFFFFE000u);
            Assert.True(Math.Abs((double)x - large) <= Math.ScaleB(Math.Abs(x), -11), $"{x:R}");
            Assert.True(Math.Abs((double)x - large - small) <= Math.ScaleB(Math.Abs(x), -22), $"{x:R}");
        }
    }

    // A register may be moved through another before the loop closes.
    private static string Followed(string register, Dictionary<string, string> moved) => moved.TryGetValue(register, out string? source) ? source : register;

    // Tile (1, 1) of two by two, in matrices with offsets and rows that are longer than needed; all else of C keeps its sevens.
    private static void Check<TLeft, TRight>(bool keepsRemainders, float alpha, float beta)
        where TLeft : struct, ITensorOperand
        where TRight : struct, ITensorOperand
    {
        const int Size = 256, K = 48, Offset = 12, Margin = 8;
        bool leftInner = typeof(TLeft) == typeof(TensorAlongInner), rightInner = typeof(TRight) == typeof(TensorAlongInner);
        // All of a float32's bits.
        double[] a = [.. Reference.Sample(41, Size * K).Select(v => (double)(float)(v / 3))], b = [.. Reference.Sample(42, Size * K).Select(v => (double)(float)(v / 3))], old = Reference.Sample(43, Size * Size);
        using Context context = Context.Create(builder => builder.CPU(new CPUDevice(4, 1, 1)));
        using Accelerator memory = context.CreateCPUAccelerator(0);
        int leadingA = (leftInner ? K : Size) + Margin, leadingB = (rightInner ? K : Size) + Margin, leadingC = Size + Margin;
        using var left = Put(a, K, leftInner, leadingA);
        using var right = Put(b, K, rightInner, leadingB);
        using var output = Put(beta == 0 ? [.. Enumerable.Repeat(double.NaN, Size * Size)] : old, Size, true, leadingC);
        using var stageA = memory.Allocate1D<Four<float>>(TLeft.StageElements / 2);
        using var stageB = memory.Allocate1D<Four<float>>(TRight.StageElements / 2);
        var shape = new LargeProductShape
        {
            OffsetA = Offset / 4,
            OffsetB = Offset / 4,
            OffsetC = Offset / 4,
            LeadingA = leadingA / 4,
            LeadingB = leadingB / 4,
            LeadingC = leadingC / 4,
            K = K,
            ColumnTiles = 2,
            Alpha = alpha,
            Beta = beta,
        };
        ArrayView<Four<float>> viewA = left.View.BaseView, viewB = right.View.BaseView, sharedA = stageA.View.BaseView, sharedB = stageB.View.BaseView;
        ArrayView<Pair> viewC = output.View.BaseView.Cast<Pair>();
        HostTensorMachine.RunGroup(thread =>
        {
            if (keepsRemainders)
                TensorProductKernel.Compute<TLeft, TRight, ThreeTerms, HostTensorMachine>(viewA, viewB, viewC, shape, sharedA, sharedB, 3, thread);
            else
                TensorProductKernel.Compute<TLeft, TRight, OneTerm, HostTensorMachine>(viewA, viewB, viewC, shape, sharedA, sharedB, 3, thread);
        });
        Four<float>[] fours = output.GetAsArray1D();
        double Read(int element) => (element % 4) switch { 0 => fours[element / 4].X, 1 => fours[element / 4].Y, 2 => fours[element / 4].Z, _ => fours[element / 4].W };
        // Float32 of K terms; in tf32 each factor is off by half a unit of 11 bits.
        double unit = keepsRemainders ? 2 * (K + 8) * Math.ScaleB(1, -24) : Math.ScaleB(1, -10) * 1.01, worst = 0;
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
            {
                double actual = Read(Offset + (i * leadingC) + j);
                if (i < Size / 2 || j < Size / 2)
                {
                    Assert.Equal(beta == 0 ? double.NaN : old[(i * Size) + j], actual);
                    continue;
                }
                (double sum, double scale) = Reference.Sum(K, k => alpha * a[(i * K) + k] * b[(j * K) + k]);
                double expected = sum + (beta == 0 ? 0 : beta * old[(i * Size) + j]), allowed = unit * (scale + Math.Abs(beta));
                worst = Math.Max(worst, Math.Abs(actual - expected) / allowed);
                Assert.True(Math.Abs(actual - expected) <= allowed, $"({i}, {j}): {actual:R}, expected {expected:R}");
            }
            for (int j = Size; j < leadingC; j++)
                Assert.Equal(7, Read(Offset + (i * leadingC) + j));
        }
        // Tf32 alone must be seen to be what it is.
        Assert.True(keepsRemainders || worst > 0.05, $"{worst}");

        // (i, k) of 256 rows, by rows or by columns, with sevens around.
        MemoryBuffer1D<Four<float>, Stride1D.Dense> Put(double[] values, int columns, bool byRows, int leading)
        {
            var elements = new float[Offset + ((byRows ? Size : columns) * leading)];
            Array.Fill(elements, 7);
            for (int e = 0; e < values.Length; e++)
                elements[Offset + (byRows ? (e / columns * leading) + (e % columns) : (e % columns * leading) + (e / columns))] = (float)values[e];
            return memory.Allocate1D([.. elements.Chunk(4).Select(f => new Four<float> { X = f[0], Y = f[1], Z = f[2], W = f[3] })]);
        }
    }
}
