using System.Collections;
using System.Globalization;

namespace ContextureGpu;

/// <summary>One named column of a table: either numbers, where NaN is a missing value, or texts, where null is.</summary>
internal sealed class DataColumn
{
    private readonly ReadOnlyMemory<double> _numbers;

    /// <summary>A column of numbers.</summary>
    public DataColumn(string name, ReadOnlyMemory<double> numbers)
    {
        (Name, _numbers) = (name, numbers);
        IsNumeric = true;
        Texts = new NumberTexts(numbers);
    }

    /// <summary>A column of texts.</summary>
    public DataColumn(string name, string?[] texts) => (Name, Texts) = (name, Array.AsReadOnly(texts));

    public string Name { get; }

    public bool IsNumeric { get; }

    public ReadOnlySpan<double> Numbers => _numbers.Span;

    public IReadOnlyList<string?> Texts { get; }

    /// <summary>The shortest text that reads back as the same number, written when it is asked for.</summary>
    private sealed class NumberTexts(ReadOnlyMemory<double> numbers) : IReadOnlyList<string?>
    {
        public int Count => numbers.Length;

        public string? this[int index] => double.IsNaN(numbers.Span[index]) ? null : numbers.Span[index].ToString("R", CultureInfo.InvariantCulture);

        public IEnumerator<string?> GetEnumerator()
        {
            for (int i = 0; i < numbers.Length; i++)
                yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
