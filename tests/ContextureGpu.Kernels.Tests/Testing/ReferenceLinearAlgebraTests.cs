using ContextureGpu.Testing;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>Jacobi's method passes the contract of host linear algebra.</summary>
public sealed class ReferenceLinearAlgebraTests : HostLinearAlgebraContract
{
    protected override HostLinearAlgebra Create() => ReferenceLinearAlgebra.Instance;
}
