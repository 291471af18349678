using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ContextureGpu;

/// <summary>A matrix read from a file.</summary>
/// <param name="Values">Row-major (rows, columns).</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns; a one-dimensional array is one column.</param>
/// <param name="IsDouble">Whether the file held float64.</param>
public readonly record struct NpyArray(double[] Values, int Rows, int Columns, bool IsDouble);

/// <summary>NumPy's <c>.npy</c> format (NEP 1), versions 1 to 3, for float32 and float64 arrays of one or two dimensions.</summary>
public static partial class NpyFile
{
    private const int MaximumHeader = 1 << 16;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is no such array; the message names the file and says what is accepted.</exception>
    public static NpyArray Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Read(stream, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Reads a seekable stream.</summary>
    /// <exception cref="InputException">It is no such array.</exception>
    public static NpyArray Read(Stream stream, string source)
    {
        Span<byte> start = stackalloc byte[8];
        if (stream.ReadAtLeast(start, 8, false) < 8 || !start[..6].SequenceEqual(Magic))
            throw new InputException($"{source}: this is no .npy file");
        int lengthBytes = start[6] switch { 1 => 2, 2 or 3 => 4, _ => throw new InputException($"{source}: .npy version {start[6]} is not known; 1, 2 and 3 are") };
        Span<byte> length = stackalloc byte[4];
        length.Clear();
        if (stream.ReadAtLeast(length[..lengthBytes], lengthBytes, false) < lengthBytes)
            throw new InputException($"{source}: the file ends within its header");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (size > MaximumHeader || size > stream.Length - stream.Position)
            throw new InputException($"{source}: the header claims {size} bytes, which the file does not have");
        var header = new byte[size];
        stream.ReadExactly(header);
        return ReadValues(stream, source, Encoding.UTF8.GetString(header));
    }

    /// <summary>Writes float32 values, row-major (rows, columns). The file appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> rowMajor, int rows, int columns)
    {
        var bytes = new byte[rowMajor.Length * sizeof(float)];
        for (int i = 0; i < rowMajor.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), rowMajor[i]);
        Write(path, "<f4", FormattableString.Invariant($"({rows}, {columns})"), bytes);
    }

    /// <summary>Writes float64 values, row-major (rows, columns). The file appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<double> rowMajor, int rows, int columns) =>
        Write(path, "<f8", FormattableString.Invariant($"({rows}, {columns})"), Bytes(rowMajor));

    /// <summary>Writes a one-dimensional float64 array. The file appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void WriteVector(string path, ReadOnlySpan<double> values) => Write(path, "<f8", FormattableString.Invariant($"({values.Length},)"), Bytes(values));

    private static byte[] Bytes(ReadOnlySpan<double> values)
    {
        var bytes = new byte[values.Length * sizeof(double)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), values[i]);
        return bytes;
    }

    private static void Write(string path, string type, string shape, byte[] data) => WholeFile.Write(path, stream =>
    {
        // As NumPy: magic, version, header length and header together a multiple of 64, the header ending in a line feed.
        string dictionary = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        string header = dictionary.PadRight(((10 + dictionary.Length + 1 + 63) / 64 * 64) - 11) + "\n";
        stream.Write(Magic);
        stream.Write([1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header));
        stream.Write(data);
    });

    private static NpyArray ReadValues(Stream stream, string source, string header)
    {
        Match type = Descriptor().Match(header), order = FortranOrder().Match(header), shape = Shape().Match(header);
        if (!type.Success || !order.Success || !shape.Success)
            throw new InputException($"{source}: the header names no plain type, order and shape: {header.Trim()}");
        string descriptor = type.Groups[1].Value;
        if (descriptor is not ("<f4" or "<f8" or ">f4" or ">f8"))
            throw new InputException($"{source}: the type is '{descriptor}'; float32 ('<f4') and float64 ('<f8') are accepted");
        string[] sizes = shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (sizes.Length is not (1 or 2))
            throw new InputException($"{source}: the array has {sizes.Length} dimensions; 1 or 2 are accepted");
        if (!int.TryParse(sizes[0], NumberStyles.None, CultureInfo.InvariantCulture, out int rows)
            || !(sizes.Length == 1 ? (int?)1 : int.TryParse(sizes[1], NumberStyles.None, CultureInfo.InvariantCulture, out int second) ? second : null).HasValue)
        {
            throw new InputException($"{source}: the shape ({shape.Groups[1].Value}) is out of range");
        }
        int columns = sizes.Length == 1 ? 1 : int.Parse(sizes[1], NumberStyles.None, CultureInfo.InvariantCulture);
        int size = descriptor[2] - '0';
        long count = (long)rows * columns, available = stream.Length - stream.Position;
        if (count > Array.MaxLength / size || count * size != available)
            throw new InputException($"{source}: ({rows}, {columns}) values of {size} bytes are {(Int128)count * size} bytes; the file has {available}");
        var bytes = new byte[available];
        stream.ReadExactly(bytes);
        var values = new double[count];
        bool big = descriptor[0] == '>', fortran = order.Groups[1].Value == "True";
        for (int e = 0; e < values.Length; e++)
        {
            ReadOnlySpan<byte> at = bytes.AsSpan(e * size, size);
            double value = (size, big) switch
            {
                (4, false) => BinaryPrimitives.ReadSingleLittleEndian(at),
                (4, true) => BinaryPrimitives.ReadSingleBigEndian(at),
                (_, false) => BinaryPrimitives.ReadDoubleLittleEndian(at),
                _ => BinaryPrimitives.ReadDoubleBigEndian(at),
            };
            values[fortran ? (e % rows * columns) + (e / rows) : e] = value;
        }
        return new NpyArray(values, rows, columns, size == 8);
    }

    [GeneratedRegex(@"'descr'\s*:\s*'([^']{1,8})'")]
    private static partial Regex Descriptor();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(True|False)")]
    private static partial Regex FortranOrder();

    [GeneratedRegex(@"'shape'\s*:\s*\(([0-9, ]*)\)")]
    private static partial Regex Shape();
}

/// <summary>Files that appear whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes to a temporary file in the same folder and moves it into place.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(temporary))
                write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception cleanup) when (cleanup is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
            }
            throw new InputException($"{path} cannot be written: {error.Message}", error);
        }
    }
}
