using System.Diagnostics;
using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;

namespace ContextureGpu.Encoders;

/// <summary>
/// Trains an encoder of one context on all rows at once: the operator of the context is applied exactly, so there is no noise but the optimiser's. Each step: the network's
/// outputs on the points of its side, their moments, the objective in float64 on the host, the gradient through the operator and the network, AdamW.
/// </summary>
internal sealed class EncoderTraining<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>A loss so many times above the first one, in size, will not come back.</summary>
    private const double Explosion = 1e6;

    private readonly BoundContext _bound;
    private readonly EncoderOptions _options;
    private readonly HostLinearAlgebra _host;
    private readonly Arithmetic<T> _on;
    private readonly double[] _weights, _atomMass;
    private readonly LinearOperator<T> _normalized;
    private readonly LinearOperator<T> _operator;
    private readonly ContextMoments<T> _moments;
    private readonly DeviceMatrix<T> _inputs, _gradient;
    private readonly MomentObjective _objective;
    private readonly List<double> _losses = [];

    /// <summary>Prepares a training with freshly drawn parameters.</summary>
    public EncoderTraining(BoundContext bound, ContextSample sample, EncoderOptions options, ComputeDevice device, HostLinearAlgebra host)
    {
        (_bound, _options, _host, _on) = (bound, options, host, device.Arithmetic<T>());
        _weights = bound.InputWeights ?? [.. Enumerable.Repeat(1.0 / bound.Rows, bound.Rows)];
        LinearOperator<T> law = bound.OnSample(_on);
        _atomMass = AtomMasses(law, _weights);
        _normalized = new DiagonallyScaled<T>(
            Array.ConvertAll(_weights, Math.Sqrt), law, Array.ConvertAll(_atomMass, p => p > 0 ? 1 / Math.Sqrt(p) : 0), OperatorStructure.None);
        _operator = OnInputs ? new Adjoint<T>(_normalized) : _normalized;
        NetworkInputs inputs = NetworkInputs.Of(bound, sample, OnInputs);
        _inputs = _on.UploadMatrix<T>(inputs.Values, inputs.Rows, inputs.Dimension);
        int outputs = options.EffectiveOutputs;
        _gradient = _on.Allocate(inputs.Rows, outputs);
        _moments = new ContextMoments<T>(_operator, OnInputs ? _weights : _atomMass, outputs);
        _objective = MomentObjective.Create(options, host);
        Network = new Network<T>(_on, new NetworkShape(inputs.Dimension, options.Width, options.Depth, outputs, options.Activation, options.SkipConnections));
        Network.Initialize(options.Seed);
    }

    /// <summary>The network.</summary>
    public Network<T> Network { get; }

    /// <summary>Loss of each step so far.</summary>
    public IReadOnlyList<double> Losses => _losses;

    /// <summary>Whether the encoder is the network on x; otherwise the network is on the values of A and the encoder its mean given x.</summary>
    private bool OnInputs => _options.Objective == Objective.Supervised;

    /// <summary>Trains to the last step.</summary>
    /// <exception cref="NumericalException">The loss is not finite, or has exploded.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the checkpoint, where one was asked for, holds the last whole step.</exception>
    public void Run(TrainingCheckpoint<T>? checkpoint, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (_options.Resume)
            checkpoint!.Read(Network, _losses, _objective.State);
        int first = _losses.Count;
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (_losses.Count < _options.Epochs)
            {
                double rate = _options.Rate(_losses.Count + 1), loss = Step(rate, cancellationToken);
                _losses.Add(loss);
                if (checkpoint is not null && (_losses.Count % _options.CheckpointEvery == 0 || _losses.Count == _options.Epochs))
                    checkpoint.Write(Network, _losses, _objective.State);
                progress?.Report(new TrainingProgress(_losses.Count, _options.Epochs, loss, rate, (_losses.Count - first) / Stopwatch.GetElapsedTime(start).TotalSeconds));
            }
        }
        catch (OperationCanceledException)
        {
            // A step that was not finished has changed no parameter.
            checkpoint?.Write(Network, _losses, _objective.State);
            throw;
        }
    }

    /// <summary>One step; cancelled before it changes anything, or not at all.</summary>
    /// <returns>The loss before it.</returns>
    public double Step(double rate, CancellationToken cancellationToken)
    {
        double loss = LossAndGradient(cancellationToken);
        double? norm = Network.Step(new AdamStep(_losses.Count + 1, rate), _options.WeightDecay, _options.ClipNorm);
        if (norm is { } value && !double.IsFinite(value))
            throw Diverged($"the norm of the gradient is {value}");
        _objective.Advance(_losses.Count + 1, _moments.C, Network.Shape.Outputs);
        return loss;
    }

    /// <summary>The loss, and the gradients of all parameters.</summary>
    public double LossAndGradient(CancellationToken cancellationToken)
    {
        int d = Network.Shape.Outputs;
        cancellationToken.ThrowIfCancellationRequested();
        DeviceMatrix<T> outputs = Network.Forward(_inputs);
        cancellationToken.ThrowIfCancellationRequested();
        _moments.Measure(outputs);
        if (!_moments.C.All(double.IsFinite) || !_moments.B.All(double.IsFinite))
            throw Diverged("the outputs of the network are no longer finite");
        cancellationToken.ThrowIfCancellationRequested();
        double[] byC = new double[d * d], byB = new double[d * d];
        double loss = _objective.Evaluate(_moments.C, _moments.B, d, byC, byB);
        if (!double.IsFinite(loss) || (_losses.Count > 0 && Math.Abs(loss) > Explosion * (1 + Math.Abs(_losses[0]))))
            throw Diverged($"the loss is {loss:g3}");
        cancellationToken.ThrowIfCancellationRequested();
        _moments.Gradient(outputs, byC, byB, _gradient);
        cancellationToken.ThrowIfCancellationRequested();
        Network.Backward(_gradient);
        return loss;
    }

    /// <summary>What the trained network says of the context: theory.md section 4, "after training".</summary>
    public TrainedEncoder Finish()
    {
        int d = _options.Dimension, outputs = Network.Shape.Outputs;
        DeviceMatrix<T> f = Network.Forward(_inputs);
        _moments.Measure(f);
        RitzPairs pairs = RitzPairs.Of(_moments.C, _moments.B, outputs, d, _options.Precision, _host);
        double[] values = Array.ConvertAll(pairs.Eigenvalues, Math.Sqrt), inverse = Array.ConvertAll(values, s => s > 0 ? 1 / s : 0);
        // On the side of the functions F V is orthonormal; on the other side G V / s is.
        double[] own = Product(f, pairs.Map, d), other = Product(_moments.Image, RitzPairs.ScaleColumns(pairs.Map, inverse), d);
        double[] mu = OnInputs ? own : other, nu = OnInputs ? other : own;
        double[] residuals = Residuals(mu, pairs.Eigenvalues);
        Divide(mu, _weights, d);
        Divide(nu, _atomMass, d);
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
        return new TrainedEncoder(spectrum, Network.Shape, parameters, map, (double[])_moments.Mean.Clone(), pairs.OutputRank, LossOfOrthogonality(mu, d), [.. _losses]);
    }

    public void Dispose()
    {
        Network.Dispose();
        _moments.Dispose();
        _inputs.Dispose();
        _gradient.Dispose();
        _normalized.Dispose();
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
        _normalized.ApplyAdjoint(left, right);
        _normalized.Apply(right, back);
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
            weighted[e] *= _weights[e / d];
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

    // P_A = P^T w; P is stochastic, so its rounding is removed by dividing by the sum.
    private static double[] AtomMasses(LinearOperator<T> law, double[] weights)
    {
        Arithmetic<T> on = law.Arithmetic;
        using DeviceMatrix<T> w = on.UploadColumn<T>(weights), mass = on.Allocate(law.Columns, 1);
        law.ApplyAdjoint(w, mass);
        double[] values = on.DownloadDouble(mass);
        double sum = values.Sum();
        int bad = Array.FindIndex(values, v => !(v >= 0) || !double.IsFinite(v));
        if (bad >= 0 || !(sum > 0))
            throw new NumericalException($"the probability of context value {Math.Max(0, bad)} is {values[Math.Max(0, bad)]}");
        return Array.ConvertAll(values, v => v / sum);
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

    private NumericalException Diverged(string what) => new(
        $"the training diverged at step {_losses.Count + 1}: {what}; a lower learning rate than {_options.LearningRate}, clipping the gradient, or whitening as the constraint would help");
}

/// <summary>A trained encoder on the host.</summary>
/// <param name="Spectrum">Its estimates of the singular functions: values s, features, functions on the atoms, residuals.</param>
/// <param name="Shape">The network.</param>
/// <param name="Parameters">Its parameters, row-major, in the order of <see cref="NetworkShape.Parameters"/>.</param>
/// <param name="Map">V, row-major (outputs, d): centred outputs times V have unit variance and are uncorrelated on the network's side.</param>
/// <param name="Mean">Means of the outputs there.</param>
/// <param name="OutputRank">Dimension of the span of the outputs.</param>
/// <param name="Orthogonality">Largest entry of <c>|F^T W F - I|</c> over the features that are not zero.</param>
/// <param name="Losses">Loss of each step.</param>
internal sealed record TrainedEncoder(
    ContextSpectrum Spectrum, NetworkShape Shape, double[][] Parameters, double[] Map, double[] Mean, int OutputRank, double Orthogonality, double[] Losses);
