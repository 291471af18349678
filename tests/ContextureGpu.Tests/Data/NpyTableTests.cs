using System.Buffers.Binary;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Tables from .npy files: the columns of the matrix that <see cref="NpyFile"/> reads, of every type, byte order and layout, over many slabs.</summary>
public sealed class NpyTableTests
{
    public static TheoryData<string, bool, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, int, int>();
            foreach (string type in new[] { "<f4", ">f4", "<f8", ">f8" })
            {
                foreach ((int rows, int columns) in new[] { (1, 1), (3, 5), (70_001, 3), (2, 70_000), (140_000, 1) })
                {
                    cases.Add(type, false, rows, columns);
                    cases.Add(type, true, rows, columns);
                }
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ColumnsAreThoseOfTheMatrix(string type, bool fortran, int rows, int columns)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npy");
        File.WriteAllBytes(path, Bytes(type, fortran, rows, columns, (i, j) => (i + j) % 17 == 5 ? double.NaN : (1000.0 * j) + (i % 1000) + 0.5));
        NpyArray matrix = NpyFile.Read(path);
        DataTable table = DataTable.Read(path);
        Assert.Equal((rows, columns), (table.Rows, table.ColumnNames.Count));
        for (int j = 0; j < columns; j++)
        {
            ReadOnlySpan<double> column = table.Numbers(j);
            for (int i = 0; i < rows; i++)
            {
                if (BitConverter.DoubleToInt64Bits(column[i]) != BitConverter.DoubleToInt64Bits(matrix.Values[(i * columns) + j]))
                    Assert.Fail($"row {i}, column {j} is {column[i]}, not {matrix.Values[(i * columns) + j]}");
            }
        }
    }

    [Theory]
    [InlineData("<f4", false)]
    [InlineData("<f8", true)]
    public void AnInfiniteValueIsNamed(string type, bool fortran)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npy");
        File.WriteAllBytes(path, Bytes(type, fortran, 9001, 4, (i, j) => (i, j) == (8765, 2) ? double.NegativeInfinity : i == 7 ? double.NaN : 1));
        string message = Assert.Throws<InputException>(() => DataTable.Read(path)).Message;
        Assert.Contains("row 8766, column 'x2' holds -Infinity", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, "cut off")]
    [InlineData(1, "more in the file")]
    public void AFileOfAnotherLengthIsRefused(int bytes, string says)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npy");
        byte[] whole = Bytes("<f4", false, 100, 4, (i, j) => i);
        Array.Resize(ref whole, whole.Length + bytes);
        File.WriteAllBytes(path, whole);
        Assert.Contains(says, Assert.Throws<InputException>(() => DataTable.Read(path)).Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string type, bool fortran, int rows, int columns, Func<int, int, double> value)
    {
        using var stream = new MemoryStream();
        stream.Write(new NpyHeader(type, fortran, [rows, columns]).ToBytes());
        int size = type[^1] - '0';
        byte[] bytes = new byte[size];
        for (int e = 0; e < rows * columns; e++)
        {
            double v = fortran ? value(e % rows, e / rows) : value(e / columns, e % columns);
            if (size == 4)
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)v);
            else
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, v);
            if (type[0] == '>')
                Array.Reverse(bytes);
            stream.Write(bytes);
        }
        return stream.ToArray();
    }
}
