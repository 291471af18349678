using System.Text;
using ContextureGpu.Kernels;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>
/// The file of a model: <c>CTXMODEL</c>, a version, the length of the body, its SHA-256, the body. It names no types, and every size is checked against what is left of the
/// body before anything is allocated, so a file from a stranger can be opened; the checksum finds damage, not malice.
/// </summary>
internal static class ModelFile
{
    private const int Version = 3, MaximumText = 1 << 20;

    private static ReadOnlySpan<byte> Magic => "CTXMODEL"u8;

    public static void Save(string path, ModelState state)
    {
        long bytes = sizeof(double) * (state.Sample.Values.LongLength + state.Sample.Kernels.Values.Sum(k => k.LongLength) + state.Sample.Partners.Values.Sum(p => p.Values.LongLength));
        foreach (ModelPart part in state.Parts)
            bytes += sizeof(double) * ((long)part.Spectrum.Features.Points + part.Spectrum.AtomFunctions.Points) * part.Spectrum.SingularValues.Length;
        if (bytes > Array.MaxLength)
            throw new InputException($"{path}: the model would take about {MemoryBudget.Text(bytes)}, and a model file holds at most {MemoryBudget.Text(Array.MaxLength)}; a smaller dimension or fewer rows would fit");
        ChecksummedFile.Write(path, Magic, Version, writer => WriteBody(writer, state));
    }

    public static ModelState Load(string path, IReadOnlyList<ContextLaw> laws)
    {
        var body = new BodyReader(ChecksummedFile.Read(path, Magic, Version, "model"), path, laws);
        try
        {
            return ReadBody(body);
        }
        catch (Exception error) when (error is IOException or NotSupportedException or ArgumentException or FormatException)
        {
            throw new InputException($"{path}: {error.Message}", error);
        }
    }

    internal static void WriteBody(BinaryWriter writer, ModelState state)
    {
        ContextSample sample = state.Sample;
        writer.Write(state.Context.ToString());
        writer.Write(sample.Rows);
        writer.Write(sample.Dimension);
        WriteNumbers(writer, sample.Values);
        writer.Write(sample.Mass is not null);
        if (sample.Mass is not null)
            WriteNumbers(writer, sample.Mass);
        writer.Write(sample.Classes.Count);
        foreach ((string column, ClassColumn classes) in sample.Classes)
        {
            writer.Write(column);
            string[] names = state.Classes.TryGetValue(column, out IReadOnlyList<string>? known) ? [.. known] : [.. Enumerable.Range(0, classes.Count).Select(k => $"{k}")];
            writer.Write(names.Length);
            foreach (string name in names)
                writer.Write(name);
            foreach (int index in classes.Index)
                writer.Write(index);
        }
        writer.Write(sample.Edges.Count);
        foreach ((string file, IReadOnlyList<(int From, int To, double Weight)> edges) in sample.Edges)
        {
            writer.Write(file);
            writer.Write(edges.Count);
            foreach ((int from, int to, double weight) in edges)
            {
                writer.Write(from);
                writer.Write(to);
                writer.Write(weight);
            }
        }
        WriteNamed(writer, sample.Targets);
        WriteNamed(writer, sample.SoftLabels);
        writer.Write(sample.Partners.Count);
        foreach ((string file, ContextSample partner) in sample.Partners)
        {
            writer.Write(file);
            writer.Write(partner.Dimension);
            WriteNumbers(writer, partner.Values);
        }
        WriteNamed(writer, sample.Kernels);
        writer.Write(state.Parts.Count);
        foreach (ModelPart part in state.Parts)
            WritePart(writer, part);
        WriteFacts(writer, state.Facts);
        writer.Write(state.Preprocessing is not null);
        state.Preprocessing?.Write(writer);
    }

    private static void WritePart(BinaryWriter writer, ModelPart part)
    {
        ContextSpectrum spectrum = part.Spectrum;
        writer.Write(part.Context.ToString());
        writer.Write(spectrum.SingularValues.Length);
        writer.Write(spectrum.Features.Points);
        writer.Write(spectrum.AtomFunctions.Points);
        WriteNumbers(writer, spectrum.SingularValues);
        WriteNumbers(writer, spectrum.Residuals);
        WriteValues(writer, spectrum.Features);
        WriteValues(writer, spectrum.AtomFunctions);
        writer.Write(spectrum.Rank);
        writer.Write(spectrum.Components);
        writer.Write(spectrum.Iterations);
        writer.Write(spectrum.Converged);
    }

