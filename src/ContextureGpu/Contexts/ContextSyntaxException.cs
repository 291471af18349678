namespace ContextureGpu;

/// <summary>
/// The text of a context was refused. The message shows the text with a caret under the column and says what was expected there.
/// </summary>
public sealed class ContextSyntaxException : InputException
{
    private const int ShownBefore = 60, ShownAfter = 40;

    internal ContextSyntaxException(string text, int column, string problem)
        : base($"context expression, column {ContextText.Number(column)}: {problem}\n{Excerpt(text, column - 1)}")
    {
        Column = column;
    }

    /// <summary>The column of the character at fault, from 1; one past the end of the text where something is missing there.</summary>
    public int Column { get; }

    // The text around a position on one line, and on the next one a caret under it.
    private static string Excerpt(string text, int position)
    {
        int start = Math.Max(0, position - ShownBefore), end = Math.Min(text.Length, position + ShownAfter);
        string before = start > 0 ? "..." : "", after = end < text.Length ? "..." : "";
        string shown = string.Concat(text.AsSpan(start, end - start).ToString().Select(c => char.IsControl(c) ? ' ' : c));
        return $"  {before}{shown}{after}\n  {new string(' ', before.Length + position - start)}^";
    }
}
