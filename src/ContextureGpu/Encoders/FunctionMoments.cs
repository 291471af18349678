using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// C and B of functions on the points that an operator K starts from, and the way back from derivatives by them to a gradient. With m the masses of the points and
/// F = <c>D_m^(1/2)</c> times the centred functions: <c>C = F^T F</c> and <c>B = F^T S F</c>, S a symmetric operator that K makes. Both are summed in float64.
/// </summary>
/// <param name="through">K, which takes what has mass 1/2 on either side; not owned.</param>
/// <param name="mass">Masses of the points, with sum 1.</param>
/// <param name="outputs">Functions, d.</param>
internal abstract class FunctionMoments<T>(LinearOperator<T> through, double[] mass, int outputs) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DeviceMatrix<T> _mass = through.Arithmetic.UploadColumn<T>(mass);
    private readonly DeviceMatrix<T> _root = through.Arithmetic.UploadColumn<T>(Array.ConvertAll(mass, Math.Sqrt));
    private readonly DeviceMatrix<T> _twiceRoot = through.Arithmetic.UploadColumn<T>(Array.ConvertAll(mass, m => 2 * Math.Sqrt(m)));
    private readonly DeviceMatrix<T> _shift = through.Arithmetic.Allocate(1, outputs);

    /// <summary>Covariance of the functions, row-major (d, d).</summary>
    public double[] C { get; } = new double[outputs * outputs];

    /// <summary>What the objective pulls them together by, row-major (d, d), symmetric.</summary>
    public double[] B { get; } = new double[outputs * outputs];

    /// <summary>Means of the functions before centring.</summary>
    public double[] Mean { get; } = new double[outputs];

    /// <summary>K F, (rows of K, d); valid until the next <see cref="Measure"/>.</summary>
    public DeviceMatrix<T> Image { get; } = through.Arithmetic.Allocate(through.Rows, outputs);

    /// <summary>What is carried from step to step: part of a checkpoint.</summary>
    public virtual double[] State => [];

    /// <summary>K.</summary>
    protected LinearOperator<T> Through => through;

    /// <summary>Its arithmetic.</summary>
    protected Arithmetic<T> On => through.Arithmetic;

    /// <summary>Replaces functions, (points, d), by F, and computes the moments.</summary>
    public void Measure(DeviceMatrix<T> functions)
    {
        Center(functions);
        through.Apply(functions, Image);
        On.InnerProducts(functions, functions, C);
        MeasureImage(functions);
    }

    /// <summary>The gradient by the functions, <c>2 D_m^(1/2) (S F byB + F byC)</c>. Centring leaves it as it is: it is orthogonal to constants already.</summary>
    /// <param name="f">F, as <see cref="Measure"/> left it.</param>
    /// <param name="byC">Derivative by C.</param>
    /// <param name="byB">Derivative by B.</param>
    /// <param name="gradient">Receives (points, d).</param>
    public void Gradient(DeviceMatrix<T> f, double[] byC, double[] byB, DeviceMatrix<T> gradient)
    {
        On.MultiplySmall(Returned(), byB, T.Zero, gradient);
        On.MultiplySmall(f, byC, T.One, gradient);
        On.ScaleRows(_twiceRoot, gradient, gradient);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Fills <see cref="B"/> from F and <see cref="Image"/>.</summary>
    protected abstract void MeasureImage(DeviceMatrix<T> f);

    /// <summary>S F, (points, d).</summary>
    protected abstract DeviceMatrix<T> Returned();

    protected virtual void Dispose(bool disposing)
    {
        foreach (DeviceMatrix<T> matrix in new[] { _mass, _root, _twiceRoot, _shift, Image })
            matrix.Dispose();
    }

    private void Center(DeviceMatrix<T> functions)
    {
        On.ColumnMoments(functions, _mass, Mean, new double[outputs]);
        On.Upload(Array.ConvertAll(Mean, m => T.CreateTruncating(-m)), _shift);
        On.Activate(Activation.Identity, functions, _shift, null, functions);
        On.ScaleRows(_root, functions, functions);
    }
}
