using System.Text;

namespace ContextureGpu;

/// <summary>The texts of numbers, a byte for each character and one or two for the length of each, in pieces that are never moved.</summary>
internal sealed class DigitStore
{
    private const int FirstPiece = 1 << 8, LargestPiece = 1 << 20, LongLength = byte.MaxValue;

    private readonly List<byte[]> _full = [];
    private byte[] _piece = [];
    private int _used;

    /// <summary>Adds a text of ASCII characters, fewer than 65536.</summary>
    public void Add(ReadOnlySpan<char> digits)
    {
        int needed = digits.Length + 3;
        if (_piece.Length - _used < needed)
            Grow(needed);
        Span<byte> to = _piece.AsSpan(_used, needed);
        if (digits.Length < LongLength)
        {
            to[0] = (byte)digits.Length;
            to = to[1..];
            _used += 1 + digits.Length;
        }
        else
        {
            (to[0], to[1], to[2]) = (LongLength, (byte)digits.Length, (byte)(digits.Length >> 8));
            to = to[3..];
            _used += needed;
        }
        Ascii.FromUtf16(digits, to, out _);
    }

    /// <summary>Reads the texts in the order in which they were added.</summary>
    public Reader Read() => new(this);

    // What is left of a piece is cut off, so that a reader knows where to go on.
    private void Grow(int needed)
    {
        int next = Math.Max(needed, Math.Clamp(2 * _piece.Length, FirstPiece, LargestPiece));
        Array.Resize(ref _piece, _used);
        _full.Add(_piece);
        (_piece, _used) = (new byte[next], 0);
    }

    /// <summary>A place in the store.</summary>
    public struct Reader(DigitStore store)
    {
        private int _next, _at;

        /// <summary>The next text, in the memory given, which is long enough.</summary>
        public ReadOnlySpan<char> Next(Span<char> memory)
        {
            byte[] piece = Piece();
            while (_at == piece.Length)
            {
                (_next, _at) = (_next + 1, 0);
                piece = Piece();
            }
            int length = piece[_at++];
            if (length == LongLength)
            {
                length = piece[_at] | (piece[_at + 1] << 8);
                _at += 2;
            }
            int written = Encoding.ASCII.GetChars(piece.AsSpan(_at, length), memory);
            _at += length;
            return memory[..written];
        }

        private readonly byte[] Piece() => _next < store._full.Count ? store._full[_next] : store._piece;
    }
}
