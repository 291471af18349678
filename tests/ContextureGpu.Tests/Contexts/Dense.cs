using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using MathNet.Numerics.LinearAlgebra;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Operators as matrices, by applying them to the identity.</summary>
internal static class Dense
{
    public static Matrix<double> Of(LinearOperator<double> law)
    {
        Arithmetic<double> on = law.Arithmetic;
        int m = law.Columns;
        using DeviceMatrix<double> identity = on.UploadMatrix<double>(Matrix<double>.Build.DenseIdentity(m).ToRowMajorArray(), m, m), result = on.Allocate(law.Rows, m);
        law.Apply(identity, result);
        return Matrix<double>.Build.DenseOfRowMajor(law.Rows, m, on.DownloadDouble(result));
    }

    /// <summary>P of a context on a sample.</summary>
    public static Matrix<double> Of(Context context, ContextSample sample)
    {
        using CpuDevice device = CpuDevice.Open();
        BoundContext bound = ContextBinding.Bind(ContextBinding.Resolve(context, sample), sample, device, CancellationToken.None);
        using LinearOperator<double> law = bound.OnSample(device.Arithmetic<double>());
        return Of(law);
    }
}
