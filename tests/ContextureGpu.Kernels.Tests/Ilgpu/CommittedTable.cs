using System.Text;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>A table about the kernels, kept in the repository so that a change of it is seen in review.</summary>
internal static class CommittedTable
{
    private const string Accept = "CONTEXTURE_ACCEPT_KERNELS";

    /// <summary>Compares with the file of that name in this folder, or renews it where the environment says so.</summary>
    public static void Check(string name, string about, IEnumerable<string> columns, IEnumerable<(string Row, IEnumerable<object> Values)> rows)
    {
        string file = Path.Combine(Repository.Root, "tests", "ContextureGpu.Kernels.Tests", "Ilgpu", name);
        string actual = Format(about, [.. columns], rows);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, actual);
        string agreed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        string[] before = agreed.Split('\n'), after = actual.Split('\n');
        string[] differences = [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")];
        Assert.True(differences.Length == 0,
            $"""
            The code generated for the kernels has changed, see {name}:
            {string.Join('\n', differences)}
            If that is meant, accept it with one command from the root of the repository:
            {Accept}=1 dotnet run -c Release --project tests/ContextureGpu.Kernels.Tests -- -class "*KernelSummaryTests"
            """);
    }

    private static string Format(string about, string[] columns, IEnumerable<(string Row, IEnumerable<object> Values)> rows)
    {
        var page = new StringBuilder();
        page.Append(about).Append(" Written by KernelSummaryTests.\n\n");
        page.Append("| kernel | ").AppendJoin(" | ", columns).Append(" |\n|---|").Insert(page.Length, "---|", columns.Length).Append('\n');
        foreach ((string row, IEnumerable<object> values) in rows)
            page.Append("| ").Append(row).Append(" | ").AppendJoin(" | ", values).Append(" |\n");
        return page.ToString();
    }
}
