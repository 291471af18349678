namespace ContextureGpu.Cli;

/// <summary>What a report says, in the order in which it says it; <see cref="HtmlReport"/> and <see cref="MarkdownReport"/> write it. All texts are plain.</summary>
/// <param name="Title">What was looked at.</param>
/// <param name="Verdict">What was found, in one sentence.</param>
/// <param name="Warnings">What a reader should know before trusting it.</param>
/// <param name="Sections">The rest.</param>
internal sealed record ReportPage(string Title, string Verdict, IReadOnlyList<string> Warnings, IReadOnlyList<ReportSection> Sections);

/// <summary>Blocks under one heading.</summary>
internal sealed record ReportSection(string Heading, IReadOnlyList<ReportBlock> Blocks);

/// <summary>A part of a section.</summary>
internal abstract record ReportBlock;

/// <summary>A paragraph.</summary>
internal sealed record ReportText(string Text) : ReportBlock;

/// <summary>Names and values.</summary>
internal sealed record ReportFacts(IReadOnlyList<(string Name, string Value)> Facts) : ReportBlock;

/// <summary>A table.</summary>
/// <param name="Columns">Headings; as many as each row has cells.</param>
/// <param name="Rows">The cells, row by row.</param>
internal sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportBlock
{
    /// <summary>Where not null, the table is long and lies folded under this text; it is not printed.</summary>
    public string? Folded { get; init; }
}

/// <summary>A plot and a sentence on what it shows.</summary>
internal sealed record ReportFigure(Plot Plot, string Caption) : ReportBlock;

/// <summary>A command to copy.</summary>
internal sealed record ReportCommand(string Command) : ReportBlock;
