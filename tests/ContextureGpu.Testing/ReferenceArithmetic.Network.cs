using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <content>Networks.</content>
public partial class ReferenceArithmetic<T>
{
    /// <inheritdoc/>
    protected override void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y)
    {
        (ReferenceMatrix<T> rz, ReferenceMatrix<T> rb, ReferenceMatrix<T>? rs, ReferenceMatrix<T> ry) = (Own(z), Own(bias), OwnOrNull(skip), Own(y));
        RefuseOverlap(ry, rb);
        RefusePartialOverlap(ry, rz);
        for (int i = 0; i < z.Rows; i++)
        {
            for (int j = 0; j < z.Columns; j++)
            {
                double past = rs is null ? 0 : Wide(rs[i, j]);
                ry[i, j] = Round(Activated(activation, Wide(rz[i, j]) + Wide(rb[0, j])) + past);
            }
        }
    }

    /// <inheritdoc/>
    protected override void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output)
    {
        (ReferenceMatrix<T> rz, ReferenceMatrix<T> rb, ReferenceMatrix<T> rg, ReferenceMatrix<T> ro) = (Own(z), Own(bias), Own(gradient), Own(output));
        RefuseOverlap(ro, rb);
        RefusePartialOverlap(ro, rz);
        RefusePartialOverlap(ro, rg);
        for (int i = 0; i < z.Rows; i++)
        {
            for (int j = 0; j < z.Columns; j++)
                ro[i, j] = Round(Wide(rg[i, j]) * Slope(activation, Wide(rz[i, j]) + Wide(rb[0, j])));
        }
    }

    /// <inheritdoc/>
    protected override void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> rg, ReferenceMatrix<T> rs, ReferenceMatrix<T> ry) = (Own(x), Own(gain), Own(statistics), Own(y));
        RefuseOverlap(ry, rx);
        RefuseOverlap(rs, rx);
        for (int i = 0; i < x.Rows; i++)
        {
            double mean = 0, variance = 0;
            for (int j = 0; j < x.Columns; j++)
                mean += Wide(rx[i, j]) / x.Columns;
            for (int j = 0; j < x.Columns; j++)
                variance += (Wide(rx[i, j]) - mean) * (Wide(rx[i, j]) - mean) / x.Columns;
            double scale = 1 / Math.Sqrt(variance + LayerNormConstants.Epsilon);
            for (int j = 0; j < x.Columns; j++)
                ry[i, j] = Round(Wide(rg[0, j]) * (Wide(rx[i, j]) - mean) * scale);
            (rs[i, 0], rs[i, 1]) = (Round(mean), Round(scale));
        }
    }

    /// <inheritdoc/>
    protected override void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> rg, ReferenceMatrix<T> rs) = (Own(x), Own(gain), Own(statistics));
        (ReferenceMatrix<T> rd, ReferenceMatrix<T> ri, ReferenceMatrix<T> rb) = (Own(gradient), Own(byInput), Own(byGain));
        RefusePartialOverlap(ri, rd);
        RefusePartialOverlap(rb, rx);
        for (int i = 0; i < x.Rows; i++)
        {
            double[] h = new double[x.Columns], d = new double[x.Columns];
            double plain = 0, bent = 0;
            for (int j = 0; j < x.Columns; j++)
            {
                (h[j], d[j]) = ((Wide(rx[i, j]) - Wide(rs[i, 0])) * Wide(rs[i, 1]), Wide(rd[i, j]));
                plain += Wide(rg[0, j]) * d[j] / x.Columns;
                bent += Wide(rg[0, j]) * d[j] * h[j] / x.Columns;
            }
            for (int j = 0; j < x.Columns; j++)
            {
                ri[i, j] = Round(Wide(rs[i, 1]) * (Wide(rg[0, j]) * d[j] - plain - h[j] * bent));
                rb[i, j] = Round(d[j] * h[j]);
            }
        }
    }

    /// <inheritdoc/>
    protected override void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> rs) = (Own(x), Own(sums));
        RefuseOverlap(rs, rx);
        for (int j = 0; j < x.Columns; j++)
        {
            double sum = 0;
            for (int i = 0; i < x.Rows; i++)
                sum += Wide(rx[i, j]);
            rs[0, j] = Round(sum);
        }
    }

    /// <inheritdoc/>
    protected override double SumOfSquaresCore(DeviceMatrix<T> x)
    {
        ReferenceMatrix<T> rx = Own(x);
        double sum = 0;
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                sum += Wide(rx[i, j]) * Wide(rx[i, j]);
        }
        return sum;
    }

    /// <inheritdoc/>
    protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
    {
        (ReferenceMatrix<T> rg, ReferenceMatrix<T> rm, ReferenceMatrix<T> rv, ReferenceMatrix<T> rp) = (Own(gradient), Own(first), Own(second), Own(parameters));
        for (int i = 0; i < parameters.Rows; i++)
        {
            for (int j = 0; j < parameters.Columns; j++)
            {
                double g = update.GradientScale * Wide(rg[i, j]), p = Wide(rp[i, j]);
                double m = update.FirstDecay * Wide(rm[i, j]) + (1 - update.FirstDecay) * g;
                double v = update.SecondDecay * Wide(rv[i, j]) + (1 - update.SecondDecay) * g * g;
                double unbiasedM = m / (1 - Math.Pow(update.FirstDecay, update.Number)), unbiasedV = v / (1 - Math.Pow(update.SecondDecay, update.Number));
                (rm[i, j], rv[i, j]) = (Round(m), Round(v));
                rp[i, j] = Round(p - update.Rate * update.WeightDecay * p - update.Rate * unbiasedM / (Math.Sqrt(unbiasedV) + update.Epsilon));
            }
        }
    }

    /// <summary>f(x).</summary>
    internal static double Activated(Activation activation, double x) => activation switch
    {
        Activation.Identity => x,
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => double.IsNaN(x) ? x : Math.Max(x, 0),
        Activation.Gelu => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    /// <summary>f'(x).</summary>
    internal static double Slope(Activation activation, double x)
    {
        switch (activation)
        {
            case Activation.Identity:
                return 1;
            case Activation.Tanh:
                return 1 / (Math.Cosh(x) * Math.Cosh(x));
            case Activation.Relu:
                return x > 0 ? 1 : 0;
            case Activation.Gelu:
                double t = Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
                return 0.5 * (1 + t + x * (1 - t * t) * Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x));
            default:
                throw new ArgumentOutOfRangeException(nameof(activation));
        }
    }
}
