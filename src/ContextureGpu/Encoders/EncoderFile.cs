using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>The file of an encoder: its network and how it was trained, then the body of a <see cref="ModelFile"/> with the sample and the estimated singular functions.</summary>
internal static class EncoderFile
{
    private const int Version = 2;

    private static ReadOnlySpan<byte> Magic => "CTXENCOD"u8;

    public static void Save(string path, EncoderState state) => ChecksummedFile.Write(path, Magic, Version, writer =>
    {
        NetworkShape shape = state.Shape;
        writer.Write(shape.Inputs);
        writer.Write(shape.Width);
        writer.Write(shape.Depth);
        writer.Write(shape.Outputs);
        writer.Write((int)shape.Activation);
        writer.Write(shape.SkipConnections);
        writer.Write(shape.LayerNorm);
        writer.Write((int)state.Objective);
        writer.Write(state.NetworkOnRows);
        writer.Write(state.OutputRank);
        writer.Write(state.Seconds);
        foreach (double[] parameter in state.Parameters)
            Write(writer, parameter);
        writer.Write(state.Map.Length / shape.Outputs);
        Write(writer, state.Map);
        Write(writer, state.Mean);
        writer.Write(state.Losses.Length);
        Write(writer, state.Losses);
        ModelFile.WriteBody(writer, state.Model);
    });

    /// <summary>Whether a file is an encoder, whole or not.</summary>
    public static bool IsEncoder(string path) => ChecksummedFile.Begins(path, Magic);

    public static EncoderState Load(string path)
    {
        var body = new ModelFile.BodyReader(ChecksummedFile.Read(path, Magic, Version, "encoder"), path, []);
        try
        {
            return Read(body);
        }
        catch (EndOfStreamException error)
        {
            throw new InputException($"{path}: the encoder ends too early", error);
        }
    }

    private static EncoderState Read(ModelFile.BodyReader body)
    {
        (int inputs, int width, int depth, int outputs) = (body.Count(0), body.Count(0), body.Count(0), body.Count(0));
        var activation = (Activation)body.Reader.ReadInt32();
        (bool skips, bool normalized) = (body.Reader.ReadBoolean(), body.Reader.ReadBoolean());
        var objective = (Objective)body.Reader.ReadInt32();
        body.Require(inputs > 0 && width > 0 && depth <= 100 && outputs > 0 && Enum.IsDefined(activation) && Enum.IsDefined(objective), "the network");
        (bool onRows, int rank, double seconds) = (body.Reader.ReadBoolean(), body.Count(0), body.Number());
        var shape = new NetworkShape(inputs, width, depth, outputs, activation, skips, normalized);
        double[][] parameters = [.. shape.Parameters().Select(p => body.Numbers((long)p.Rows * p.Columns))];
        int dimension = body.Count(0);
        double[] map = body.Numbers((long)outputs * dimension), mean = body.Numbers(outputs), losses = body.Numbers(body.Count(sizeof(double)));
        ModelState model = ModelFile.ReadBody(body);
        body.Require(model.Parts.Count == 1 && model.Parts[0].Spectrum.SingularValues.Length == dimension, "the number of features");
        body.Require(!onRows || inputs == model.Sample.Dimension, "the number of inputs");
        return new EncoderState(shape, parameters, map, mean, rank, losses, seconds, objective, onRows, model);
    }

    private static void Write(BinaryWriter writer, double[] values)
    {
        foreach (double value in values)
            writer.Write(value);
    }
}

/// <summary>Everything an encoder consists of.</summary>
/// <param name="Shape">The network.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Map">From centred outputs to features on the network's side.</param>
/// <param name="Mean">Means of the outputs there.</param>
/// <param name="OutputRank">Dimension of the span of the outputs.</param>
/// <param name="Losses">Mean loss of each epoch.</param>
/// <param name="Seconds">Time the training took.</param>
/// <param name="Objective">What was minimised.</param>
/// <param name="NetworkOnRows">Whether the network takes rows with the inputs of the sample.</param>
/// <param name="Model">Sample, context, estimated singular functions, facts.</param>
internal sealed record EncoderState(
    NetworkShape Shape, double[][] Parameters, double[] Map, double[] Mean, int OutputRank, double[] Losses, double Seconds, Objective Objective, bool NetworkOnRows, ModelState Model);
