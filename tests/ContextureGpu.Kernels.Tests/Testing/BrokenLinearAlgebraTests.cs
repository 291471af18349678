using ContextureGpu.Testing;
using Xunit;
using Xunit.Sdk;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>The contract of host linear algebra has been seen to fail.</summary>
public sealed class BrokenLinearAlgebraTests
{
    public enum Flaw
    {
        EigenvectorsInColumns,
        Descending,
        ReadsTheUpperTriangle,
        LetsNanThrough,
        AbsoluteValues,
        IgnoresOrientation,
        DropsTheLastTerm,
        IgnoresSizes,
    }

    [Theory]
    [InlineData(Flaw.EigenvectorsInColumns)]
    [InlineData(Flaw.Descending)]
    [InlineData(Flaw.ReadsTheUpperTriangle)]
    [InlineData(Flaw.LetsNanThrough)]
    [InlineData(Flaw.AbsoluteValues)]
    [InlineData(Flaw.IgnoresOrientation)]
    [InlineData(Flaw.DropsTheLastTerm)]
    [InlineData(Flaw.IgnoresSizes)]
    public void TheContractFindsIt(Flaw flaw)
    {
        var contract = new BrokenContract(flaw);
        Action check = flaw switch
        {
            Flaw.EigenvectorsInColumns or Flaw.Descending or Flaw.AbsoluteValues => () => contract.EigenpairsOfChosenSpectra(16),
            Flaw.ReadsTheUpperTriangle => contract.OnlyTheLowerTriangleIsRead,
            Flaw.IgnoresOrientation or Flaw.DropsTheLastTerm => contract.Products,
            _ => contract.BadInputIsRefused,
        };
        Exception? red = Record.Exception(check);
        Assert.True(red is IAssertionException or ArgumentException, $"{flaw} was not found ({red?.GetType().Name ?? "green"})");
    }

    private sealed class BrokenContract(Flaw flaw) : HostLinearAlgebraContract
    {
        protected override HostLinearAlgebra Create() => new Broken(flaw);
    }

    private sealed class Broken(Flaw flaw) : HostLinearAlgebra
    {
        public override string Name => $"reference, but {flaw}";

        public override void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues)
        {
            for (int e = 0; flaw == Flaw.LetsNanThrough && e < a.Length; e++)
                a[e] = double.IsFinite(a[e]) ? a[e] : 0;
            for (int e = 0; flaw == Flaw.ReadsTheUpperTriangle && e < a.Length; e++)
                a[e] = a[Math.Min(e / n, e % n) * n + Math.Max(e / n, e % n)];
            ReferenceLinearAlgebra.Instance.SymmetricEigen(a, n, eigenvalues);
            double[] vectors = a.ToArray();
            for (int e = 0; flaw == Flaw.EigenvectorsInColumns && e < a.Length; e++)
                a[e] = vectors[e % n * n + e / n];
            if (flaw == Flaw.Descending)
                eigenvalues.Reverse();
            for (int i = 0; flaw == Flaw.AbsoluteValues && i < n; i++)
                eigenvalues[i] = Math.Abs(eigenvalues[i]);
        }

        public override void Multiply(
            ReadOnlySpan<double> a, Orientation orientationA, ReadOnlySpan<double> b, Orientation orientationB, Span<double> c, int m, int n, int k)
        {
            if (flaw == Flaw.IgnoresSizes && c.Length != m * n)
                return;
            ReferenceLinearAlgebra.Instance.Multiply(a, flaw == Flaw.IgnoresOrientation && m == k ? Orientation.Normal : orientationA, b, orientationB, c, m, n, k);
            if (flaw == Flaw.DropsTheLastTerm && k > 64 && c.Length > 0)
                c[0] -= a[orientationA == Orientation.Normal ? k - 1 : (k - 1) * m] * b[orientationB == Orientation.Normal ? (k - 1) * n : k - 1];
        }
    }
}
