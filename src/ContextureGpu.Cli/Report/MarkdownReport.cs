using System.Globalization;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>A report as Markdown (GitHub's tables): everything but the plots, of which it has the words.</summary>
internal static class MarkdownReport
{
    private const string Special = "\\`*_{}[]<>|~$&";

    /// <summary>The text.</summary>
    public static string Render(ReportPage page)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(Escape(page.Title)).Append("\n\n**").Append(Escape(page.Verdict)).Append("**\n");
        foreach (string warning in page.Warnings)
            text.Append("\n> ").Append(Escape(warning)).Append('\n');
        foreach (ReportSection section in page.Sections)
        {
            text.Append("\n## ").Append(Escape(section.Heading)).Append('\n');
            foreach (ReportBlock block in section.Blocks)
                Append(text.Append('\n'), block);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, ReportBlock block)
    {
        switch (block)
        {
            case ReportText paragraph:
                text.Append(Escape(paragraph.Text)).Append('\n');
                break;
            case ReportFacts facts:
                foreach ((string name, string value) in facts.Facts)
                    text.Append(CultureInfo.InvariantCulture, $"- {Escape(name)}: {Escape(value)}\n");
                break;
            case ReportTable table:
                AppendRow(text, table.Columns);
                text.Append('|').Insert(text.Length, "---|", table.Columns.Count).Append('\n');
                foreach (IReadOnlyList<string> row in table.Rows)
                    AppendRow(text, row);
                break;
            case ReportFigure figure:
                text.Append(CultureInfo.InvariantCulture, $"*{Escape(figure.Plot.Title)}*: {Escape(figure.Caption)} ({Escape(figure.Plot.Description)})\n");
                break;
            case ReportCommand command:
                // A fence longer than any run of back quotes within.
                string fence = new('`', Math.Max(3, LongestRun(command.Command, '`') + 1));
                text.Append(CultureInfo.InvariantCulture, $"{fence}\n{command.Command}\n{fence}\n");
                break;
            default:
                throw new ArgumentException($"{block.GetType().Name} cannot be written", nameof(block));
        }
    }

    private static void AppendRow(StringBuilder text, IReadOnlyList<string> cells)
    {
        text.Append('|');
        foreach (string cell in cells)
            text.Append(' ').Append(Escape(cell)).Append(" |");
        text.Append('\n');
    }

    private static int LongestRun(string text, char letter)
    {
        int longest = 0, run = 0;
        foreach (char c in text)
            longest = Math.Max(longest, run = c == letter ? run + 1 : 0);
        return longest;
    }

    // One line; what could mean something is preceded by a backslash, and so is what would begin a list or a heading.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = char.IsControl(text[i]) ? ' ' : text[i];
            bool begins = i == 0 && (c is '-' or '+' or '#') && (text.Length == 1 || text[1] is ' ' or '#');
            if (begins || Special.Contains(c, StringComparison.Ordinal))
                escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }
}
