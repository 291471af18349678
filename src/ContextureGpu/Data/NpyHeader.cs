using System.Globalization;
using System.Text;

namespace ContextureGpu;

/// <summary>
/// The header of a NumPy array file (NEP 1, "A Simple File Format for NumPy Arrays"): the magic word, the version, and a Python dictionary with the
/// element type, the order and the shape.
/// </summary>
/// <param name="ElementType">As in <c>&lt;f4</c>: byte order, kind, bytes.</param>
/// <param name="FortranOrder">Whether columns follow each other, rather than rows.</param>
/// <param name="Shape">The sizes.</param>
internal sealed record NpyHeader(string ElementType, bool FortranOrder, long[] Shape)
{
    private const int Alignment = 64, LongestAccepted = 1 << 20, GrowthDigits = 21;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header and leaves the stream at the first value.</summary>
    public static NpyHeader Read(Stream stream, string source)
    {
        Span<byte> start = stackalloc byte[8];
        if (stream.ReadAtLeast(start, 8, throwOnEndOfStream: false) < 8 || !start[..6].SequenceEqual(Magic))
            throw new InputException($"{source}: this is no .npy file (it does not begin with the mark of one)");
        (int major, int minor) = (start[6], start[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw new InputException($"{source}: version {major}.{minor} of the .npy format is not known; 1.0, 2.0 and 3.0 are");

        int lengthBytes = major == 1 ? 2 : 4;
        Span<byte> lengthField = stackalloc byte[4];
        lengthField.Clear();
        if (stream.ReadAtLeast(lengthField[..lengthBytes], lengthBytes, throwOnEndOfStream: false) < lengthBytes)
            throw CutOff(source);
        uint length = lengthField[0] | (uint)lengthField[1] << 8 | (uint)lengthField[2] << 16 | (uint)lengthField[3] << 24;
        if (length > LongestAccepted || (stream.CanSeek && length > stream.Length - stream.Position))
            throw new InputException($"{source}: the header says that it is {length} bytes long, which the file or good sense does not allow");
        byte[] text = new byte[length];
        if (stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length)
            throw CutOff(source);
        return new Parser(Encoding.Latin1.GetString(text), source).Header();
    }

    /// <summary>The bytes NumPy writes in front of the values: padded so that they begin at a multiple of 64, with room for the first size to grow.</summary>
    public byte[] ToBytes()
    {
        string[] sizes = [.. Shape.Select(n => n.ToString(CultureInfo.InvariantCulture))];
        string shape = sizes.Length == 1 ? $"({sizes[0]},)" : $"({string.Join(", ", sizes)})";
        string dictionary = $"{{'descr': '{ElementType}', 'fortran_order': {(FortranOrder ? "True" : "False")}, 'shape': {shape}, }}";
        if (sizes.Length > 0)
            dictionary += new string(' ', GrowthDigits - sizes[FortranOrder ? ^1 : 0].Length);
        int unpadded = Magic.Length + 4 + dictionary.Length + 1;
        int padding = Alignment - unpadded % Alignment;
        int length = dictionary.Length + padding + 1;
        return [.. Magic, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(dictionary), .. Enumerable.Repeat((byte)' ', padding), (byte)'\n'];
    }

    private static InputException CutOff(string source) => new($"{source}: the file ends inside its header");

    /// <summary>The small part of Python that a header may be written in: a dictionary of texts, truth values, and tuples of whole numbers.</summary>
    private sealed class Parser(string text, string source)
    {
        private int _at;

        public NpyHeader Header()
        {
            (string? descr, bool? order, long[]? shape) = (null, null, null);
            Expect('{');
            while (!Take('}'))
            {
                string key = Text();
                Expect(':');
                if (key == "descr" && descr is null)
                    descr = ElementType();
                else if (key == "fortran_order" && order is null)
                    order = Truth();
                else if (key == "shape" && shape is null)
                    shape = Sizes();
                else
                    throw Malformed($"the key {Naming.Quote(key)} is unknown or comes twice");
                if (!Take(','))
                {
                    Expect('}');
                    break;
                }
            }
            Space();
            if (_at != text.Length)
                throw Malformed("something follows the closing brace");
            return descr is not null && order is not null && shape is not null
                ? new NpyHeader(descr, order.Value, shape)
                : throw Malformed("one of the keys descr, fortran_order and shape is missing");
        }

        private string ElementType()
        {
            Space();
            if (_at < text.Length && text[_at] is '[' or '(')
                throw new InputException($"{source}: the values are records of several fields; only float32 and float64 are read, as array.astype('float32') makes them");
            return Text();
        }

        private bool Truth() => Word("True") || (Word("False") ? false : throw Malformed("True or False is needed for fortran_order"));

        private long[] Sizes()
        {
            List<long> sizes = [];
            Expect('(');
            while (!Take(')'))
            {
                sizes.Add(Whole());
                if (sizes.Count > 32) // NumPy's own limit when the format was made
                    throw Malformed("the shape has too many sizes");
                if (!Take(','))
                {
                    Expect(')');
                    break;
                }
            }
            return [.. sizes];
        }

        private long Whole()
        {
            Space();
            int start = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
            if (!long.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                throw Malformed("a size of the shape is no whole number that could be one");
            if (_at < text.Length && text[_at] == 'L') // as Python 2 wrote it
                _at++;
            return value;
        }

        private string Text()
        {
            Space();
            if (_at >= text.Length || text[_at] is not ('\'' or '"'))
                throw Malformed("a text in quotes is needed");
            int end = text.IndexOf(text[_at], _at + 1);
            if (end < 0)
                throw Malformed("a quote is not closed");
            string value = text[(_at + 1)..end];
            _at = end + 1;
            return value;
        }

        private bool Word(string word)
        {
            Space();
            if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
                return false;
            _at += word.Length;
            return true;
        }

        private bool Take(char c)
        {
            Space();
            if (_at >= text.Length || text[_at] != c)
                return false;
            _at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!Take(c))
                throw Malformed($"'{c}' is needed");
        }

        private void Space()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\r' or '\t')
                _at++;
        }

        private InputException Malformed(string why) => new($"{source}: the header of the .npy file is malformed at its character {_at + 1}: {why}");
    }
}
