namespace ContextureGpu.Kernels;

/// <content>Networks: what lies between the products of their layers, and the step of the optimiser.</content>
public abstract partial class Arithmetic<T>
{
    /// <summary><c>y_ij = f(z_ij + b_j) + skip_ij</c>: the end of a layer. Y may be Z or the skip connection.</summary>
    /// <param name="activation">f. Tanh and GELU have an absolute error of a few roundings, relative to 1 + |y|.</param>
    /// <param name="z">(n, w), the product of the layer's inputs and weights.</param>
    /// <param name="bias">b, (1, w).</param>
    /// <param name="skip">(n, w); null for none.</param>
    /// <param name="y">(n, w).</param>
    public void Activate(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y)
    {
        CheckActivation(activation);
        CheckSameShape(z, y, nameof(y));
        CheckRowVector(bias, z.Columns, nameof(bias));
        if (skip is not null)
            CheckSameShape(z, skip, nameof(skip));
        if (!z.IsEmpty)
            ActivateCore(activation, z, bias, skip, y);
    }

    /// <summary>
    /// <c>out_ij = g_ij f'(z_ij + b_j)</c>: the gradient with respect to Z from that with respect to Y, from the stored Z, before the activation. The gradient of a skip
    /// connection is g itself. The output may be Z or the gradient.
    /// </summary>
    /// <param name="activation">f.</param>
    /// <param name="z">(n, w), as <see cref="Activate"/> was given it.</param>
    /// <param name="bias">b, (1, w).</param>
    /// <param name="gradient">g, (n, w).</param>
    /// <param name="output">(n, w).</param>
    public void ActivateBackward(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output)
    {
        CheckActivation(activation);
        CheckSameShape(z, gradient, nameof(gradient));
        CheckSameShape(z, output, nameof(output));
        CheckRowVector(bias, z.Columns, nameof(bias));
        if (!z.IsEmpty)
            ActivateBackwardCore(activation, z, bias, gradient, output);
    }

    /// <summary><c>s_j = sum_i x_ij</c>, on the device, summed in float64 or in a tree of short sums.</summary>
    /// <param name="x">(n, w); without rows the sums are 0.</param>
    /// <param name="sums">(1, w), overwritten.</param>
    public void ColumnSums(DeviceMatrix<T> x, DeviceMatrix<T> sums)
    {
        ArgumentNullException.ThrowIfNull(x);
        CheckRowVector(sums, x.Columns, nameof(sums));
        if (sums.IsEmpty)
            return;
        if (x.Rows == 0)
            FillCore(sums, T.Zero);
        else
            ColumnSumsCore(x, sums);
    }

    /// <summary><c>sum_ij x_ij^2</c> on the host, in float64 where the device has it.</summary>
    public double SumOfSquares(DeviceMatrix<T> x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.IsEmpty ? 0 : SumOfSquaresCore(x);
    }

    /// <summary>One step of AdamW on one matrix of parameters, all four of the same shape.</summary>
    /// <param name="update">Number, rate and constants.</param>
    /// <param name="gradient">g before scaling.</param>
    /// <param name="first">m, updated.</param>
    /// <param name="second">v, updated.</param>
    /// <param name="parameters">p, updated.</param>
    /// <exception cref="ArgumentException">The shapes differ, or the step is out of its ranges.</exception>
    public void Adam(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
    {
        update.Check();
        CheckSameShape(parameters, gradient, nameof(gradient));
        CheckSameShape(parameters, first, nameof(first));
        CheckSameShape(parameters, second, nameof(second));
        if (!parameters.IsEmpty)
            AdamCore(update, gradient, first, second, parameters);
    }

    /// <summary>Implements <see cref="Activate"/>; y may be z or skip.</summary>
    protected abstract void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y);

    /// <summary>Implements <see cref="ActivateBackward"/>; the output may be z or the gradient.</summary>
    protected abstract void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="ColumnSums"/>.</summary>
    protected abstract void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums);

    /// <summary>Implements <see cref="SumOfSquares"/>.</summary>
    protected abstract double SumOfSquaresCore(DeviceMatrix<T> x);

    /// <summary>Implements <see cref="Adam"/>.</summary>
    protected abstract void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters);

    private static void CheckActivation(Activation activation)
    {
        if (!Enum.IsDefined(activation))
            throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
    }

    private static void CheckRowVector(DeviceMatrix<T> vector, int columns, string name)
    {
        ArgumentNullException.ThrowIfNull(vector);
        if (vector.Rows != 1 || vector.Columns != columns)
            throw new ArgumentException($"a row of {columns} values was expected; it is ({vector.Rows}, {vector.Columns})", name);
    }
}
