using System.Text.RegularExpressions;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>What the register-blocked kernels of the operator rest on, in their PTX: sums in registers, shared memory read in 16 bytes, everything fused, nothing in float64.</summary>
public sealed class RegisterTileTests(GeneratedCodeTests.PtxGenerator generator) : IClassFixture<GeneratedCodeTests.PtxGenerator>
{
    /// <summary>
    /// The product has 8 steps of 64 fused multiply-adds for four loads; the sums over the features 4 steps of 16 terms for two loads; the exponential 10 fused multiply-adds for each of 16
    /// weights and one for its exponent.
    /// </summary>
    [Theory]
    [InlineData("SquaredDifference,SumWeight,OneSlab", (8 * 64) + (4 * 16) + (11 * 16), 4 * 16, 2)]
    [InlineData("SquaredDifference,SumWeight,ManySlabs", (8 * 64) + (4 * 16) + (11 * 16), 4 * 16, 4)]
    [InlineData("SquaredDifference,RootWeight,OneSlab", (8 * 64) + (4 * 16) + (11 * 16), 4 * 16, 2)]
    [InlineData("Magnitude,SumWeight,OneSlab", (8 * 64) + (11 * 16), 4 * 16, 2)]
    [InlineData("FeatureProduct,OneSlab", (8 * 64) + (4 * 16) + 16, 0, 2)]
    public void A_fused_product(string functors, int fused, int differences, int barriersOfTheLoop)
    {
        string ptx = Inspected($"FusedKernelProductKernel.Product<{functors}>");
        Assert.Equal(fused, Regex.Count(ptx, @"fma\.rn\.f32"));
        Assert.InRange(Regex.Count(ptx, @"sub\.f32"), differences, differences + 100);
        Assert.Equal((8 * 4) + (4 * 2), Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Empty(Regex.Matches(ptx, @"ld\.shared\.f32"));
        // The weights of four rows, and two pieces of V.
        Assert.Equal(4 + 2, Regex.Count(ptx, @"st\.shared\.v4\.f32"));
        Assert.Equal(barriersOfTheLoop + 1, Regex.Count(ptx, @"bar\.sync"));
    }

    /// <summary>Four steps of 64 terms for four loads, and one comparison that rejects eight distances.</summary>
    [Theory]
    [InlineData("SquaredDifference", 4 * 64)]
    [InlineData("Magnitude", 0)]
    public void A_neighbour_filter(string term, int fused)
    {
        string ptx = Inspected($"NeighborFilterKernel.Filter<{term}>");
        Assert.Equal(fused, Regex.Count(ptx, @"fma\.rn\.f32"));
        Assert.InRange(Regex.Count(ptx, @"sub\.f32"), 4 * 64, (4 * 64) + 16);
        Assert.Equal(4 * 4, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Empty(Regex.Matches(ptx, @"ld\.shared\.f32"));
        Assert.Equal(7 * 8, Regex.Count(ptx, @"min\.f32"));
        Assert.Equal(2, Regex.Count(ptx, @"bar\.sync"));
        Assert.Empty(Regex.Matches(ptx, @"\batom|\bred\."));
    }

    /// <summary>Two entries of a row at a time, each with four columns in one load, and no atomic operation.</summary>
    [Fact]
    public void A_sparse_product_of_four_columns_a_thread()
    {
        string ptx = Inspected("CompressedRowsKernel.Product<Single,FourColumns>");
        Assert.Equal(3, Regex.Count(ptx, @"ld\.global\.v4\.f32"));
        Assert.Equal(3 * 4, Regex.Count(ptx, @"fma\.rn\.f32"));
        Assert.Equal(1, Regex.Count(ptx, @"st\.global\.v4\.f32"));
        Assert.Empty(Regex.Matches(ptx, @"\batom|\bred\."));
    }

    private string Inspected(string kernel)
    {
        string ptx = generator[kernel];
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".f64", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("call", ptx, StringComparison.Ordinal);
        return ptx;
    }
}
