using System.Text.Json;
using ContextureGpu.Kernels;
using ContextureGpu.Tests.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>The exported graph, run by ONNX Runtime, gives the features of the encoder.</summary>
public sealed class OnnxTests : IDisposable
{
    private const int N = 60;

    private static readonly EncoderOptions Small = new() { Dimension = 3, Outputs = 6, Width = 10, Epochs = 12 };

    private readonly TemporaryFolder _folder = new();
    private readonly ContextureEngine _engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<Activation, bool, int, ElementPrecision> Networks
    {
        get
        {
            var data = new TheoryData<Activation, bool, int, ElementPrecision>();
            foreach (Activation activation in new[] { Activation.Tanh, Activation.Relu, Activation.Gelu })
                foreach (bool skips in new[] { true, false })
                    foreach (int depth in new[] { 0, 1, 2, 4 })
                        foreach (ElementPrecision precision in Enum.GetValues<ElementPrecision>())
                            data.Add(activation, skips, depth, precision);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_graph_computes_the_features(Activation activation, bool skips, int depth, ElementPrecision precision)
    {
        double[] x = Normals(1, N * 6), unseen = Normals(2, 7 * 6);
        EncoderModel model = _engine.Train(
            x, N, Context.Knn(8), Small with { Activation = activation, SkipConnections = skips, Depth = depth, Precision = precision }, cancellationToken: Token);
        string file = _folder.File("encoder.onnx");
        model.ExportOnnx(file);
        using var session = new InferenceSession(file);
        Compare(model, session, unseen, unseen);
        Compare(model, session, unseen.AsSpan(0, 6), unseen.AsSpan(0, 6));
        Assert.Equal(["rows", ""], session.InputMetadata["x"].SymbolicDimensions);
        Assert.Equal([-1, 3], session.OutputMetadata["features"].Dimensions);
        Assert.Equal("knn(k=8)", session.ModelMetadata.CustomMetadataMap["context"]);
    }

    [Theory]
    [InlineData(Activation.Tanh, true, ElementPrecision.Single)]
    [InlineData(Activation.Gelu, true, ElementPrecision.Double)]
    [InlineData(Activation.Relu, false, ElementPrecision.Single)]
    public void The_graph_normalises_layers(Activation activation, bool skips, ElementPrecision precision)
    {
        double[] x = Normals(1, N * 6), unseen = Normals(2, 7 * 6);
        EncoderModel model = _engine.Train(
            x, N, Context.Knn(8), Small with { Activation = activation, SkipConnections = skips, Depth = 2, LayerNorm = true, Precision = precision }, cancellationToken: Token);
        string file = _folder.File("encoder.onnx");
        model.ExportOnnx(file);
        using var session = new InferenceSession(file);
        Compare(model, session, unseen, unseen);
        string saved = _folder.File("encoder");
        model.Save(saved);
        Compare(EncoderModel.Load(saved), session, unseen, unseen);
    }

    [Fact]
    public void The_graph_scales_and_fills_numbers()
    {
        var table = DataTable.ReadText(
            new StringReader($"a,color,b,same\n{string.Join('\n', Normals(3, N * 2).Chunk(2).Select((v, i) => $"{1e3 + (20 * v[0]):f4},{(i % 3 == 0 ? "red" : "blue")},{(i == 5 ? "" : $"{v[1]:f4}")},7"))}\n"), "table", ',');
        EncoderModel model = _engine.Train(table, Context.Knn(8), options: Small with { Depth = 2 }, cancellationToken: Token);
        string file = _folder.File("encoder.onnx");
        model.ExportOnnx(file);
        using var session = new InferenceSession(file);
        string[] inputs = JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["inputs"])!;
        Assert.Equal(model.Preprocessing!.InputNames, inputs);
        Assert.Equal(["a", "color=blue", "color=red", "b", "same"], inputs);
        double[] raw = [.. Enumerable.Range(0, N).SelectMany(i => new[]
        {
            table.Numbers(0)[i], table.Texts(1)[i] == "blue" ? 1 : 0, table.Texts(1)[i] == "red" ? 1 : 0, table.Numbers(2)[i], table.Numbers(3)[i],
        })];
        Assert.True(double.IsNaN(raw[(5 * 5) + 3]));
        Compare(model, session, raw, model.Preprocessing.Apply(table, out _));
    }

    [Fact]
    public void What_cannot_be_exported_is_refused()
    {
        var table = DataTable.ReadText(new StringReader($"a,b,class\n{string.Join('\n', Normals(4, N * 2).Chunk(2).Select((v, i) => $"{v[0]:f4},{v[1]:f4},c{i % 2}"))}\n"), "table", ',');
        EncoderModel model = _engine.Train(table, Context.Labels("class"), options: Small with { Dimension = 1, Outputs = 2 }, cancellationToken: Token);
        Assert.Contains("no rows", Assert.Throws<InputException>(() => model.ExportOnnx(_folder.File("e.onnx"))).Message, StringComparison.Ordinal);
        EncoderModel other = _engine.Train(table, Context.Labels("class"), options: Small with { Objective = Objective.Supervised, Dimension = 1, Outputs = 2 }, cancellationToken: Token);
        string absent = Path.Combine(_folder.Path, "no", "such", "e.onnx");
        Assert.Contains(absent, Assert.Throws<InputException>(() => other.ExportOnnx(absent)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
        File.WriteAllText(_folder.File("e.onnx"), "old");
        other.ExportOnnx(_folder.File("e.onnx"));
        using var session = new InferenceSession(_folder.File("e.onnx"));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    // Features have unit variance: 1e-5 is relative to their size.
    private static void Compare(EncoderModel model, InferenceSession session, ReadOnlySpan<double> raw, ReadOnlySpan<double> inputs)
    {
        int rows = inputs.Length / model.InputDimension;
        double[] expected = new double[rows * model.Dimension], features = Run(session, raw, rows);
        model.Transform(inputs, expected, EncoderEvaluation.Direct);
        Assert.Equal(expected.Length, features.Length);
        double largest = Math.Max(1, expected.Max(Math.Abs));
        for (int e = 0; e < expected.Length; e++)
            Assert.True(Math.Abs(features[e] - expected[e]) <= 1e-5 * largest, $"feature {e}: {features[e]:g9}, the encoder has {expected[e]:g9}");
    }

    private static double[] Run(InferenceSession session, ReadOnlySpan<double> x, int rows)
    {
        int[] shape = [rows, x.Length / rows];
        NamedOnnxValue input = session.InputMetadata["x"].ElementType == typeof(double)
            ? NamedOnnxValue.CreateFromTensor("x", new DenseTensor<double>(x.ToArray(), shape))
            : NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(Array.ConvertAll(x.ToArray(), v => (float)v), shape));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([input]);
        return results[0].Value is DenseTensor<double> wide ? wide.ToArray() : [.. results[0].AsEnumerable<float>().Select(v => (double)v)];
    }

    private static double[] Normals(ulong stream, int count)
    {
        var values = new double[count];
        new Philox(20264, stream).Normals(0, values.AsSpan());
        return values;
    }
}
