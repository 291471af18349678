using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// C and B of functions on one side of a context, and the way back from derivatives by them to a gradient. With K the normalised operator
/// <c>D_w^(1/2) P D_a^(-1/2)</c> (or its adjoint, for functions of x), m the masses on the side of the functions, and F = <c>D_m^(1/2)</c> times the centred functions:
/// <c>C = F^T F</c>, <c>G = K F</c>, <c>B = G^T G</c>. Both are summed in float64.
/// </summary>
internal sealed class ContextMoments<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Arithmetic<T> _on;
    private readonly LinearOperator<T> _operator;
    private readonly DeviceMatrix<T> _mass, _root, _twiceRoot, _shift;
    private readonly DeviceMatrix<T> _image, _back;
    private readonly int _outputs;

    /// <summary>For functions on the points that K's columns stand for; K is not owned.</summary>
    public ContextMoments(LinearOperator<T> normalized, double[] mass, int outputs)
    {
        (_on, _operator, _outputs) = (normalized.Arithmetic, normalized, outputs);
        _mass = _on.UploadColumn<T>(mass);
        _root = _on.UploadColumn<T>(Array.ConvertAll(mass, Math.Sqrt));
        _twiceRoot = _on.UploadColumn<T>(Array.ConvertAll(mass, m => 2 * Math.Sqrt(m)));
        _shift = _on.Allocate(1, outputs);
        _image = _on.Allocate(normalized.Rows, outputs);
        _back = _on.Allocate(normalized.Columns, outputs);
        C = new double[outputs * outputs];
        B = new double[outputs * outputs];
        Mean = new double[outputs];
    }

    /// <summary>Covariance of the functions, row-major (d, d).</summary>
    public double[] C { get; }

    /// <summary>Covariance of their images.</summary>
    public double[] B { get; }

    /// <summary>Means of the functions before centring.</summary>
    public double[] Mean { get; }

    /// <summary><c>D^(1/2)</c> times the images of the centred functions, (rows of K, d); valid until the next <see cref="Measure"/>.</summary>
    public DeviceMatrix<T> Image => _image;

    /// <summary>Replaces functions, (points, d), by F, and computes the moments.</summary>
    public void Measure(DeviceMatrix<T> functions)
    {
        _on.ColumnMoments(functions, _mass, Mean, new double[_outputs]);
        _on.Upload(Array.ConvertAll(Mean, m => T.CreateTruncating(-m)), _shift);
        _on.Activate(Activation.Identity, functions, _shift, null, functions);
        _on.ScaleRows(_root, functions, functions);
        _operator.Apply(functions, _image);
        _on.InnerProducts(functions, functions, C);
        _on.InnerProducts(_image, _image, B);
    }

    /// <summary>
    /// The gradient by the functions, <c>2 D_m^(1/2) (K* G byB + F byC)</c>, from derivatives by C and B. Centring leaves it as it is: it is orthogonal to constants already.
    /// </summary>
    /// <param name="f">F, as <see cref="Measure"/> left it.</param>
    /// <param name="byC">Derivative by C.</param>
    /// <param name="byB">Derivative by B.</param>
    /// <param name="gradient">Receives (points, d).</param>
    public void Gradient(DeviceMatrix<T> f, double[] byC, double[] byB, DeviceMatrix<T> gradient)
    {
        _operator.ApplyAdjoint(_image, _back);
        _on.MultiplySmall(_back, byB, T.Zero, gradient);
        _on.MultiplySmall(f, byC, T.One, gradient);
        _on.ScaleRows(_twiceRoot, gradient, gradient);
    }

    public void Dispose()
    {
        foreach (DeviceMatrix<T> matrix in new[] { _mass, _root, _twiceRoot, _shift, _image, _back })
            matrix.Dispose();
    }
}
