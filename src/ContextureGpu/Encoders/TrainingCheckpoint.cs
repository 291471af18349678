using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// The state of a training between two steps: parameters, both moments of the optimiser, losses, and what the steps carry along. It fits the training it was written by
/// and no other: data, context and options are compared by their SHA-256.
/// </summary>
internal sealed class TrainingCheckpoint<T>(string path, Arithmetic<T> on, byte[] signature)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Version = 2;

    private static ReadOnlySpan<byte> Magic => "CTXTRAIN"u8;

    /// <summary>Whether the file is known to hold a state of this training.</summary>
    public bool HoldsState { get; private set; }

    /// <summary>What a training is: everything that its steps depend on but the device.</summary>
    public static byte[] SignatureOf(ContextSample sample, Context context, EncoderOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context}\n{options with { Checkpoint = null, Resume = false, CheckpointEvery = 1 }}\n{sample.Rows} {sample.Dimension}\n"));
        hash.AppendData(MemoryMarshal.AsBytes<double>(sample.Values));
        foreach ((string column, ClassColumn classes) in sample.Classes.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{column} {classes.Count}\n"));
            hash.AppendData(MemoryMarshal.AsBytes<int>(classes.Index));
        }
        foreach ((string file, IReadOnlyList<(int From, int To, double Weight)> edges) in sample.Edges.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file} {edges.Count}\n"));
            foreach ((int from, int to, double weight) in edges)
                hash.AppendData(Encoding.UTF8.GetBytes($"{from} {to} {weight:r}\n"));
        }
        foreach ((string name, double[] values) in sample.Targets.Concat(sample.SoftLabels).Concat(sample.Kernels).Concat(sample.Partners.Select(p => KeyValuePair.Create(p.Key, p.Value.Values))).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {values.Length}\n"));
            hash.AppendData(MemoryMarshal.AsBytes<double>(values));
        }
        return hash.GetHashAndReset();
    }

    /// <summary>Writes the state; the file changes whole or not at all.</summary>
    public void Write(IReadOnlyList<Parameter<T>> parameters, IReadOnlyList<double> losses, IReadOnlyList<double[]> state)
    {
        ChecksummedFile.Write(path, Magic, Version, writer => Write(writer, parameters, losses, state));
        HoldsState = true;
    }

    private void Write(BinaryWriter writer, IReadOnlyList<Parameter<T>> parameters, IReadOnlyList<double> losses, IReadOnlyList<double[]> state)
    {
        writer.Write(signature);
        writer.Write(losses.Count);
        foreach (double loss in losses)
            writer.Write(loss);
        foreach (double[] values in state)
        {
            writer.Write(values.Length);
            foreach (double value in values)
                writer.Write(value);
        }
        foreach (DeviceMatrix<T> matrix in Matrices(parameters))
        {
            var values = new T[(long)matrix.Rows * matrix.Columns];
            on.Download(matrix, values);
            writer.Write(MemoryMarshal.AsBytes<T>(values));
        }
    }

    /// <summary>Restores the state.</summary>
    /// <exception cref="InputException">There is none, it is damaged, or it belongs to another training.</exception>
    public void Read(IReadOnlyList<Parameter<T>> parameters, List<double> losses, IReadOnlyList<double[]> state)
    {
        byte[] body = ChecksummedFile.Read(path, Magic, Version, "checkpoint");
        using var reader = new BinaryReader(new MemoryStream(body));
        if (!reader.ReadBytes(signature.Length).AsSpan().SequenceEqual(signature))
            throw new InputException($"{path}: the checkpoint belongs to a training with other data, another context or other options");
        try
        {
            losses.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                losses.Add(reader.ReadDouble());
            foreach (double[] values in state)
            {
                if (reader.ReadInt32() != values.Length)
                    throw new InputException($"{path}: the state of the objective does not fit");
                for (int i = 0; i < values.Length; i++)
                    values[i] = reader.ReadDouble();
            }
            foreach (DeviceMatrix<T> matrix in Matrices(parameters))
            {
                var values = new T[(long)matrix.Rows * matrix.Columns];
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                on.Upload(values, matrix);
            }
            HoldsState = true;
        }
        catch (EndOfStreamException error)
        {
            throw new InputException($"{path}: the checkpoint ends too early", error);
        }
    }

    private static IEnumerable<DeviceMatrix<T>> Matrices(IReadOnlyList<Parameter<T>> parameters) => parameters.SelectMany(p => new[] { p.Value, p.First, p.Second });
}
