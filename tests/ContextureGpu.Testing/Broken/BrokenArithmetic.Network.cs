using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <content>Networks.</content>
internal sealed partial class BrokenArithmetic<T>
{
    protected override void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y)
    {
        using DeviceMatrix<T> none = NoBias(bias);
        base.ActivateCore(activation, z, defect == Defect.IgnoresBias ? none : bias, defect == Defect.DropsSkipConnection ? null : skip, y);
    }

    protected override void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output)
    {
        using DeviceMatrix<T> none = NoBias(bias), value = Allocate(z.Rows, z.Columns);
        if (defect == Defect.TakesSlopeOfOutput)
        {
            base.ActivateCore(activation, z, bias, null, value);
            base.ActivateBackwardCore(activation, value, none, gradient, output);
            return;
        }
        base.ActivateBackwardCore(activation, z, defect == Defect.IgnoresBias ? none : bias, gradient, output);
    }

    protected override void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y)
    {
        base.LayerNormCore(x, gain, statistics, y);
        if (defect == Defect.NormalizesBySampleVariance)
            base.CombineCore(T.Zero, y, Round(Math.Sqrt((x.Columns - 1.0) / x.Columns)), y);
    }

    protected override void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain)
    {
        double[] plain = new double[x.Rows];
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                plain[i] += Wide(Own(statistics)[i, 1]) * Wide(Own(gain)[0, j]) * Wide(Own(gradient)[i, j]) / x.Columns;
        }
        base.LayerNormBackwardCore(x, gain, statistics, gradient, byInput, byGain);
        for (int i = 0; defect == Defect.HoldsLayerMeanFixed && i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                Own(byInput)[i, j] = Round(Wide(Own(byInput)[i, j]) + plain[i]);
        }
    }

    protected override void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums) =>
        base.ColumnSumsCore(defect == Defect.SumsFirstBlockOnly ? x.RowRange(0, Math.Min(x.Rows, 256)) : x, sums);

    protected override double SumOfSquaresCore(DeviceMatrix<T> x)
    {
        if (defect != Defect.SumsSquaresInSinglePrecision)
            return base.SumOfSquaresCore(x);
        float sum = 0;
        for (int e = 0; e < x.Rows * x.Columns; e++)
        {
            float value = (float)Wide(Own(x)[e / x.Columns, e % x.Columns]);
            sum += value * value;
        }
        return sum;
    }

    protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
    {
        using DeviceMatrix<T> changed = Allocate(gradient.Rows, gradient.Columns);
        base.CombineCore(T.One, gradient, T.Zero, changed);
        if (defect == Defect.CouplesWeightDecay)
        {
            base.CombineCore(Round(update.WeightDecay), parameters, T.One, changed);
            update = update with { WeightDecay = 0 };
        }
        if (defect == Defect.ForgetsMomentCorrection)
            update = update with { Number = 1 << 20 };
        base.AdamCore(update, changed, first, second, parameters);
    }

    private DeviceMatrix<T> NoBias(DeviceMatrix<T> bias)
    {
        DeviceMatrix<T> none = Allocate(1, bias.Columns);
        base.FillCore(none, T.Zero);
        return none;
    }
}
