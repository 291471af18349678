using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ContextureGpu;

/// <summary>A matrix as read from a NumPy file, in float64.</summary>
/// <param name="Values">Rows x Columns values, row by row; NaN and infinities are as in the file.</param>
/// <param name="Rows">The number of rows, at least 1.</param>
/// <param name="Columns">The number of columns, at least 1; 1 when the file holds a vector.</param>
/// <param name="IsDouble">Whether the file holds float64 rather than float32.</param>
public readonly record struct NpyArray(double[] Values, int Rows, int Columns, bool IsDouble);

/// <summary>
/// NumPy's <c>.npy</c> files (NEP 1): matrices and vectors of float32 and float64 are read, of either byte order, in C or Fortran order, format 1.0 to 3.0;
/// what is written is byte for byte what <c>numpy.save</c> writes.
/// </summary>
public static class NpyFile
{
    private const int Piece = 1 << 20; // values by which a stream of unknown length is trusted at a time: no more memory is taken than the file has shown to need
    private const int Slab = 1 << 15; // float32 values that are read and converted while they are in the cache

    /// <summary>Reads the matrix or vector in a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="InputException">The file is missing, damaged, cut off, too long, or holds something else.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using FileStream stream = InputFile.Open(path);
        NpyArray array = Read(stream, path);
        return InputFile.Guard(path, stream.ReadByte) < 0
            ? array
            : throw TooLong(path, array.Rows, array.Columns);
    }

    /// <summary>Reads the matrix or vector a stream holds next and leaves the stream behind it.</summary>
    /// <param name="stream">The stream; its length is not needed.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <exception cref="InputException">The data are damaged, cut off, or something else.</exception>
    public static NpyArray Read(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return InputFile.Guard(source, () => ReadArray(stream, source));
    }

    /// <summary>The table of the matrix in a file: NaN is a missing value, an infinite one is refused. The values go from the file straight into the columns.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="InputException">As for <see cref="Read(string)"/>, or a value is infinite.</exception>
    internal static DataTable ReadTable(string path)
    {
        using FileStream stream = InputFile.Open(path);
        return InputFile.Guard(path, () =>
        {
            NpyHeader header = NpyHeader.Read(stream, path);
            (bool isDouble, bool bigEndian) = Element(header.ElementType, path);
            (int rows, int columns) = Sizes(header.Shape, path);
            int size = isDouble ? sizeof(double) : sizeof(float);
            long expected = (long)rows * columns * size, present = stream.CanSeek ? stream.Length - stream.Position : -1;
            // A pipe is read to its end as a matrix; so is what is damaged, for its refusal.
            if (present != expected)
            {
                NpyArray array = ReadArray(stream, path, header);
                if (stream.ReadByte() >= 0)
                    throw TooLong(path, rows, columns);
                return DataTable.FromMatrix(array.Values, rows, columns, null, path, missingAllowed: true);
            }
            double[][] values = [.. Enumerable.Range(0, columns).Select(_ => GC.AllocateUninitializedArray<double>(rows))];
            var file = new NpyColumns(stream.SafeFileHandle, stream.Position, header.FortranOrder && columns > 1, bigEndian == BitConverter.IsLittleEndian, values);
            bool isWhole = isDouble ? file.Read<double>() : file.Read<float>();
            return isWhole
                ? DataTable.FromColumns(values, path)
                : throw new InputException($"{path}: the data end before the {rows} x {columns} values that the header announces");
        });
    }

    /// <summary>Writes a float32 matrix; the file appears whole or not at all.</summary>
    /// <param name="path">Where; an existing file is replaced.</param>
    /// <param name="rowMajor">rows x columns values, row by row.</param>
    /// <param name="rows">The number of rows, at least 0.</param>
    /// <param name="columns">The number of columns, at least 0.</param>
    /// <exception cref="InputException">The file cannot be written there, or the sizes do not fit the values.</exception>
    public static void Write(string path, ReadOnlySpan<float> rowMajor, int rows, int columns)
    {
        CheckSizes(rowMajor.Length, rows, columns);
        Write(path, new NpyHeader("<f4", false, [rows, columns]), rowMajor);
    }

    /// <summary>Writes a float64 matrix; the file appears whole or not at all.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, int, int)"/>
    public static void Write(string path, ReadOnlySpan<double> rowMajor, int rows, int columns)
    {
        CheckSizes(rowMajor.Length, rows, columns);
        Write(path, new NpyHeader("<f8", false, [rows, columns]), rowMajor);
    }

    /// <summary>Writes a float64 vector, an array of one dimension; the file appears whole or not at all.</summary>
    /// <param name="path">Where; an existing file is replaced.</param>
    /// <param name="values">The values.</param>
    /// <exception cref="InputException">The file cannot be written there.</exception>
    public static void WriteVector(string path, ReadOnlySpan<double> values) => Write(path, new NpyHeader("<f8", false, [values.Length]), values);

    private static InputException TooLong(string path, int rows, int columns) =>
        new($"{path}: there is more in the file than the {rows} x {columns} values its header announces");

    private static NpyArray ReadArray(Stream stream, string source) => ReadArray(stream, source, NpyHeader.Read(stream, source));

    private static NpyArray ReadArray(Stream stream, string source, NpyHeader header)
    {
        (bool isDouble, bool bigEndian) = Element(header.ElementType, source);
        (int rows, int columns) = Sizes(header.Shape, source);
        int count = rows * columns, size = isDouble ? sizeof(double) : sizeof(float);
        if (stream.CanSeek && (long)count * size > stream.Length - stream.Position)
            throw new InputException(
                $"{source}: the header announces {rows} x {columns} values of {size} bytes, but only {stream.Length - stream.Position} bytes follow; the file is cut off or damaged");

        double[] values = GC.AllocateUninitializedArray<double>(stream.CanSeek ? count : Math.Min(count, Piece));
        for (int done = 0; done < count;)
        {
            int take = Math.Min(count - done, Piece);
            if (values.Length < done + take)
                Array.Resize(ref values, (int)Math.Min(count, 2L * values.Length));
            if (!(isDouble ? ReadDoubles(stream, values.AsSpan(done, take), bigEndian) : ReadSingles(stream, values.AsSpan(done, take), bigEndian)))
                throw new InputException($"{source}: the data end before the {rows} x {columns} values that the header announces");
            done += take;
        }
        return new NpyArray(header.FortranOrder ? Transposed(values, rows, columns) : values, rows, columns, isDouble);
    }

    private static (bool IsDouble, bool BigEndian) Element(string type, string source)
    {
        (char order, string kind) = type.Length > 0 && type[0] is '<' or '>' or '=' or '|' ? (type[0], type[1..]) : ('=', type);
        bool big = order == '>' || (order == '=' && !BitConverter.IsLittleEndian);
        return kind switch
        {
            "f4" => (false, big),
            "f8" => (true, big),
            _ when kind.StartsWith('O') => throw new InputException(
                $"{source}: the values are Python objects, which are not read; float32 and float64 are, as array.astype('float64') makes them"),
            _ => throw new InputException($"{source}: the values are of type {Naming.Quote(type)}; float32 and float64 are read, as array.astype('float32') makes them"),
        };
    }

    private static (int Rows, int Columns) Sizes(long[] shape, string source)
    {
        string written = $"({string.Join(", ", shape)})";
        if (shape.Length is not (1 or 2))
            throw new InputException($"{source}: the array has the shape {written}; a matrix (rows, columns) or a vector (rows,) is needed");
        (long rows, long columns) = (shape[0], shape.Length == 1 ? 1 : shape[1]);
        if (rows == 0 || columns == 0)
            throw new InputException($"{source}: the array has the shape {written}, with nothing in it");
        if (rows > Array.MaxLength || columns > Array.MaxLength || rows > Array.MaxLength / columns)
            throw new InputException($"{source}: the array has the shape {written}; more than {Array.MaxLength} values are not read");
        return ((int)rows, (int)columns);
    }

    // Straight into place, turned round there if need be; false where the stream ends before.
    private static bool ReadDoubles(Stream stream, Span<double> values, bool bigEndian)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(values);
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            return false;
        if (bigEndian == BitConverter.IsLittleEndian)
        {
            Span<long> bits = MemoryMarshal.Cast<double, long>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
        return true;
    }

    private static bool ReadSingles(Stream stream, Span<double> values, bool bigEndian)
    {
        float[] slab = ArrayPool<float>.Shared.Rent(Math.Min(Slab, values.Length));
        try
        {
            while (!values.IsEmpty)
            {
                Span<float> singles = slab.AsSpan(0, Math.Min(Slab, values.Length));
                Span<byte> bytes = MemoryMarshal.AsBytes(singles);
                if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
                    return false;
                if (bigEndian == BitConverter.IsLittleEndian)
                {
                    Span<int> bits = MemoryMarshal.Cast<float, int>(singles);
                    BinaryPrimitives.ReverseEndianness(bits, bits);
                }
                TensorPrimitives.ConvertTruncating<float, double>(singles, values);
                values = values[singles.Length..];
            }
            return true;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(slab);
        }
    }

    private static double[] Transposed(double[] columnMajor, int rows, int columns)
    {
        if (rows == 1 || columns == 1)
            return columnMajor;
        var rowMajor = new double[columnMajor.Length];
        const int Tile = 32;
        for (int i0 = 0; i0 < rows; i0 += Tile)
        {
            for (int j0 = 0; j0 < columns; j0 += Tile)
            {
                (int iEnd, int jEnd) = ((int)Math.Min(rows, (long)i0 + Tile), (int)Math.Min(columns, (long)j0 + Tile));
                for (int i = i0; i < iEnd; i++)
                    for (int j = j0; j < jEnd; j++)
                        rowMajor[i * columns + j] = columnMajor[j * rows + i];
            }
        }
        return rowMajor;
    }

    private static void CheckSizes(int length, int rows, int columns)
    {
        if (rows < 0 || columns < 0 || length != (long)rows * columns)
            throw new InputException($"{length} values do not make a matrix of {rows} x {columns}");
    }

    private static unsafe void Write<T>(string path, NpyHeader header, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("The .npy writer copies the memory of the values, and announces little-endian ones.");
        fixed (T* start = values)
        {
            (nint first, long length) = ((nint)start, (long)values.Length * sizeof(T));
            AtomicFile.Write(path, stream =>
            {
                stream.Write(header.ToBytes());
                for (long done = 0; done < length; done += Piece)
                    stream.Write(new ReadOnlySpan<byte>((byte*)first + done, (int)Math.Min(Piece, length - done)));
            });
        }
    }
}
