namespace ContextureGpu;

/// <summary>Cuts a stream of text into blocks of whole lines, for several threads that take one after the other.</summary>
/// <param name="stream">The text, from its beginning; read under a lock, not closed.</param>
internal sealed class LineBlocks(Stream stream)
{
    /// <summary>Bytes of a block; a line may be as long.</summary>
    public const int Size = 1 << 19;

    private readonly Lock _lock = new();
    private byte[] _rest = [], _lineEnd = [];
    private long _lines;
    private bool _ended;

    /// <summary>What ends the first line, LF or CR LF; known when a block was taken.</summary>
    public ReadOnlySpan<byte> LineEnd => _lineEnd;

    /// <summary>A buffer for <see cref="TryTake"/>.</summary>
    public static byte[] Buffer() => GC.AllocateUninitializedArray<byte>(Size + 2);

    /// <summary>Takes the next block.</summary>
    /// <param name="buffer">What <see cref="Buffer"/> made; filled.</param>
    /// <param name="block">What was taken.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidDataException">A line does not fit a block.</exception>
    public bool TryTake(byte[] buffer, out LineBlock block)
    {
        lock (_lock)
        {
            block = default;
            if (_ended)
                return false;
            _rest.CopyTo(buffer, 0);
            int filled = _rest.Length + stream.ReadAtLeast(buffer.AsSpan(_rest.Length, Size - _rest.Length), Size - _rest.Length, throwOnEndOfStream: false);
            _ended = filled < Size;
            if (filled == 0)
                return false;
            if (_lines == 0)
                _lineEnd = buffer.AsSpan(0, filled).IndexOf((byte)'\n') is > 0 and int first && buffer[first - 1] == '\r' ? [(byte)'\r', (byte)'\n'] : [(byte)'\n'];
            if (_ended && buffer[filled - 1] != '\n')
            {
                _lineEnd.CopyTo(buffer, filled);
                filled += _lineEnd.Length;
            }
            int length = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (length == 0)
                throw new InvalidDataException("A line is longer than a block.");
            _rest = buffer.AsSpan(length, filled - length).ToArray();
            block = new LineBlock(length, _lines, buffer.AsSpan(0, length).Count((byte)'\n'), _ended);
            _lines += block.Lines;
            return true;
        }
    }
}

/// <summary>A block of whole lines.</summary>
/// <param name="Length">Its bytes; the last is a line feed. A file that ends without one gets the end of its first line.</param>
/// <param name="Above">The lines of the blocks before it.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="IsLast">Whether nothing follows.</param>
internal readonly record struct LineBlock(int Length, long Above, int Lines, bool IsLast);
