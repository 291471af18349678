using System.Runtime.InteropServices;

namespace ContextureGpu.Encoders;

/// <summary>
/// A graph of operators in ONNX (github.com/onnx/onnx, "Open Neural Network Exchange Intermediate Representation", IR version 8, operator set 17: what runtimes since 2022 read).
/// Nodes are added in the order in which they are computed; every value is named by the call that makes it.
/// </summary>
/// <param name="precision">The type of all numbers.</param>
internal sealed class OnnxGraph(ElementPrecision precision)
{
    /// <summary>The version of the operators.</summary>
    public const int OperatorSet = 17;

    private const int IntermediateRepresentation = 8;

    /// <summary>A message of Protocol Buffers ends before 2 GiB; what is not numbers takes far less than this.</summary>
    private const long MostBytes = int.MaxValue - (1L << 24);

    private readonly List<ProtobufMessage> _nodes = [], _constants = [], _inputs = [], _outputs = [];
    private long _bytes;

    private int ElementType => precision == ElementPrecision.Double ? 11 : 1;

    /// <summary>An input, (rows, <paramref name="columns"/>), any number of rows.</summary>
    public string Input(string name, int columns) => Declare(_inputs, name, columns);

    /// <summary>Declares a value to be an output, (rows, <paramref name="columns"/>).</summary>
    public void Output(string name, int columns) => Declare(_outputs, name, columns);

    /// <summary>A constant of the given sizes, none for a single number.</summary>
    /// <exception cref="InputException">The constants exceed what a file can hold.</exception>
    public string Constant(string name, double[] values, params ReadOnlySpan<int> sizes)
    {
        byte[] bytes = precision == ElementPrecision.Double
            ? MemoryMarshal.AsBytes<double>(values).ToArray()
            : MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, v => (float)v)).ToArray();
        _bytes += bytes.Length;
        if (_bytes > MostBytes)
            throw new InputException($"the network has more than {MostBytes} bytes of parameters, which an ONNX file cannot hold");
        var tensor = new ProtobufMessage();
        foreach (int size in sizes)
            tensor.Add(1, size);
        _constants.Add(tensor.Add(2, ElementType).Add(8, name).Add(9, bytes));
        return name;
    }

    /// <summary>An operator applied to values; its one result.</summary>
    /// <param name="operation">Its name in the operator set.</param>
    /// <param name="result">The name of the result.</param>
    /// <param name="operands">The names of the operands.</param>
    public string Apply(string operation, string result, params ReadOnlySpan<string> operands) => Apply(operation, [], result, operands);

    /// <summary>An operator with attributes; see <see cref="Attribute(string, float)"/>.</summary>
    public string Apply(string operation, ReadOnlySpan<ProtobufMessage> attributes, string result, params ReadOnlySpan<string> operands)
    {
        var node = new ProtobufMessage();
        foreach (string operand in operands)
            node.Add(1, operand);
        node.Add(2, result).Add(3, result).Add(4, operation);
        foreach (ProtobufMessage attribute in attributes)
            node.Add(5, attribute);
        _nodes.Add(node);
        return result;
    }

    /// <summary>An attribute that is a number.</summary>
    public static ProtobufMessage Attribute(string name, float value) => new ProtobufMessage().Add(1, name).Add(2, value).Add(20, 1);

    /// <summary>An attribute that is an integer.</summary>
    public static ProtobufMessage Attribute(string name, long value) => new ProtobufMessage().Add(1, name).Add(3, value).Add(20, 2);

    /// <summary>The file.</summary>
    /// <param name="name">The name of the graph.</param>
    /// <param name="documentation">What a reader should know.</param>
    /// <param name="properties">Facts by name.</param>
    public ProtobufMessage ToModel(string name, string documentation, params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var graph = new ProtobufMessage();
        foreach (ProtobufMessage node in _nodes)
            graph.Add(1, node);
        graph.Add(2, name);
        foreach (ProtobufMessage constant in _constants)
            graph.Add(5, constant);
        foreach (ProtobufMessage input in _inputs)
            graph.Add(11, input);
        foreach (ProtobufMessage output in _outputs)
            graph.Add(12, output);
        ProtobufMessage model = new ProtobufMessage()
            .Add(1, IntermediateRepresentation).Add(2, "ContextureGpu").Add(6, documentation).Add(7, graph).Add(8, new ProtobufMessage().Add(1, "").Add(2, OperatorSet));
        foreach ((string property, string value) in properties)
            model.Add(14, new ProtobufMessage().Add(1, property).Add(2, value));
        return model;
    }

    private string Declare(List<ProtobufMessage> list, string name, int columns)
    {
        ProtobufMessage shape = new ProtobufMessage().Add(1, new ProtobufMessage().Add(2, "rows")).Add(1, new ProtobufMessage().Add(1, columns));
        ProtobufMessage tensor = new ProtobufMessage().Add(1, ElementType).Add(2, shape);
        list.Add(new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, tensor)));
        return name;
    }
}
