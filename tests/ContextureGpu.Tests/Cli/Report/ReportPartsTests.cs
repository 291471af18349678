using System.Diagnostics;
using ContextureGpu.Cli;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The command to repeat, the thinning of rows, the Markdown.</summary>
public sealed class ReportPartsTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "''")]
    [InlineData("knn(k=30)", "'knn(k=30)'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("a\tb'c\\", @"$'a\x09b\'c\\'")]
    public void Arguments_are_quoted_where_they_must_be(string argument, string quoted) => Assert.Equal(quoted, ShellCommand.Quote(argument));

    [Fact]
    public async Task A_shell_takes_the_command_apart_again()
    {
        string[] arguments = ["fit", SampleReports.Hostile, "-", "", "a b", "$HOME", "`id`", "!x", "\\", "*", "~", "a\nb", "\u001b[0m", "é√", "'", "#c", "{a,b}"];
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"export LC_ALL=C.UTF-8; contexture() {{ printf '%s\\0' \"$@\"; }}; {ShellCommand.Of(arguments)}");
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no bash on the path");
            return;
        }
        using (process)
        {
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.Equal(arguments, output.Split('\0')[..^1]);
        }
    }

    [Fact]
    public void The_command_is_the_one_that_was_given()
    {
        string[] arguments = ["fit", "my data.csv", "--context", "knn(k=3)", "--dim=4", "--json"];
        Assert.Equal("contexture fit 'my data.csv' --context 'knn(k=3)' --dim 4 --json", ShellCommand.Of(CommandLine.Parse(arguments)));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 5)]
    [InlineData(6, 5)]
    [InlineData(1_000_003, 8000)]
    [InlineData(int.MaxValue, 100)]
    public void Thinning_keeps_rows_of_the_whole_range(int rows, int most)
    {
        int[] kept = Thinning.Rows(rows, most);
        Assert.Equal(Math.Min(rows, most), kept.Length);
        Assert.Equal(kept, Thinning.Rows(rows, most));
        for (int i = 0; i < kept.Length; i++)
            Assert.InRange(kept[i], (long)i * rows / most, (((long)(i + 1) * rows) - 1) / most);
    }

    [Fact]
    public void Thinning_follows_no_period()
    {
        // One row of each of ten classes in turn, and a tenth of them kept: a fixed step would keep one class only.
        int[] counts = new int[10];
        foreach (int row in Thinning.Rows(100_000, 10_000))
            counts[row % 10]++;
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Markdown_says_the_same()
    {
        var page = new ReportPage("a|b", "is *it*", ["careful"], [
            new ReportSection("numbers", [
                new ReportTable(["x", "y|z"], [["1", "<2>"]]), new ReportFacts([("n", "v_w")]), new ReportCommand("a ``` b"),
                new ReportFigure(new Plot("p", new PlotAxis("x"), new PlotAxis("y"), [new PlotBars("b", [1, 2])]), "c"),
            ]),
        ]);
        Assert.Equal(
            "# a\\|b\n\n**is \\*it\\***\n\n> careful\n\n## numbers\n\n| x | y\\|z |\n|---|---|\n| 1 | \\<2\\> |\n\n- n: v\\_w\n\n````\na ``` b\n````\n\n*p*: c (b: 2 bars, y from 1 to 2)\n",
            MarkdownReport.Render(page));
    }
}
