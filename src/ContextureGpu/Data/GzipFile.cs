using System.Buffers.Binary;
using System.IO.Compression;

namespace ContextureGpu;

/// <summary>
/// The unpacked content of a gzip file (RFC 1952), checked against the checksum and the length at its end. <see cref="GZipStream"/> alone lets a file that was
/// cut off pass as a shorter one.
/// </summary>
internal sealed class GzipFile : Stream
{
    private const int Trailer = 8;
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(RemainderOf)];

    private readonly Stream _file;
    private readonly GZipStream _unpacked;
    private uint _state = uint.MaxValue;
    private long _length;
    private bool _verified;

    /// <summary>Unpacks a file.</summary>
    /// <param name="file">The packed file, at its beginning; it must be able to seek, and is not closed.</param>
    public GzipFile(Stream file)
    {
        _file = file;
        _unpacked = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Reads on; the end is reported only of a file that is whole.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = _unpacked.Read(buffer);
        (_state, _length) = (Update(_state, buffer[..read]), _length + read);
        if (read == 0 && !buffer.IsEmpty && !_verified)
            Verify();
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _unpacked.Dispose();
        base.Dispose(disposing);
    }

    private void Verify()
    {
        Span<byte> trailer = stackalloc byte[Trailer];
        if (_file.Length < Trailer)
            throw new InvalidDataException("it is shorter than any gzip file.");
        _file.Position = _file.Length - Trailer;
        _file.ReadExactly(trailer);
        (uint sum, uint length) = (BinaryPrimitives.ReadUInt32LittleEndian(trailer), BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]));
        bool whole = (uint)_length == length && ~_state == sum;
        if (!whole && (length >= _length || ChecksumOfLast(length) != sum)) // a file may be several, one behind the other; the end speaks of the last
            throw new InvalidDataException("what it unpacks to does not fit the checksum and the length at its end.");
        _verified = true;
    }

    private uint ChecksumOfLast(long length)
    {
        _file.Position = 0;
        using var again = new GZipStream(_file, CompressionMode.Decompress, leaveOpen: true);
        byte[] piece = new byte[1 << 16];
        long before = _length - length;
        uint state = uint.MaxValue;
        for (int read = again.Read(piece); read > 0; read = again.Read(piece))
        {
            int skipped = (int)Math.Min(before, read);
            before -= skipped;
            state = Update(state, piece.AsSpan(skipped, read - skipped));
        }
        return ~state;
    }

    private static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        foreach (byte b in bytes)
            state = table[(byte)(state ^ b)] ^ (state >> 8);
        return state;
    }

    /// <summary>The remainder of a byte under division by the polynomial of CRC-32, bits reflected.</summary>
    private static uint RemainderOf(int value)
    {
        uint remainder = (uint)value;
        for (int bit = 0; bit < 8; bit++)
            remainder = (remainder & 1) != 0 ? 0xEDB88320 ^ (remainder >> 1) : remainder >> 1;
        return remainder;
    }
}
