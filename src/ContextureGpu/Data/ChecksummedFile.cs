using System.Security.Cryptography;
using System.Text;

namespace ContextureGpu;

/// <summary>A file of eight letters, a version, the length of its body, the body's SHA-256, and the body. It appears whole or not at all; damage is found when it is read.</summary>
internal static class ChecksummedFile
{
    private const int HeaderLength = 8 + 4 + 8 + 32, BufferLength = 1 << 20;

    /// <summary>Writes one.</summary>
    /// <exception cref="InputException">It cannot be written there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> magic, int version, Action<BinaryWriter> body)
    {
        byte[] letters = magic.ToArray();
        AtomicFile.Write(path, stream =>
        {
            // The body first, its length and checksum when they are known.
            stream.Position = HeaderLength;
            using var hash = SHA256.Create();
            using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            using (var buffered = new BufferedStream(hashed, BufferLength))
            using (var writer = new BinaryWriter(buffered, Encoding.UTF8))
                body(writer);
            long length = stream.Position - HeaderLength;
            stream.Position = 0;
            using var header = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            header.Write(letters);
            header.Write(version);
            header.Write(length);
            header.Write(hash.Hash!);
        });
    }

    /// <summary>Whether a file begins with the letters; false where there is none.</summary>
    public static bool Begins(string path, ReadOnlySpan<byte> magic)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> first = stackalloc byte[magic.Length];
            return file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && first.SequenceEqual(magic);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The body of one.</summary>
    /// <param name="path">Where.</param>
    /// <param name="magic">Its letters.</param>
    /// <param name="version">Its version.</param>
    /// <param name="what">What the file is called in a refusal, as in "encoder".</param>
    /// <exception cref="InputException">It cannot be read, is something else, of another version, or damaged.</exception>
    public static byte[] Read(string path, ReadOnlySpan<byte> magic, int version, string what)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using var reader = new BinaryReader(file, Encoding.UTF8);
            if (file.Length < HeaderLength || !reader.ReadBytes(magic.Length).AsSpan().SequenceEqual(magic))
                throw new InputException($"{path}: this is no {what} file");
            int found = reader.ReadInt32();
            if (found != version)
                throw new InputException($"{path}: the {what} has format version {found}; this program reads version {version}");
            long length = reader.ReadInt64();
            if (length != file.Length - HeaderLength || length > Array.MaxLength)
                throw new InputException($"{path}: the file is cut off or has something behind its end");
            byte[] checksum = reader.ReadBytes(32), body = reader.ReadBytes((int)length);
            return SHA256.HashData(body).AsSpan().SequenceEqual(checksum) ? body : throw new InputException($"{path}: the checksum does not fit; the file is damaged");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"{path}: {error.Message}", error);
        }
    }
}
