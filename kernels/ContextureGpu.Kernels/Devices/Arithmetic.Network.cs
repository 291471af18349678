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

    /// <summary>
    /// <c>y_ij = g_j (x_ij - m_i) r_i</c> with the mean m_i of row i and <c>r_i = 1 / sqrt(v_i + e)</c> of its variance, e = <see cref="LayerNormConstants.Epsilon"/>: layer
    /// normalisation without the shift.
    /// </summary>
    /// <param name="x">(n, w).</param>
    /// <param name="gain">g, (1, w).</param>
    /// <param name="statistics">(n, 2), receives m and r.</param>
    /// <param name="y">(n, w), not overlapping X.</param>
    public void LayerNorm(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y)
    {
        CheckSameShape(x, y, nameof(y));
        CheckRowVector(gain, x.Columns, nameof(gain));
        CheckStatistics(statistics, x.Rows);
        if (!x.IsEmpty)
            LayerNormCore(x, gain, statistics, y);
    }

    /// <summary>
    /// The gradients of <see cref="LayerNorm"/>. With <c>h_ij = (x_ij - m_i) r_i</c> and <c>e_ij = g_j d_ij</c>: by X, <c>r_i (e_ij - mean_k e_ik - h_ij mean_k(e_ik h_ik))</c>;
    /// by the gain, the column sums of <c>d_ij h_ij</c>, of which the terms are written.
    /// </summary>
    /// <param name="x">(n, w), as <see cref="LayerNorm"/> was given it.</param>
    /// <param name="gain">g, (1, w).</param>
    /// <param name="statistics">(n, 2), as it was filled.</param>
    /// <param name="gradient">d, the gradient by Y, (n, w).</param>
    /// <param name="byInput">(n, w), the gradient by X; may be the gradient.</param>
    /// <param name="byGain">(n, w), the terms of the gradient by the gain; may be X.</param>
    public void LayerNormBackward(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain)
    {
        CheckSameShape(x, gradient, nameof(gradient));
        CheckSameShape(x, byInput, nameof(byInput));
        CheckSameShape(x, byGain, nameof(byGain));
        CheckRowVector(gain, x.Columns, nameof(gain));
        CheckStatistics(statistics, x.Rows);
        if (!x.IsEmpty)
            LayerNormBackwardCore(x, gain, statistics, gradient, byInput, byGain);
    }

    /// <summary>Implements <see cref="LayerNorm"/>.</summary>
    protected abstract void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y);

    /// <summary>Implements <see cref="LayerNormBackward"/>; byInput may be the gradient, byGain may be x.</summary>
    protected abstract void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain);

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

    private static void CheckStatistics(DeviceMatrix<T> statistics, int rows)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        if (statistics.Rows != rows || statistics.Columns != 2)
            throw new ArgumentException($"a mean and a scale for each of {rows} rows were expected; the statistics are ({statistics.Rows}, {statistics.Columns})", nameof(statistics));
    }
}
