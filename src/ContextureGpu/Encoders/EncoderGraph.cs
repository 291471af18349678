using System.Text.Json;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>An encoder's network as an ONNX graph: inputs as they are before scaling, the network, the linear map to the features.</summary>
internal static class EncoderGraph
{
    /// <summary>Says that the network of a context takes no rows.</summary>
    public static InputException Refusal(Context context) =>
        new($"the network was trained on the values of A of {context}, which are no rows, so there is no graph from rows to features; train with another objective");

    /// <summary>The file of an encoder whose network takes rows.</summary>
    public static ProtobufMessage Of(EncoderState state, HostLinearAlgebra host)
    {
        ModelState model = state.Model;
        NetworkShape shape = state.Shape;
        var graph = new OnnxGraph(model.Facts.Precision);
        string y = graph.Input("x", shape.Inputs);
        if (model.Preprocessing is { } preprocessing)
            y = Scaled(graph, y, preprocessing);
        int at = 0;
        for (int l = 0; l < shape.Depth; l++)
            y = Hidden(graph, shape, state.Parameters, ref at, l, y);
        int dimension = state.Map.Length / shape.Outputs;
        (double[] weights, double[] bias) = Last(state, at, dimension, host);
        y = graph.Apply("Gemm", "features", y, graph.Constant("W", weights, weights.Length / dimension, dimension), graph.Constant("b", bias, dimension));
        graph.Output(y, dimension);
        return graph.ToModel(
            "encoder",
            "x: the inputs of rows, one column for each name in the property inputs: numbers as they are in the data (NaN where one is missing), 1 or 0 for a level of a text column. "
            + "features: the network at x, with unit variance and uncorrelated where it was trained.",
            ("inputs", JsonSerializer.Serialize(model.Preprocessing?.InputNames ?? [.. Enumerable.Range(0, shape.Inputs).Select(j => $"x{j}")])),
            ("context", model.Context.ToString()),
            ("objective", state.Objective.ToString()));
    }

    // A missing number takes the mean, then (x - centre) / scale; a column that was constant becomes 0. An indicator stays as it is.
    private static string Scaled(OnnxGraph graph, string x, Preprocessing preprocessing)
    {
        NumericEncoding?[] columns = [.. preprocessing.Encodings.SelectMany(e => Enumerable.Repeat(e as NumericEncoding, e.Width))];
        int n = columns.Length;
        string means = graph.Constant("means", Array.ConvertAll(columns, c => c?.Mean ?? 0), n);
        string centres = graph.Constant("centres", Array.ConvertAll(columns, c => c?.Center ?? 0), n);
        string factors = graph.Constant("factors", Array.ConvertAll(columns, c => c is null ? 1 : c.Scale == 0 ? 0 : 1 / c.Scale), n);
        string present = graph.Apply("Equal", "present", x, x);
        string whole = graph.Apply("Where", "whole", present, x, means);
        return graph.Apply("Mul", "inputs", graph.Apply("Sub", "centred", whole, centres), factors);
    }

    private static string Hidden(OnnxGraph graph, NetworkShape shape, double[][] parameters, ref int at, int layer, string x)
    {
        int from = layer == 0 ? shape.Inputs : shape.Width, to = shape.Width;
        string weights = graph.Constant($"W{layer}", parameters[at++], from, to), bias = graph.Constant($"b{layer}", parameters[at++], to);
        string sums = !shape.LayerNorm
            ? graph.Apply("Gemm", $"sums{layer}", x, weights, bias)
            : graph.Apply(
                "LayerNormalization", [OnnxGraph.Attribute("axis", -1), OnnxGraph.Attribute("epsilon", (float)LayerNormConstants.Epsilon)], $"normed{layer}",
                graph.Apply("MatMul", $"sums{layer}", x, weights), graph.Constant($"g{layer}", parameters[at++], to), bias);
        string y = Activated(graph, shape.Activation, layer, sums);
        if (!shape.SkipConnections)
            return y;
        string past = from == to ? x : graph.Apply("MatMul", $"past{layer}", x, graph.Constant($"S{layer}", parameters[at++], from, to));
        return graph.Apply("Add", $"y{layer}", y, past);
    }

    private static string Activated(OnnxGraph graph, Activation activation, int layer, string u)
    {
        switch (activation)
        {
            case Activation.Identity:
                return u;
            case Activation.Tanh:
                return graph.Apply("Tanh", $"f{layer}", u);
            case Activation.Relu:
                return graph.Apply("Relu", $"f{layer}", u);
            default:
                // u/2 (1 + tanh(root (u + cubic u^3))).
                string cube = graph.Apply("Mul", $"cube{layer}", graph.Apply("Mul", $"square{layer}", u, u), u);
                string bent = graph.Apply("Add", $"bent{layer}", u, graph.Apply("Mul", $"cubic{layer}", cube, Number("cubic", GeluConstants.Cubic)));
                string tanh = graph.Apply("Tanh", $"tanh{layer}", graph.Apply("Mul", $"rooted{layer}", bent, Number("root", GeluConstants.Root)));
                string half = graph.Apply("Mul", $"half{layer}", u, Number("half", 0.5));
                return graph.Apply("Mul", $"f{layer}", half, graph.Apply("Add", $"one_more{layer}", tanh, Number("one", 1)));
        }

        string Number(string name, double value) => graph.Constant($"{name}_of{layer}", [value]);
    }

    // (y W + b - mean) V = y (W V) + (b - mean) V, in float64.
    private static (double[] Weights, double[] Bias) Last(EncoderState state, int at, int dimension, HostLinearAlgebra host)
    {
        int outputs = state.Shape.Outputs, rows = state.Parameters[at].Length / outputs;
        double[] weights = new double[rows * dimension], bias = new double[dimension];
        host.Multiply(state.Parameters[at], Orientation.Normal, state.Map, Orientation.Normal, weights, rows, dimension, outputs);
        double[] centred = [.. state.Parameters[at + 1].Zip(state.Mean, (b, mean) => b - mean)];
        host.Multiply(centred, Orientation.Normal, state.Map, Orientation.Normal, bias, 1, dimension, outputs);
        return (weights, bias);
    }
}
