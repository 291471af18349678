using System.Diagnostics;
using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;

namespace ContextureGpu.Encoders;

/// <summary>
/// Trains an encoder of one context, on all rows at once, where the operator of the context is applied exactly and there is no noise but the optimiser's, or on batches of pairs that
/// are drawn from it. Each step: the networks' outputs on its points, their moments, the objective in float64 on the host, the gradient back through both, AdamW.
/// </summary>
internal sealed class EncoderTraining<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows that a network which was trained on batches takes at a time.</summary>
    private const int RowsAtOnce = 4096;

    private readonly BoundContext _bound;
    private readonly EncoderOptions _options;
    private readonly HostLinearAlgebra _host;
    private readonly Arithmetic<T> _on;
    private readonly TrainingPlan<T> _plan;
    private readonly TrainingStep<T> _step;
    private readonly Divergence _divergence;
    private readonly int _steps;
    private readonly List<double> _losses = [];

    /// <summary>Prepares a training with freshly drawn parameters.</summary>
    public EncoderTraining(BoundContext bound, ContextSample sample, EncoderOptions options, ComputeDevice device, HostLinearAlgebra host)
    {
        (_bound, _options, _host, _on, _steps) = (bound, options, host, device.Arithmetic<T>(), options.Steps(bound.Rows));
        _divergence = new Divergence(options, _losses);
        _plan = new TrainingPlan<T>(bound, sample, options, _on, host);
        Network = new Network<T>(
            _on, new NetworkShape(_plan.Points.Dimension, options.Width, options.Depth, options.EffectiveOutputs, options.Activation, options.SkipConnections, options.LayerNorm));
        Network.Initialize(options.Seed);
        _step = _plan.CreateStep(Network);
    }

    /// <summary>The network.</summary>
    public Network<T> Network { get; }

    /// <summary>Everything that is trained.</summary>
    public IReadOnlyList<Parameter<T>> Parameters => _step.Parameters;

    /// <summary>Loss of each step so far.</summary>
    public IReadOnlyList<double> Losses => _losses;

    /// <summary>Trains to the last step.</summary>
    /// <exception cref="NumericalException">The loss is not finite, or has exploded.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the checkpoint, where one was asked for, holds the last whole step.</exception>
    public void Run(TrainingCheckpoint<T>? checkpoint, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (_options.Resume)
            checkpoint!.Read(Parameters, _losses, _step.State);
        int first = _losses.Count;
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (_losses.Count < _steps)
            {
                double rate = _options.Rate(_losses.Count + 1, _steps), loss = Step(rate, cancellationToken);
                if (checkpoint is not null && (_losses.Count % _options.CheckpointEvery == 0 || _losses.Count == _steps))
                    checkpoint.Write(Parameters, _losses, _step.State);
                progress?.Report(new TrainingProgress(_losses.Count, _steps, loss, rate, (_losses.Count - first) / Stopwatch.GetElapsedTime(start).TotalSeconds)
                {
                    ConstraintViolation = _step.ConstraintViolation,
                });
            }
        }
        catch (OperationCanceledException)
        {
            // A step that was not finished has changed no parameter.
            checkpoint?.Write(Parameters, _losses, _step.State);
            throw;
        }
    }

    /// <summary>One step; cancelled before it changes anything, or not at all.</summary>
    /// <returns>The loss before it.</returns>
    public double Step(double rate, CancellationToken cancellationToken)
    {
        double loss = LossAndGradient(cancellationToken);
        _divergence.CheckNorm(AdamW.Step(_on, Parameters, new AdamStep(_losses.Count + 1, rate), _options));
        _step.Advance(_losses.Count + 1);
        _losses.Add(loss);
        return loss;
    }

    /// <summary>Sets what steps carry along back to where it was before the first one.</summary>
    public void ForgetAverages()
    {
        foreach (double[] state in _step.State)
            Array.Clear(state);
    }

    /// <summary>The loss, and the gradients of all parameters.</summary>
    public double LossAndGradient(CancellationToken cancellationToken) => _step.LossAndGradient(_losses.Count + 1, _divergence, cancellationToken);

    /// <summary>What the trained network says of the context: theory.md section 4, "after training".</summary>
    public TrainedEncoder Finish()
    {
        int d = _options.Dimension, outputs = Network.Shape.Outputs;
        bool onInputs = _plan.OnInputs;
        using FunctionMoments<T> moments = _plan.ContextMoments();
        using DeviceMatrix<T> f = Outputs();
        moments.Measure(f);
        RitzPairs pairs = _plan.HasOwnSpan
            ? WithinOwnSpan(f, moments)
            : RitzPairs.Of(moments.C, moments.B, outputs, d, _options.Precision, _host);
        double[] values = Array.ConvertAll(pairs.Eigenvalues, v => Math.Sqrt(Math.Clamp(v, 0, 1))), inverse = Array.ConvertAll(values, s => s > 0 ? 1 / s : 0);
        // On the side of the functions F V is orthonormal; on the other side G V / s is.
        double[] own = Product(f, pairs.Map, d), other = Product(moments.Image, RitzPairs.ScaleColumns(pairs.Map, inverse), d);
        double[] mu = onInputs ? own : other, nu = onInputs ? other : own;
        double[] residuals = Residuals(mu, Array.ConvertAll(values, s => s * s));
        Divide(mu, _plan.Weights, d);
        Divide(nu, _plan.AtomMass, d);
        double[] map = pairs.Map;
        for (int i = 0; i < d; i++)
        {
            // The largest entry of each feature is made positive, and the map follows; what lies beyond the rank is 0.
            double sign = values[i] > 0 ? Math.Sign(Largest(mu, i, d)) : 0;
            ScaleColumn(mu, i, d, sign);
            ScaleColumn(nu, i, d, sign);
            ScaleColumn(map, i, d, sign);
        }
        int bad = Array.FindIndex(mu, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new NumericalException($"feature {bad % d} of row {bad / d} (counted from 0) is {mu[bad]}");
        var spectrum = new ContextSpectrum(values, FunctionValues.Of(mu, _bound.Rows, d), FunctionValues.Of(nu, _bound.Atoms, d), residuals, values.Count(s => s > 0), 1, _losses.Count, true);
        double[][] parameters = [.. Network.Parameters.Select(p => _on.DownloadDouble(p.Value))];
        return new TrainedEncoder(spectrum, Network.Shape, parameters, map, (double[])moments.Mean.Clone(), pairs.OutputRank, LossOfOrthogonality(mu, d), [.. _losses.Chunk(_options.StepsPerEpoch(_bound.Rows)).Select(epoch => epoch.Average())], _losses.Count);
    }

    public void Dispose()
    {
        _step.Dispose();
        _plan.Dispose();
    }

    // The outputs on all points, (points, outputs).
    private DeviceMatrix<T> Outputs()
    {
        NetworkInputs points = _plan.Points;
        DeviceMatrix<T> all = _on.Allocate(points.Rows, Network.Shape.Outputs);
        int atOnce = _options.Batch is null ? points.Rows : RowsAtOnce;
        for (int start = 0; start < points.Rows; start += atOnce)
        {
            int count = Math.Min(atOnce, points.Rows - start);
            using DeviceMatrix<T> x = _on.UploadMatrix<T>(points.Values.AsSpan(start * points.Dimension, count * points.Dimension), count, points.Dimension);
            _on.Copy(Network.Forward(x), all.RowRange(start, count));
        }
        return all;
    }

    // The objective's own eigenproblem finds its span, and that of the context within the span the directions: their values estimate s^2 wherever the span allows it.
    private RitzPairs WithinOwnSpan(DeviceMatrix<T> f, FunctionMoments<T> moments)
    {
        int d = _options.Dimension, outputs = Network.Shape.Outputs;
        RitzPairs own;
        using (FunctionMoments<T> ownMoments = _plan.OwnMoments())
        using (DeviceMatrix<T> copy = _on.Allocate(f.Rows, f.Columns))
        {
            _on.Copy(f, copy);
            ownMoments.Measure(copy);
            own = RitzPairs.Of(ownMoments.C, ownMoments.B, outputs, d, _options.Precision, _host);
        }
        // A regression on k numbers knows k directions; the rest is rounding.
        double least = _options.Objective == Objective.Graph ? double.NegativeInfinity : (_options.Precision == ElementPrecision.Double ? 1e-10 : 1e-5) * own.Eigenvalues[0];
        double[] map = RitzPairs.ScaleColumns(own.Map, Array.ConvertAll(own.Eigenvalues, v => v > least ? 1.0 : 0)), image = new double[outputs * d], within = new double[d * d], c = new double[d * d];
        _host.Multiply(moments.B, Orientation.Normal, map, Orientation.Normal, image, outputs, d, outputs);
        _host.Multiply(map, Orientation.Transposed, image, Orientation.Normal, within, d, d, outputs);
        _host.Multiply(moments.C, Orientation.Normal, map, Orientation.Normal, image, outputs, d, outputs);
        _host.Multiply(map, Orientation.Transposed, image, Orientation.Normal, c, d, d, outputs);
        RitzPairs turned = RitzPairs.Of(c, within, d, d, _options.Precision, _host);
        var both = new double[outputs * d];
        _host.Multiply(map, Orientation.Normal, turned.Map, Orientation.Normal, both, outputs, d, d);
        return new RitzPairs(turned.Eigenvalues, both, own.OutputRank);
    }

    private double[] Product(DeviceMatrix<T> x, double[] map, int d)
    {
        using DeviceMatrix<T> y = _on.Allocate(x.Rows, d);
        _on.MultiplySmall(x, map, T.Zero, y);
        return _on.DownloadDouble(y);
    }

    // ||B B* u - s^2 u|| of each left function u = D_w^(1/2) mu.
    private double[] Residuals(double[] u, double[] eigenvalues)
    {
        int n = _bound.Rows, d = eigenvalues.Length;
        using DeviceMatrix<T> left = _on.UploadMatrix<T>(u, n, d), right = _on.Allocate(_bound.Atoms, d), back = _on.Allocate(n, d);
        _plan.Normalized.ApplyAdjoint(left, right);
        _plan.Normalized.Apply(right, back);
        double[] image = _on.DownloadDouble(back), squares = new double[d];
        for (int e = 0; e < image.Length; e++)
        {
            double difference = image[e] - (eigenvalues[e % d] * u[e]);
            squares[e % d] += eigenvalues[e % d] > 0 ? difference * difference : 0;
        }
        return Array.ConvertAll(squares, Math.Sqrt);
    }

    // Largest entry of |F^T W F - I| over the features that are not zero.
    private double LossOfOrthogonality(double[] features, int d)
    {
        double[] weighted = (double[])features.Clone(), gram = new double[d * d];
        for (int e = 0; e < weighted.Length; e++)
            weighted[e] *= _plan.Weights[e / d];
        _host.Multiply(features, Orientation.Transposed, weighted, Orientation.Normal, gram, d, d, _bound.Rows);
        double worst = 0;
        for (int e = 0; e < gram.Length; e++)
        {
            bool diagonal = e / d == e % d;
            if (!(diagonal && gram[e] == 0))
                worst = Math.Max(worst, Math.Abs(gram[e] - (diagonal ? 1 : 0)));
        }
        return worst;
    }

    private static void Divide(double[] functions, double[] mass, int d)
    {
        for (int e = 0; e < functions.Length; e++)
            functions[e] = mass[e / d] > 0 ? functions[e] / Math.Sqrt(mass[e / d]) : 0;
    }

    private static double Largest(double[] functions, int column, int d)
    {
        double largest = 0;
        for (int e = column; e < functions.Length; e += d)
            largest = Math.Abs(functions[e]) > Math.Abs(largest) ? functions[e] : largest;
        return largest;
    }

    private static void ScaleColumn(double[] functions, int column, int d, double factor)
    {
        for (int e = column; e < functions.Length; e += d)
            functions[e] *= factor;
    }
}

/// <summary>A trained encoder on the host.</summary>
/// <param name="Spectrum">Its estimates of the singular functions: values s, features, functions on the atoms, residuals.</param>
/// <param name="Shape">The network.</param>
/// <param name="Parameters">Its parameters, row-major, in the order of <see cref="NetworkShape.Parameters"/>.</param>
/// <param name="Map">V, row-major (outputs, d): centred outputs times V have unit variance and are uncorrelated on the network's side.</param>
/// <param name="Mean">Means of the outputs there.</param>
/// <param name="OutputRank">Dimension of the span of the outputs.</param>
/// <param name="Orthogonality">Largest entry of <c>|F^T W F - I|</c> over the features that are not zero.</param>
/// <param name="Losses">Mean loss of each epoch.</param>
/// <param name="Steps">Steps.</param>
internal sealed record TrainedEncoder(
    ContextSpectrum Spectrum, NetworkShape Shape, double[][] Parameters, double[] Map, double[] Mean, int OutputRank, double Orthogonality, double[] Losses, int Steps);
