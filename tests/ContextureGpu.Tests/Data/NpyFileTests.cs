using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>NumPy files: what numpy.save writes is read, whatever order and type of float; everything else is refused with the reason.</summary>
public sealed class NpyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Matrices_come_back_and_are_written_as_numpy_writes_them()
    {
        string path = _folder.File("m.npy");
        NpyFile.Write(path, [1f, 2, 3, 4, 5, 6], 2, 3);
        byte[] bytes = File.ReadAllBytes(path);
        // As np.save(f, np.arange(1, 7, dtype='f4').reshape(2, 3)) begins, NumPy 1.24 and 2.0 alike.
        Assert.Equal("\u0093NUMPY\u0001\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + new string(' ', 58) + "\n", Encoding.Latin1.GetString(bytes[..128]));
        Assert.Equal(128 + 24, bytes.Length);
        NpyArray back = NpyFile.Read(path);
        Assert.Equal((2, 3, false), (back.Rows, back.Columns, back.IsDouble));
        Assert.Equal([1, 2, 3, 4, 5, 6], back.Values);
        NpyFile.WriteVector(path, [0.5, -1]);
        back = NpyFile.Read(path);
        Assert.Equal((2, 1, true), (back.Rows, back.Columns, back.IsDouble));
    }

    [Theory]
    [InlineData("<f8", "(2, 3)", false, 1, 2, 3, 4, 5, 6)]
    [InlineData(">f8", "(2, 3)", false, 1, 2, 3, 4, 5, 6)]
    [InlineData("<f4", "(2, 3)", false, 1, 2, 3, 4, 5, 6)]
    [InlineData(">f4", "(2, 3)", false, 1, 2, 3, 4, 5, 6)]
    [InlineData("<f8", "(2, 3)", true, 1, 3, 5, 2, 4, 6)]
    [InlineData(">f4", "(2, 3)", true, 1, 3, 5, 2, 4, 6)]
    public void Every_order_is_read(string type, string shape, bool fortran, params int[] expected)
    {
        NpyArray array = NpyFile.Read(Numbers(type, shape, fortran, 6));
        Assert.Equal((2, 3, type.EndsWith('8')), (array.Rows, array.Columns, array.IsDouble));
        Assert.Equal(expected.Select(v => (double)v), array.Values);
    }

    [Theory]
    [InlineData("<f8", "(2, 3, 1)", 6, "shape (2, 3, 1)")]
    [InlineData("<f8", "()", 1, "shape ()")]
    [InlineData("<f8", "(0, 3)", 0, "nothing in it")]
    [InlineData("<i8", "(2, 3)", 6, "'<i8'")]
    [InlineData("|b1", "(2, 3)", 6, "'|b1'")]
    [InlineData("<c16", "(2, 3)", 6, "'<c16'")]
    [InlineData("<f2", "(2, 3)", 6, "'<f2'")]
    [InlineData("|O", "(2, 3)", 6, "Python objects")]
    [InlineData("<f8", "(2, 3)", 5, "cut off")]
    [InlineData("<f8", "(2, 3)", 7, "more in the file")]
    [InlineData("<f8", "(99999, 99999999)", 6, "more than")]
    [InlineData("<f8", "(-2, 3)", 6, "no whole number")]
    [InlineData("<f8", "(2, 3", 6, "malformed")]
    public void Everything_else_is_refused(string type, string shape, int values, string words)
    {
        string path = Numbers(type, shape, false, values);
        string message = Assert.Throws<InputException>(() => NpyFile.Read(path)).Message;
        Assert.StartsWith(path + ": ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_and_a_changed_header_is_never_anything_else()
    {
        byte[] whole = File.ReadAllBytes(Numbers("<f8", "(2, 3)", false, 6));
        string path = _folder.File("damaged.npy");
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<InputException>(() => NpyFile.Read(path));
        }
        for (int at = 0; at < 128; at++)
        {
            foreach (byte change in new byte[] { 0x01, 0x10, 0x80 })
            {
                byte[] damaged = [.. whole];
                damaged[at] ^= change;
                File.WriteAllBytes(path, damaged);
                try
                {
                    Assert.Equal(6, NpyFile.Read(path).Values.Length);
                }
                catch (InputException)
                {
                }
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    // A file with the numbers 1, 2, .. in it, its header as written.
    private string Numbers(string type, string shape, bool fortran, int count)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}".PadRight(117) + "\n";
        var bytes = new List<byte>([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header)]);
        var cell = new byte[8];
        for (int i = 1; i <= count; i++)
        {
            switch (type)
            {
                case ">f8":
                    BinaryPrimitives.WriteDoubleBigEndian(cell, i);
                    break;
                case "<f4":
                    BinaryPrimitives.WriteSingleLittleEndian(cell, i);
                    break;
                case ">f4":
                    BinaryPrimitives.WriteSingleBigEndian(cell, i);
                    break;
                default:
                    BinaryPrimitives.WriteDoubleLittleEndian(cell, i);
                    break;
            }
            bytes.AddRange(type.EndsWith("f4", StringComparison.Ordinal) ? cell[..4] : cell);
        }
        return _folder.File("n.npy", [.. bytes]);
    }
}
