using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Operators;

/// <summary>
/// What every operator must do. A new one writes <see cref="Create"/> and <see cref="Dense"/> and inherits: apply and adjoint against the dense
/// matrix at several widths into poisoned outputs, the dot test, composition, refusals, and disposal that leaves nothing on the device.
/// </summary>
public abstract class OperatorContract
{
    /// <summary>The operator on a device.</summary>
    private protected abstract LinearOperator<T> Create<T>(Arithmetic<T> arithmetic)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>The same operator as a dense row-major matrix, computed without the library.</summary>
    protected abstract double[] Dense();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Applies_as_its_dense_matrix_does(int width)
    {
        CheckProducts<float>(width);
        CheckProducts<double>(width);
    }

    [Fact]
    public void Passes_the_dot_test()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using LinearOperator<double> t = Create(arithmetic);
        double[] f = Normals(1, t.Rows), g = Normals(2, t.Columns);
        double left = Dot(f, Run(t, g, 1, adjoint: false)), right = Dot(Run(t, f, 1, adjoint: true), g);
        Tolerance.AssertClose("<f, T g> = <T* f, g>", left, right, Tolerance.Relative<double>(t.Rows * (long)t.Columns, Scale()));
    }

    [Fact]
    public void Composes_with_its_adjoint()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        LinearOperator<double> t = Create(arithmetic);
        using var normal = new Product<double>(t, new Adjoint<double>(t));
        double[] f = Normals(3, t.Rows);
        double[] expected = Multiply(Dense(), t.Rows, t.Columns, Multiply(Dense(), t.Rows, t.Columns, f, 1, transposed: true), 1, transposed: false);
        AssertNear(expected, Run(normal, f, 1, adjoint: false), Tolerance.Relative<double>(t.Rows + t.Columns, Scale() * Scale()));
    }

    [Fact]
    public void Refuses_blocks_of_other_sizes()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        using LinearOperator<float> t = Create(arithmetic);
        using DeviceMatrix<float> x = arithmetic.Allocate(t.Columns + 1, 2), y = arithmetic.Allocate(t.Rows, 2), z = arithmetic.Allocate(t.Columns, 3);
        Assert.Throws<ArgumentException>(() => t.Apply(x, y));
        Assert.Throws<ArgumentException>(() => t.Apply(z, y));
        Assert.Throws<ArgumentException>(() => t.ApplyAdjoint(y, x));
    }

    [Fact]
    public void Leaves_nothing_on_the_device()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        using (LinearOperator<float> t = Create(device.Arithmetic<float>()))
        {
            Run(t, Normals(4, t.Columns * 2), 2, adjoint: false);
            Run(t, Normals(5, t.Rows * 3), 3, adjoint: true);
        }
        Assert.Equal(0, device.Memory.LiveBytes);
    }

    [Fact]
    public void Its_declared_structure_is_true()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        using LinearOperator<double> t = Create(device.Arithmetic<double>());
        double[] dense = Dense();
        if (t.Structure.HasFlag(OperatorStructure.SelfAdjoint))
            for (int i = 0; i < t.Rows; i++)
                for (int j = 0; j < i; j++)
                    Tolerance.AssertClose($"({i}, {j})", dense[i * t.Columns + j], dense[j * t.Columns + i], Tolerance.Relative<double>(t.Rows, Scale()));
        if (t.Structure.HasFlag(OperatorStructure.MassPreserving))
            for (int i = 0; i < t.Rows; i++)
                Tolerance.AssertClose($"mass of row {i}", 1, dense.AsSpan(i * t.Columns, t.Columns).ToArray().Sum(), Tolerance.Relative<double>(t.Columns));
    }

    /// <summary>A dense product of plain loops, for the oracles.</summary>
    protected static double[] Multiply(double[] matrix, int rows, int columns, double[] x, int width, bool transposed)
    {
        var y = new double[(transposed ? columns : rows) * width];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                for (int c = 0; c < width; c++)
                    if (transposed)
                        y[j * width + c] += matrix[i * columns + j] * x[i * width + c];
                    else
                        y[i * width + c] += matrix[i * columns + j] * x[j * width + c];
        return y;
    }

    /// <summary>Seeded standard normal draws.</summary>
    protected static double[] Normals(ulong stream, int count)
    {
        var draws = new double[count];
        new Philox(20, stream).Normals<double>(0, draws);
        return draws;
    }

    private void CheckProducts<T>(int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using ComputeDevice device = ReferenceDevice.Open();
        using LinearOperator<T> t = Create(device.Arithmetic<T>());
        double[] dense = Dense(), g = Normals(6, t.Columns * width), f = Normals(7, t.Rows * width);
        double allowed = Tolerance.Relative<T>(4L * (t.Rows + t.Columns), 4 * Scale());
        AssertNear(Multiply(dense, t.Rows, t.Columns, g, width, transposed: false), Run(t, g, width, adjoint: false), allowed);
        AssertNear(Multiply(dense, t.Rows, t.Columns, f, width, transposed: true), Run(t, f, width, adjoint: true), allowed);
    }

    private static double[] Run<T>(LinearOperator<T> t, double[] x, int width, bool adjoint)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (int from, int to) = adjoint ? (t.Rows, t.Columns) : (t.Columns, t.Rows);
        using DeviceMatrix<T> input = t.Arithmetic.UploadMatrix(x, from, width), output = t.Arithmetic.Allocate(to, width);
        t.Arithmetic.Fill(output, T.NaN);
        if (adjoint)
            t.ApplyAdjoint(input, output);
        else
            t.Apply(input, output);
        return t.Arithmetic.DownloadDouble(output);
    }

    private double Scale() => Math.Max(1, Math.Sqrt(Dense().Sum(v => v * v)));

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static void AssertNear(double[] expected, double[] actual, double allowed)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Tolerance.AssertClose($"element {i}", expected[i], actual[i], allowed);
    }
}
