using ContextureGpu.Testing;
using Xunit;
namespace ContextureGpu.Kernels.Tests;
public sealed class SmokeTests
{
    [Fact]
    public void Jacobi()
    {
        foreach (int n in new[] { 0, 1, 2, 3, 17, 40 })
        {
            var g = new double[n * n];
            new Philox(1, 2).Normals(0, g.AsSpan());
            var a = new double[n * n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i * n + j] = g[i * n + j] + g[j * n + i];
            var q = a.ToArray(); var w = new double[n];
            for (int i = 0; i < n; i++) for (int j = i + 1; j < n; j++) q[i * n + j] = double.NaN;
            ReferenceLinearAlgebra.Instance.SymmetricEigen(q, n, w);
            double worst = 0;
            for (int r = 0; r < n; r++) for (int i = 0; i < n; i++) { double s = -w[r] * q[r * n + i]; for (int j = 0; j < n; j++) s += a[i * n + j] * q[r * n + j]; worst = Math.Max(worst, Math.Abs(s)); }
            Assert.True(worst < 1e-13 * (1 + n), $"{n}: {worst}");
        }
    }
}
