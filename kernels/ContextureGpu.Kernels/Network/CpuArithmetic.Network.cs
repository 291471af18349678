namespace ContextureGpu.Kernels.Cpu;

/// <content>Networks.</content>
internal sealed unsafe partial class CpuArithmetic<T>
{
    // Exponentials make an element as dear as so many additions.
    private const int ActivationWork = 8;

    protected override void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y)
    {
        (CpuMatrix<T> own, CpuMatrix<T> shift, CpuMatrix<T>? past, CpuMatrix<T> to) = (Own(z), Own(bias), OwnOrNull(skip), Own(y));
        switch (activation)
        {
            case Activation.Tanh:
                Activate<VectorTanh>(own, shift, past, to);
                break;
            case Activation.Relu:
                Activate<VectorRelu>(own, shift, past, to);
                break;
            case Activation.Gelu:
                Activate<VectorGelu>(own, shift, past, to);
                break;
            default:
                Activate<VectorIdentity>(own, shift, past, to);
                break;
        }
    }

    protected override void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output)
    {
        (CpuMatrix<T> own, CpuMatrix<T> shift, CpuMatrix<T> from, CpuMatrix<T> to) = (Own(z), Own(bias), Own(gradient), Own(output));
        switch (activation)
        {
            case Activation.Tanh:
                Backward<VectorTanh>(own, shift, from, to);
                break;
            case Activation.Relu:
                Backward<VectorRelu>(own, shift, from, to);
                break;
            case Activation.Gelu:
                Backward<VectorGelu>(own, shift, from, to);
                break;
            default:
                Backward<VectorIdentity>(own, shift, from, to);
                break;
        }
    }

    protected override void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums)
    {
        CpuMatrix<T> to = Own(sums);
        double[] total = SumRows(Own(x), null, null);
        Span<T> row = to.Row(0);
        for (int j = 0; j < row.Length; j++)
            row[j] = T.CreateTruncating(total[j]);
    }

    protected override double SumOfSquaresCore(DeviceMatrix<T> x)
    {
        CpuMatrix<T> own = Own(x);
        var partial = new double[x.Rows];
        EachRow(own, i =>
        {
            double sum = 0;
            foreach (T value in own.Row(i))
            {
                double wide = double.CreateTruncating(value);
                sum += wide * wide;
            }
            partial[i] = sum;
        });
        double total = 0;
        foreach (double sum in partial)
            total += sum;
        return total;
    }

    protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
    {
        (CpuMatrix<T> g, CpuMatrix<T> m, CpuMatrix<T> v, CpuMatrix<T> p) = (Own(gradient), Own(first), Own(second), Own(parameters));
        EachRow(p, i => NetworkRow.Adam(update, g.Row(i), m.Row(i), v.Row(i), p.Row(i)));
    }

    protected override void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y)
    {
        (CpuMatrix<T> from, CpuMatrix<T> factor, CpuMatrix<T> found, CpuMatrix<T> to) = (Own(x), Own(gain), Own(statistics), Own(y));
        EachRow(from, i => NetworkRow.LayerNorm(from.Row(i), factor.Row(0), found.Row(i), to.Row(i)));
    }

    protected override void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain)
    {
        (CpuMatrix<T> from, CpuMatrix<T> factor, CpuMatrix<T> found) = (Own(x), Own(gain), Own(statistics));
        (CpuMatrix<T> slope, CpuMatrix<T> to, CpuMatrix<T> other) = (Own(gradient), Own(byInput), Own(byGain));
        EachRow(from, i => NetworkRow.LayerNormBackward<T>(from.Row(i), factor.Row(0), found.Row(i), slope.Row(i), to.Row(i), other.Row(i)));
    }

    private void Activate<TActivation>(CpuMatrix<T> z, CpuMatrix<T> bias, CpuMatrix<T>? skip, CpuMatrix<T> y)
        where TActivation : struct, IVectorActivation =>
        workers.Rows(z.Rows, 16, ActivationWork * (long)z.Rows * z.Columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
                NetworkRow.Activate<T, TActivation>(z.Row(i), bias.Row(0), skip is null ? [] : skip.Row(i), y.Row(i));
        });

    private void Backward<TActivation>(CpuMatrix<T> z, CpuMatrix<T> bias, CpuMatrix<T> gradient, CpuMatrix<T> output)
        where TActivation : struct, IVectorActivation =>
        workers.Rows(z.Rows, 16, ActivationWork * (long)z.Rows * z.Columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
                NetworkRow.Backward<T, TActivation>(z.Row(i), bias.Row(0), gradient.Row(i), output.Row(i));
        });
}