    private static void WriteFacts(BinaryWriter writer, FitFacts facts)
    {
        writer.Write((int)facts.Solver);
        writer.Write(facts.Iterations);
        writer.Write(facts.Converged);
        writer.Write(facts.Orthogonality);
        writer.Write((int)facts.Precision);
        writer.Write((int)facts.Device.Backend);
        writer.Write(facts.Device.Index);
        writer.Write(facts.Device.Name);
        writer.Write(facts.Device.NativeLibrary ?? "");
        writer.Write(facts.Device.MemoryBytes);
        writer.Write(facts.Device.SupportsDouble);
        writer.Write(facts.DeviceReason);
        writer.Write(facts.Warnings.Count);
        foreach (string warning in facts.Warnings)
            writer.Write(warning);
        writer.Write(facts.NeighborRecall is not null);
        if (facts.NeighborRecall is { } recall)
        {
            writer.Write(recall.Value);
            writer.Write(recall.Lower);
            writer.Write(recall.Upper);
            writer.Write(recall.Rows);
        }
    }

    private static void WriteNamed(BinaryWriter writer, Dictionary<string, double[]> named)
    {
        writer.Write(named.Count);
        foreach ((string name, double[] values) in named)
        {
            writer.Write(name);
            writer.Write(values.Length);
            WriteNumbers(writer, values);
        }
    }

    private static void WriteNumbers(BinaryWriter writer, double[] values)
    {
        foreach (double value in values)
            writer.Write(value);
    }

    private static void WriteValues(BinaryWriter writer, FunctionValues values)
    {
        var row = new double[values.Functions];
        for (int i = 0; i < values.Points; i++)
        {
            values.CopyTo(i * values.Functions, row);
            WriteNumbers(writer, row);
        }
    }

    internal static ModelState ReadBody(BodyReader body)
    {
        Context context = body.Expression();
        (int rows, int dimension) = (body.Count(0), body.Count(0));
        double[] values = body.Numbers((long)rows * dimension);
        double[]? mass = body.Reader.ReadBoolean() ? body.Numbers(rows) : null;
        body.Require(mass is null || mass.All(q => q > 0), "a mass");
        var sample = new ContextSample(values, rows, dimension) { Mass = mass };
        var classes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        for (int left = body.Count(1); left > 0; left--)
        {
            string column = body.Text();
            string[] names = body.Texts();
            int[] index = [.. body.Integers(rows)];
            body.Require(index.All(k => (uint)k < (uint)names.Length), "a class number");
            sample.Classes[column] = new ClassColumn(names.Length, index);
            classes[column] = names;
        }
        for (int left = body.Count(1); left > 0; left--)
        {
            string file = body.Text();
            var edges = new (int, int, double)[body.Count(16)];
            for (int e = 0; e < edges.Length; e++)
                edges[e] = (body.Reader.ReadInt32(), body.Reader.ReadInt32(), body.Number());
            sample.Edges[file] = edges;
        }
        body.Named(sample.Targets, length => length == rows);
        body.Named(sample.SoftLabels, length => rows > 0 && length % rows == 0);
        for (int left = body.Count(1); left > 0; left--)
        {
            string file = body.Text();
            int inputs = body.Count(0);
            sample.Partners[file] = new ContextSample(body.Numbers((long)rows * inputs), rows, inputs);
        }
        body.Named(sample.Kernels, length => length == (long)rows * rows);
        var parts = new ModelPart[body.Count(1)];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = ReadPart(body);
        body.Require(parts.Length > 0 && parts.All(p => p.Spectrum.Features.Points == parts[0].Spectrum.Features.Points), "the number of parts");
        FitFacts facts = ReadFacts(body);
        Preprocessing? preprocessing = body.Reader.ReadBoolean() ? Preprocessing.Read(body.Reader) : null;
        body.Require(preprocessing is null || preprocessing.InputDimension == dimension, "the number of inputs");
        if (preprocessing is not null)
            sample = sample.WithInputs(sample.Values, dimension, preprocessing.ColumnStarts);
        return new ModelState(context, sample, parts, facts, preprocessing, classes);
    }

