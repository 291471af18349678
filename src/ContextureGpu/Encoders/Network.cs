using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>A multilayer perceptron on a device, with its gradient by backpropagation. The shape says what it computes.</summary>
internal sealed class Network<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Streams of the draws of the initial parameters: this and the number of the matrix.</summary>
    private const ulong FirstStream = 0xE0C0_0000;

    private readonly Arithmetic<T> _on;
    private readonly Layer[] _layers;
    private readonly Workspace<T> _hiddenGradient;
    private DeviceMatrix<T>? _input;

    /// <summary>A network with undefined parameters.</summary>
    public Network(Arithmetic<T> on, NetworkShape shape)
    {
        (_on, Shape, _hiddenGradient) = (on, shape, new Workspace<T>(on));
        _layers = new Layer[shape.Depth + 1];
        for (int l = 0; l <= shape.Depth; l++)
        {
            bool hidden = l < shape.Depth;
            (int from, int to) = (l == 0 ? shape.Inputs : shape.Width, hidden ? shape.Width : shape.Outputs);
            bool skips = hidden && shape.SkipConnections;
            _layers[l] = new Layer(on, from, to, hidden ? shape.Activation : null, !skips ? Skip.None : from == to ? Skip.Identity : Skip.Projection, hidden && shape.LayerNorm);
        }
        Parameters = [.. _layers.SelectMany(layer => layer.Parameters)];
    }

    /// <summary>Where it lives.</summary>
    public Arithmetic<T> Arithmetic => _on;

    /// <summary>What it computes.</summary>
    public NetworkShape Shape { get; }

    /// <summary>Its parameters, in the order of <see cref="NetworkShape.Parameters"/>.</summary>
    public IReadOnlyList<Parameter<T>> Parameters { get; }

    /// <summary>
    /// Draws the parameters: weights normal with mean 0 and variance g^2 / inputs, g^2 = 2 for ReLU and GELU (He et al. 2015) and 1 otherwise (LeCun et al. 1998); biases
    /// uniform between -1 and 1 over the root of the inputs; gains 1. The same numbers on every device.
    /// </summary>
    /// <param name="seed">Key of the draws.</param>
    /// <param name="tower">Number of the network, where several are drawn with one key.</param>
    public void Initialize(ulong seed, int tower = 0)
    {
        double gain = Shape.Activation is Activation.Relu or Activation.Gelu ? Math.Sqrt(2) : 1;
        ulong number = (ulong)tower << 16;
        foreach (Layer layer in _layers)
        {
            double scale = 1 / Math.Sqrt(layer.Weights.Value.Rows);
            Draw(layer.Weights.Value, (random, values) => Normals(random, values, layer.IsHidden ? gain * scale : scale));
            Draw(layer.Bias.Value, (random, values) => Uniforms(random, values, scale));
            if (layer.Gain is { } gains)
                _on.Fill(gains.Value, T.One);
            if (layer.Projection is { } projection)
                Draw(projection.Value, (random, values) => Normals(random, values, scale));
        }

        void Draw(DeviceMatrix<T> target, Action<Philox, T[]> fill)
        {
            var values = new T[(long)target.Rows * target.Columns];
            fill(new Philox(seed, FirstStream + number++), values);
            _on.Upload(values, target);
        }

        static void Normals(Philox random, T[] values, double scale)
        {
            random.Normals<T>(0, values);
            T factor = T.CreateTruncating(scale);
            for (int i = 0; i < values.Length; i++)
                values[i] *= factor;
        }

        static void Uniforms(Philox random, T[] values, double scale)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = T.CreateTruncating(scale * ((2 * random.Uniform(i)) - 1));
        }
    }

    /// <summary>The outputs, (n, outputs), for inputs (n, inputs), which must live until <see cref="Backward"/>. The result is valid until the next call and may be overwritten.</summary>
    public DeviceMatrix<T> Forward(DeviceMatrix<T> x)
    {
        _input = x;
        foreach (Layer layer in _layers)
            x = layer.Forward(x);
        return x;
    }

    /// <summary>Fills the gradients of all parameters from that of the outputs of the last <see cref="Forward"/>, (n, outputs).</summary>
    public void Backward(DeviceMatrix<T> outputGradient)
    {
        DeviceMatrix<T> gradient = outputGradient;
        for (int l = _layers.Length - 1; l >= 0; l--)
        {
            DeviceMatrix<T> input = l == 0 ? _input! : _layers[l - 1].Output;
            // Hidden layers are equally wide, so the gradient by the input of one takes the place of that by its output.
            DeviceMatrix<T>? target = l == 0 ? null : l == _layers.Length - 1 ? _hiddenGradient.Get(input.Rows, input.Columns) : gradient;
            _layers[l].Backward(input, gradient, target);
            gradient = target!;
        }
    }

    public void Dispose()
    {
        foreach (Layer layer in _layers)
            layer.Dispose();
        _hiddenGradient.Dispose();
    }

    private enum Skip
    {
        None,
        Identity,
        Projection,
    }

    // The last layer has no activation.
    private sealed class Layer(Arithmetic<T> on, int inputs, int outputs, Activation? activation, Skip skip, bool normalized) : IDisposable
    {
        private readonly Workspace<T> _sums = new(on), _values = new(on), _raw = new(on), _statistics = new(on);

        public bool IsHidden => activation is not null;

        public Parameter<T> Weights { get; } = new(on, inputs, outputs);

        public Parameter<T> Bias { get; } = new(on, 1, outputs);

        public Parameter<T>? Projection { get; } = skip == Skip.Projection ? new(on, inputs, outputs) : null;

        public Parameter<T>? Gain { get; } = normalized ? new(on, 1, outputs) : null;

        public IEnumerable<Parameter<T>> Parameters => new[] { Weights, Bias, Gain, Projection }.OfType<Parameter<T>>();

        public DeviceMatrix<T> Output { get; private set; } = null!;

        // What the activation is given but for the bias; before normalisation, where there is any; its means and scales.
        private DeviceMatrix<T> Sums { get; set; } = null!;

        private DeviceMatrix<T> Raw { get; set; } = null!;

        private DeviceMatrix<T> Statistics { get; set; } = null!;

        public DeviceMatrix<T> Forward(DeviceMatrix<T> x)
        {
            Output = _values.Get(x.Rows, outputs);
            Sums = IsHidden ? _sums.Get(x.Rows, outputs) : Output;
            Raw = Gain is null ? Sums : _raw.Get(x.Rows, outputs);
            on.Multiply(T.One, x, Orientation.Normal, Weights.Value, Orientation.Normal, T.Zero, Raw);
            if (Gain is not null)
            {
                Statistics = _statistics.Get(x.Rows, 2);
                on.LayerNorm(Raw, Gain.Value, Statistics, Sums);
            }
            on.Activate(activation ?? Activation.Identity, Sums, Bias.Value, skip == Skip.Identity ? x : null, Output);
            if (Projection is not null)
                on.Multiply(T.One, x, Orientation.Normal, Projection.Value, Orientation.Normal, T.One, Output);
            return Output;
        }

        // The gradient by the sums takes their place; with a skip connection the target, which may be the gradient itself, keeps the gradient as its first term.
        public void Backward(DeviceMatrix<T> x, DeviceMatrix<T> gradient, DeviceMatrix<T>? target)
        {
            DeviceMatrix<T> bySums = gradient;
            if (activation is { } f)
            {
                on.ActivateBackward(f, Sums, Bias.Value, gradient, Sums);
                bySums = Sums;
            }
            on.ColumnSums(bySums, Bias.Gradient);
            if (Gain is not null)
            {
                on.LayerNormBackward(Raw, Gain.Value, Statistics, bySums, bySums, Raw);
                on.ColumnSums(Raw, Gain.Gradient);
            }
            on.Multiply(T.One, x, Orientation.Transposed, bySums, Orientation.Normal, T.Zero, Weights.Gradient);
            if (Projection is not null)
                on.Multiply(T.One, x, Orientation.Transposed, gradient, Orientation.Normal, T.Zero, Projection.Gradient);
            if (target is null)
                return;
            bool identity = skip == Skip.Identity;
            if (identity && !ReferenceEquals(target, gradient))
                on.Copy(gradient, target);
            on.Multiply(T.One, bySums, Orientation.Normal, Weights.Value, Orientation.Transposed, identity ? T.One : T.Zero, target);
        }

        public void Dispose()
        {
            foreach (Parameter<T> parameter in Parameters)
                parameter.Dispose();
            foreach (Workspace<T> workspace in new[] { _sums, _values, _raw, _statistics })
                workspace.Dispose();
        }
    }
}
