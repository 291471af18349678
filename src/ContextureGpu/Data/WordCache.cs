using System.Runtime.InteropServices;

namespace ContextureGpu;

/// <summary>The words that cells of a column turned out to be, by their bytes: most columns of words have few.</summary>
internal sealed class WordCache
{
    private const int Slots = 256, Longest = 2 * sizeof(ulong);

    private readonly (ulong Low, ulong High, int Length, string? Word)[] _recent = new (ulong, ulong, int, string?)[Slots];
    private readonly HashSet<string> _distinct = new(StringComparer.Ordinal);

    /// <summary>Finds the word of a cell that was met lately.</summary>
    /// <param name="cell">The bytes of the cell.</param>
    /// <param name="word">Its word; null if it stands for a missing value.</param>
    public bool TryGet(ReadOnlySpan<byte> cell, out string? word)
    {
        word = null;
        if (cell.Length is 0 or > Longest)
            return cell.IsEmpty;
        (ulong low, ulong high) = Bits(cell);
        ref readonly var slot = ref _recent[Slot(low, high, cell.Length)];
        word = slot.Word;
        return slot.Length == cell.Length && slot.Low == low && slot.High == high;
    }

    /// <summary>Keeps the word of a cell.</summary>
    /// <param name="cell">The bytes of the cell.</param>
    /// <param name="word">Its word; null if it stands for a missing value.</param>
    /// <returns>An equal word, the same object for all equal ones.</returns>
    public string? Add(ReadOnlySpan<byte> cell, string? word)
    {
        if (word is not null && !_distinct.Add(word))
            _distinct.TryGetValue(word, out word);
        if (cell.Length is > 0 and <= Longest)
        {
            (ulong low, ulong high) = Bits(cell);
            _recent[Slot(low, high, cell.Length)] = (low, high, cell.Length, word);
        }
        return word;
    }

    private static (ulong Low, ulong High) Bits(ReadOnlySpan<byte> cell)
    {
        Span<byte> padded = stackalloc byte[Longest];
        padded.Clear();
        cell.CopyTo(padded);
        return (MemoryMarshal.Read<ulong>(padded), MemoryMarshal.Read<ulong>(padded[sizeof(ulong)..]));
    }

    private static int Slot(ulong low, ulong high, int length) => (int)(((low * 0x9E37_79B9_7F4A_7C15) ^ (high * 0xC2B2_AE3D_27D4_EB4F) ^ (ulong)length) >> 56);
}