    private static ModelPart ReadPart(BodyReader body)
    {
        Context context = body.Expression();
        (int d, int rows, int atoms) = (body.Count(8), body.Count(0), body.Count(0));
        body.Require(d > 0, "the number of features");
        double[] values = body.Numbers(d), residuals = body.Numbers(d), features = body.Numbers((long)rows * d), functions = body.Numbers((long)atoms * d);
        return new ModelPart(context, new ContextSpectrum(
            values, FunctionValues.Of(features, rows, d), FunctionValues.Of(functions, atoms, d), residuals, body.Reader.ReadInt32(), body.Reader.ReadInt32(), body.Reader.ReadInt32(), body.Reader.ReadBoolean()));
    }

    private static FitFacts ReadFacts(BodyReader body)
    {
        BinaryReader reader = body.Reader;
        var solver = (SpectralSolver)reader.ReadInt32();
        (int iterations, bool converged, double orthogonality) = (reader.ReadInt32(), reader.ReadBoolean(), body.Number());
        var precision = (ElementPrecision)reader.ReadInt32();
        var backend = (BackendKind)reader.ReadInt32();
        body.Require(Enum.IsDefined(solver) && Enum.IsDefined(precision) && Enum.IsDefined(backend), "an enumeration");
        int index = reader.ReadInt32();
        (string name, string library) = (body.Text(), body.Text());
        var device = new DeviceDescription(backend, index, name, library.Length == 0 ? null : library, reader.ReadInt64(), reader.ReadBoolean());
        var facts = new FitFacts(solver, iterations, converged, orthogonality, precision, device, body.Text(), body.Texts());
        return reader.ReadBoolean() ? facts with { NeighborRecall = new NeighborRecall(body.Number(), body.Number(), body.Number(), reader.ReadInt32()) } : facts;
    }

    /// <summary>Reads a body that may hold anything.</summary>
    internal sealed class BodyReader(byte[] body, string path, IReadOnlyList<ContextLaw> laws)
    {
        public BinaryReader Reader => field ??= new BinaryReader(new MemoryStream(body), Encoding.UTF8);

        private long Left => body.Length - Reader.BaseStream.Position;

        public void Require(bool holds, string what)
        {
            if (!holds)
                throw new InputException($"{path}: {what} is out of range; this is no valid model");
        }

        /// <summary>A count of things that take at least so many bytes each.</summary>
        public int Count(int bytes)
        {
            int count = Reader.ReadInt32();
            Require(count >= 0 && (long)count * bytes <= Left, "a count");
            return count;
        }

        public double Number()
        {
            double value = Reader.ReadDouble();
            Require(double.IsFinite(value), "a number");
            return value;
        }

        public double[] Numbers(long count)
        {
            Require(count >= 0 && count <= Left / sizeof(double), "a number of values");
            var values = new double[count];
            for (int i = 0; i < values.Length; i++)
                values[i] = Number();
            return values;
        }

        public IEnumerable<int> Integers(int count)
        {
            Require((long)count * sizeof(int) <= Left, "a number of values");
            for (int i = 0; i < count; i++)
                yield return Reader.ReadInt32();
        }

        /// <summary>Numbers under names.</summary>
        public void Named(Dictionary<string, double[]> named, Func<int, bool> accepts)
        {
            for (int left = Count(1); left > 0; left--)
            {
                string name = Text();
                int length = Count(sizeof(double));
                Require(accepts(length), "a number of values");
                named[name] = Numbers(length);
            }
        }

        /// <summary>A context, with the user's code for the laws that are his.</summary>
        public Context Expression() => ContextTree.Replace(Context.Parse(Text()), leaf => leaf switch
        {
            CustomContext custom when laws.FirstOrDefault(l => l.Name == custom.Name) is { } law => Context.Custom(law),
            KernelContext { Name: { } name } when laws.OfType<ContextKernel>().FirstOrDefault(k => k.Name == name) is { } kernel => Context.Kernel(kernel),
            _ => leaf,
        });

        public string Text()
        {
            string text = Reader.ReadString();
            Require(text.Length <= MaximumText, "the length of a text");
            return text;
        }

        public string[] Texts()
        {
            var texts = new string[Count(1)];
            for (int i = 0; i < texts.Length; i++)
                texts[i] = Text();
            return texts;
        }
    }
}

/// <summary>Everything a model consists of.</summary>
internal sealed record ModelState(
    Context Context, ContextSample Sample, IReadOnlyList<ModelPart> Parts, FitFacts Facts, Preprocessing? Preprocessing, IReadOnlyDictionary<string, IReadOnlyList<string>> Classes);
