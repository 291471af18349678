using ContextureGpu.Encoders;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>Gradients against central differences in float64: every kind of layer, every objective, and both together with the context between them.</summary>
public sealed class GradientTests : IDisposable
{
    private const double Step = 1e-6;

    private readonly CpuDevice _device = CpuDevice.Open();

    public void Dispose() => _device.Dispose();

    public static TheoryData<int, Activation, bool, bool> Shapes
    {
        get
        {
            var data = new TheoryData<int, Activation, bool, bool>();
            foreach (int depth in new[] { 0, 1, 3 })
                foreach (Activation activation in Enum.GetValues<Activation>())
                    foreach (bool skips in new[] { false, true })
                        foreach (bool normalized in new[] { false, true })
                            data.Add(depth, activation, skips, normalized);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_network_knows_its_slope(int depth, Activation activation, bool skips, bool normalized)
    {
        Arithmetic<double> on = _device.Arithmetic<double>();
        using var network = new Network<double>(on, new NetworkShape(3, 5, depth, 4, activation, skips, normalized));
        network.Initialize(7);
        double[] direction = Normals(1, 6 * 4);
        using DeviceMatrix<double> x = on.UploadMatrix<double>(Normals(0, 6 * 3), 6, 3), gradient = on.UploadMatrix<double>(direction, 6, 4);
        network.Forward(x);
        network.Backward(gradient);
        Compare(network, on, () => Dot(on.DownloadDouble(network.Forward(x)), direction));
    }

    [Fact]
    public void A_layer_of_the_width_of_the_inputs_skips_them_too()
    {
        Arithmetic<double> on = _device.Arithmetic<double>();
        using var network = new Network<double>(on, new NetworkShape(3, 3, 2, 2, Activation.Tanh, true));
        network.Initialize(8);
        Assert.Equal(6, network.Parameters.Count);
        double[] direction = Normals(1, 4 * 2);
        using DeviceMatrix<double> x = on.UploadMatrix<double>(Normals(0, 4 * 3), 4, 3), gradient = on.UploadMatrix<double>(direction, 4, 2);
        network.Forward(x);
        network.Backward(gradient);
        Compare(network, on, () => Dot(on.DownloadDouble(network.Forward(x)), direction));
    }

    [Theory]
    [InlineData(Objective.MultiView, CovarianceConstraint.Whiten)]
    [InlineData(Objective.MultiView, CovarianceConstraint.VicReg)]
    [InlineData(Objective.MultiView, CovarianceConstraint.Lagrangian)]
    [InlineData(Objective.Contrastive, CovarianceConstraint.Whiten)]
    public void An_objective_knows_its_slope(Objective objective, CovarianceConstraint constraint)
    {
        const int D = 4;
        var options = new EncoderOptions { Dimension = 2, Outputs = D, Objective = objective, Constraint = constraint };
        (double[] c, double[] b) = (Covariance(2), Covariance(3));
        double[] byC = new double[D * D], byB = new double[D * D];
        double[] multipliers = Covariance(9);
        Evaluate(c, b, byC, byB);
        for (int e = 0; e < D * D; e++)
        {
            Assert.Equal(byC[e], byC[(e % D * D) + (e / D)], 1e-12);
            foreach ((double[] moment, double[] derivative) in new[] { (c, byC), (b, byB) })
            {
                // The moments stay symmetric, so an entry off the diagonal moves together with its mirror image.
                int mirror = (e % D * D) + (e / D);
                double value = moment[e];
                moment[e] = moment[mirror] = value + Step;
                double up = Evaluate(c, b, new double[D * D], new double[D * D]);
                moment[e] = moment[mirror] = value - Step;
                double down = Evaluate(c, b, new double[D * D], new double[D * D]);
                moment[e] = moment[mirror] = value;
                Near((e == mirror ? 1 : 2) * derivative[e], (up - down) / (2 * Step), $"entry {e}");
            }
        }

        double Evaluate(double[] c, double[] b, double[] byC, double[] byB)
        {
            var fresh = MomentObjective.Create(options, _device.LinearAlgebra);
            multipliers.AsSpan(0, fresh.State.Length).CopyTo(fresh.State);
            return fresh.Evaluate(c, b, D, byC, byB);
        }
    }

    public static TheoryData<Objective, CovarianceConstraint> Losses
    {
        get
        {
            var data = new TheoryData<Objective, CovarianceConstraint>();
            foreach (Objective objective in Enum.GetValues<Objective>())
                foreach (CovarianceConstraint constraint in Enum.GetValues<CovarianceConstraint>())
                    data.Add(objective, constraint);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_training_knows_its_slope(Objective objective, CovarianceConstraint constraint)
    {
        // Not self-adjoint, so that an exchanged adjoint shows, and values of A that are not equally likely; the graph objective asks for a symmetric walk.
        ContextSample sample = Sample();
        BoundContext bound = ContextBinding.Bind(objective == Objective.Graph ? Context.Graph("edges") : Context.Knn(3), sample, _device, TestContext.Current.CancellationToken);
        var options = new EncoderOptions { Dimension = 2, Outputs = 3, Width = 4, Depth = 2, Objective = objective, Constraint = constraint, Precision = ElementPrecision.Double };
        using var training = new EncoderTraining<double>(bound, sample, options, _device, _device.LinearAlgebra);
        CompareTraining(training);
    }

    [Theory]
    [InlineData(Objective.MultiView, 2)]
    [InlineData(Objective.MultiView, 4)]
    [InlineData(Objective.Contrastive, 3)]
    [InlineData(Objective.Svme, 2)]
    [InlineData(Objective.Kise, 2)]
    [InlineData(Objective.Kise, 3)]
    [InlineData(Objective.Supervised, 2)]
    [InlineData(Objective.Denoising, 2)]
    public void The_first_batch_knows_its_slope(Objective objective, int draws)
    {
        // The averages are of one batch then: the loss is a function of the parameters, and the gradient its slope. Afterwards they are set back.
        ContextSample sample = Sample();
        BoundContext bound = ContextBinding.Bind(Context.Knn(3), sample, _device, TestContext.Current.CancellationToken);
        var options = new EncoderOptions { Dimension = 2, Outputs = 3, Width = 4, Depth = 2, Objective = objective, Precision = ElementPrecision.Double, Batch = 12, Draws = draws };
        using var training = new EncoderTraining<double>(bound, sample, options, _device, _device.LinearAlgebra);
        CompareTraining(training);
    }

    private void CompareTraining(EncoderTraining<double> training)
    {
        Arithmetic<double> on = _device.Arithmetic<double>();
        training.LossAndGradient(TestContext.Current.CancellationToken);
        double[][] gradients = [.. training.Parameters.Select(p => on.DownloadDouble(p.Gradient))];
        for (int p = 0; p < gradients.Length; p++)
        {
            Parameter<double> parameter = training.Parameters[p];
            double[] value = on.DownloadDouble(parameter.Value);
            for (int e = 0; e < value.Length; e++)
            {
                double up = At(parameter, value, e, Step), down = At(parameter, value, e, -Step);
                on.Upload(value, parameter.Value);
                Near(gradients[p][e], (up - down) / (2 * Step), $"parameter {p}, entry {e}");
            }
        }

        double At(Parameter<double> parameter, double[] value, int e, double step)
        {
            double[] moved = (double[])value.Clone();
            moved[e] += step;
            on.Upload(moved, parameter.Value);
            training.ForgetAverages();
            return training.LossAndGradient(TestContext.Current.CancellationToken);
        }
    }

    private static ContextSample Sample()
    {
        var sample = new ContextSample(Normals(4, 12 * 2), 12, 2);
        sample.Edges["edges"] = [.. Enumerable.Range(0, 12).Select(i => (i, (i + 1) % 12, 1.0 + (i % 3))), (0, 5, 2.0), (3, 8, 1.5)];
        return sample;
    }

    private static void Compare(Network<double> network, Arithmetic<double> on, Func<double> loss)
    {
        foreach (Parameter<double> parameter in network.Parameters)
        {
            double[] gradient = on.DownloadDouble(parameter.Gradient), value = on.DownloadDouble(parameter.Value);
            for (int e = 0; e < value.Length; e++)
            {
                double old = value[e];
                value[e] = old + Step;
                on.Upload(value, parameter.Value);
                double up = loss();
                value[e] = old - Step;
                on.Upload(value, parameter.Value);
                double down = loss();
                value[e] = old;
                on.Upload(value, parameter.Value);
                Near(gradient[e], (up - down) / (2 * Step), $"({parameter.Value.Rows}, {parameter.Value.Columns}), entry {e}");
            }
        }
    }

    // The third derivative times the square of the step, and the rounding of the loss over the step: below 1e-7 for numbers of order 1.
    private static void Near(double gradient, double difference, string where) =>
        Assert.True(Math.Abs(gradient - difference) <= 1e-7 * (1 + Math.Abs(difference)), $"{where}: the gradient is {gradient:g9}, differences give {difference:g9}");

    private static double[] Covariance(ulong stream)
    {
        double[] x = Normals(stream, 10 * 4), c = new double[16];
        for (int e = 0; e < 16; e++)
            for (int i = 0; i < 10; i++)
                c[e] += x[(i * 4) + (e / 4)] * x[(i * 4) + (e % 4)] / 10;
        return c;
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static double[] Normals(ulong stream, int count)
    {
        var values = new double[count];
        new Philox(20261, stream).Normals(0, values.AsSpan());
        return values;
    }
}
