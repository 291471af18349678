using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>The dual kernel <c>k_X(x, z) = sum_a P(a|x) P(a|z) / P_A(a)</c> of a context on its sample, a few columns at a time; it is never stored.</summary>
internal abstract class DualKernel : IDisposable
{
    /// <summary>Weights of the rows, sum 1.</summary>
    public required double[] Weights { get; init; }

    /// <summary>Rows.</summary>
    public int Rows => Weights.Length;

    /// <summary>k_X(x, z) for all x and the given z, row-major (rows, z).</summary>
    public abstract double[] Columns(ReadOnlySpan<int> z);

    /// <summary><c>||T* f||</c> for each of some centred functions.</summary>
    /// <param name="functions">Row-major (rows, count).</param>
    /// <param name="count">Functions.</param>
    public abstract double[] AdjointNorms(double[] functions, int count);

    /// <summary>Frees what the kernel holds on a device.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Of a context with one law: by its normalised operator, <c>k_X(x, z) = (B B^T)_xz / sqrt(w_x w_z)</c>.</summary>
internal sealed class OperatorKernel<T> : DualKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LinearOperator<T> _b;

    /// <summary>Takes ownership of B = D_w^(1/2) P D_PA^(-1/2).</summary>
    public OperatorKernel(LinearOperator<T> b) => _b = b;

    public override double[] Columns(ReadOnlySpan<int> z)
    {
        Arithmetic<T> on = _b.Arithmetic;
        int n = Rows, b = z.Length;
        var units = new T[(long)n * b];
        for (int j = 0; j < b; j++)
            units[((long)z[j] * b) + j] = T.CreateTruncating(1 / Math.Sqrt(Weights[z[j]]));
        using DeviceMatrix<T> x = on.Allocate(n, b), y = on.Allocate(n, b), between = on.Allocate(_b.Columns, b);
        on.Upload(units, x);
        _b.ApplySquare(x, y, between);
        double[] columns = on.DownloadDouble(y);
        for (int i = 0; i < n; i++)
            System.Numerics.Tensors.TensorPrimitives.Divide(columns.AsSpan(i * b, b), Math.Sqrt(Weights[i]), columns.AsSpan(i * b, b));
        return columns;
    }

    public override double[] AdjointNorms(double[] functions, int count)
    {
        Arithmetic<T> on = _b.Arithmetic;
        int n = Rows;
        var scaled = new double[functions.Length];
        for (int i = 0; i < n; i++)
            System.Numerics.Tensors.TensorPrimitives.Multiply(functions.AsSpan(i * count, count), Math.Sqrt(Weights[i]), scaled.AsSpan(i * count, count));
        using DeviceMatrix<T> f = on.UploadMatrix<T>(scaled, n, count), image = on.Allocate(_b.Columns, count);
        _b.ApplyAdjoint(f, image);
        var squares = new double[count * count];
        on.InnerProducts(image, image, squares);
        return [.. Enumerable.Range(0, count).Select(j => Math.Sqrt(Math.Max(0, squares[(j * count) + j])))];
    }

    public override void Dispose()
    {
        _b.Dispose();
        base.Dispose();
    }
}

/// <summary>Of what has a spectrum but no single law: <c>1 + sum_i s_i^2 q_i(x) q_i(z)</c>.</summary>
internal sealed class SpectralKernel(JudgedSpectrum spectrum) : DualKernel
{
    public override double[] Columns(ReadOnlySpan<int> z)
    {
        int n = Rows, d = spectrum.SingularValues.Length, b = z.Length;
        double[] q = spectrum.Functions.ToDouble(), columns = new double[(long)n * b], scaled = new double[b * d];
        for (int j = 0; j < b; j++)
            for (int i = 0; i < d; i++)
                scaled[(j * d) + i] = spectrum.SingularValues[i] * spectrum.SingularValues[i] * q[(z[j] * d) + i];
        for (int x = 0; x < n; x++)
            for (int j = 0; j < b; j++)
                columns[((long)x * b) + j] = 1 + System.Numerics.Tensors.TensorPrimitives.Dot<double>(q.AsSpan(x * d, d), scaled.AsSpan(j * d, d));
        return columns;
    }

    public override double[] AdjointNorms(double[] functions, int count)
    {
        double[] u = spectrum.InnerProducts(functions, count);
        int d = spectrum.SingularValues.Length;
        return [.. Enumerable.Range(0, count).Select(j => Math.Sqrt(Enumerable.Range(0, d).Sum(i => Math.Pow(spectrum.SingularValues[i] * u[(i * count) + j], 2))))];
    }
}
