using System.Text;

namespace ContextureGpu.Encoders;

/// <summary>
/// One message in the wire format of Protocol Buffers (protobuf.dev, "Encoding"): numbered fields, each a variable-length integer, four bytes, or a length and so many bytes.
/// Bytes that are added are not copied until the message is written.
/// </summary>
internal sealed class ProtobufMessage
{
    private const int VariableLength = 0, LengthFirst = 2, FourBytes = 5;

    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>Bytes of the fields so far.</summary>
    public long Length { get; private set; }

    /// <summary>An integer, a Boolean or a member of an enumeration.</summary>
    public ProtobufMessage Add(int field, long value)
    {
        Tag(field, VariableLength);
        Variable((ulong)value);
        return this;
    }

    /// <summary>A number in float32.</summary>
    public ProtobufMessage Add(int field, float value)
    {
        Tag(field, FourBytes);
        var bytes = new byte[sizeof(float)];
        System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Append(bytes);
        return this;
    }

    /// <summary>A text, in UTF-8.</summary>
    public ProtobufMessage Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Bytes, which must not change before the message is written.</summary>
    public ProtobufMessage Add(int field, ReadOnlyMemory<byte> value)
    {
        Tag(field, LengthFirst);
        Variable((ulong)value.Length);
        Append(value);
        return this;
    }

    /// <summary>A message, as it is now.</summary>
    public ProtobufMessage Add(int field, ProtobufMessage value)
    {
        Tag(field, LengthFirst);
        Variable((ulong)value.Length);
        _parts.AddRange(value._parts);
        Length += value.Length;
        return this;
    }

    /// <summary>Writes the fields.</summary>
    public void WriteTo(Stream stream)
    {
        foreach (ReadOnlyMemory<byte> part in _parts)
            stream.Write(part.Span);
    }

    private void Tag(int field, int wireType) => Variable(((ulong)field << 3) | (uint)wireType);

    // Seven bits a byte, the lowest first; the highest bit of a byte says that more follow.
    private void Variable(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int count = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        Append(bytes[..count].ToArray());
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        _parts.Add(bytes);
        Length += bytes.Length;
    }
}
