using System.Globalization;
using System.Text.Json;
using ContextureGpu.Cli;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The experiments on small stand-ins: that they run through, write what was asked for and refuse what they cannot do; the abalone one on its own data.</summary>
public sealed class ExperimentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mask_rates_are_best_inside()
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Program.Run(
            "", "reproduce", "mask-rate", "--rates", "0.05", "0.4", "0.95", "--repeats", "2", "--max-dim", "40", "--device", "cpu", "--seed", "3", "--report", folder.File("r.html"), "--markdown", folder.File("r.md"));
        Assert.True(code == 0, errors);
        Assert.Equal(output, await File.ReadAllTextAsync(folder.File("r.md"), Token));
        Assert.Contains("best mask rate is 0.4, inside", output, StringComparison.Ordinal);
        Assert.Contains("contexture reproduce mask-rate --rates 0.05 0.4 0.95", output, StringComparison.Ordinal);
        Assert.Contains("<svg class=\"plot\"", await File.ReadAllTextAsync(folder.File("r.html"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_alone_tells_no_topic()
    {
        (DataTable table, EvaluationTarget task) = MaskRateExperiment.Sequences(5);
        int rows = table.Rows, columns = table.ColumnNames.Count - 1;
        for (int j = 0; j < columns; j++)
        {
            // Chi-squared of token and topic, 9 degrees of freedom: 27.9 is exceeded once in a thousand times.
            Assert.InRange(ChiSquared([.. table.Texts(j).Select(t => t![0] - 'a')]), 0, 40);
        }
        for (int j = 0; j < columns; j += 2)
            Assert.True(ChiSquared([.. table.Texts(j).Zip(table.Texts(j + 1), (a, b) => (b![0] - a![0] + 4) % 4)]) > 300);

        double ChiSquared(int[] tokens)
        {
            var counts = new double[4, 4];
            for (int i = 0; i < rows; i++)
                counts[tokens[i], task.ClassOf[i]]++;
            double sum = 0;
            for (int a = 0; a < 4; a++)
            {
                for (int b = 0; b < 4; b++)
                {
                    double expected = Enumerable.Range(0, 4).Sum(k => counts[a, k]) * Enumerable.Range(0, 4).Sum(k => counts[k, b]) / rows;
                    sum += (counts[a, b] - expected) * (counts[a, b] - expected) / expected;
                }
            }
            return sum;
        }
    }

    [Fact]
    public async Task Correlations_and_curves_are_computed_for_the_sets_that_are_there()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(11);
        string[] lines = ["a,b,c,Class", .. Enumerable.Range(0, 90).Select(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 2) + random.NextDouble():f4},{random.NextDouble():f4},{random.NextDouble():f4},{"xy"[i % 2]}"))];
        await using (FileStream file = File.Create(folder.File("breast-w.csv.gz")))
        await using (var packed = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest))
            await packed.WriteAsync(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), Token);

        (int code, string output, string errors) = await Program.Run(
            "", "reproduce", "tau-correlation", "--data", folder.Path, "--contexts", "3", "--draws", "3", "--max-dim", "20", "--device", "cpu", "--json");
        Assert.True(code == 0, errors);
        JsonElement table = JsonDocument.Parse(output).RootElement.GetProperty("tables")[0];
        string?[][] rows = [.. table.GetProperty("rows").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray())];
        Assert.Equal(["breast-w", "median"], rows.Select(r => r[0]));
        Assert.Equal(("0.072", "0.255"), (rows[0][4], rows[0][6]));
        Assert.InRange(double.Parse(rows[0][3]!, CultureInfo.InvariantCulture), -1, 1);

        (code, output, errors) = await Program.Run(
            "", "reproduce", "u-shape", "--data", folder.Path, "--sets", "breast-w", "--levels", "3", "--splits", "2", "--max-dim", "20", "--device", "cpu", "--report", folder.File("u.html"));
        Assert.True(code == 0, errors);
        Assert.Equal(2, output.Split('\n').Count(line => line.StartsWith("| breast-w |", StringComparison.Ordinal)));

        (code, _, errors) = await Program.Run("", "reproduce", "u-shape", "--data", folder.Path, "--sets", "nothing");
        Assert.Equal(2, code);
        Assert.Contains("there is no set nothing", errors, StringComparison.Ordinal);
        (code, _, errors) = await Program.Run("", "reproduce", "u-shape", "--data", folder.Path, "--sets", "cmc");
        Assert.Equal(2, code);
        Assert.Contains("holds none of", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Contexts_of_the_four_families_are_all_different()
    {
        (string Family, double Level, Context Context)[] contexts = [.. TauCorrelation.Contexts(700, 35, 50)];
        Assert.Equal(contexts.Length, contexts.Select(c => c.Context).Distinct().Count());
        Assert.Equal(["RBF", "kNN", "masked RBF", "masked kNN"], contexts.Select(c => c.Family).Distinct());
        Assert.Equal(2 * 35, contexts.Count(c => c.Family.EndsWith("RBF", StringComparison.Ordinal)));
        Assert.Equal(140, contexts.Length);
    }

    [Fact]
    public void Counts_are_geometric_and_different()
    {
        Assert.Equal([1, 2, 5, 10, 22, 46, 100], Experiment.DifferentCounts(1, 100, 7));
        Assert.Equal([2, 3, 4, 5, 6, 7, 8], Experiment.DifferentCounts(2, 8, 12));
        int[] many = Experiment.DifferentCounts(2, 40, 35);
        Assert.Equal((35, 2, 40), (many.Distinct().Count(), many[0], many[^1]));
        Assert.Equal(many.Order(), many);
    }

    /// <summary>Numbers that stand for categories become indicators, as the publisher of the set declares them.</summary>
    [Fact]
    public async Task Columns_declared_as_categories_are_taken_as_such()
    {
        using var folder = new TemporaryFolder();
        PublishedSet cmc = PublishedSet.All.Single(s => s.Name == "cmc");
        string[] columns = ["Wifes_age", .. cmc.Categories, cmc.Target];
        await File.WriteAllTextAsync(
            folder.File("cmc.csv"), string.Join('\n', [string.Join(',', columns), .. Enumerable.Range(0, 12).Select(i => string.Join(',', columns.Select((_, j) => (i + j) % 3)))]) + "\n", Token);
        (DataTable table, EvaluationTarget task) = cmc.Read(folder.File("cmc.csv"), 100, 0);
        Assert.Equal(cmc.Categories, table.ColumnNames.Where((_, j) => !table.IsNumeric(j)));
        Assert.Equal(3, task.Classes.Count);
        Assert.Equal(1 + (3 * cmc.Categories.Count), cmc.Sample(table, new PreprocessingOptions()).Dimension);
    }

    [Fact]
    public async Task Association_on_abalone_is_as_published()
    {
        (int code, string output, string errors) = await Program.Run("", "reproduce", "abalone-association", "--data", SharedData.Path("abalone"), "--device", "cpu", "--json");
        Assert.True(code == 0, errors);
        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.GetProperty("tables")[0].GetProperty("rows").EnumerateArray()];
        string[] columns = [.. JsonDocument.Parse(output).RootElement.GetProperty("tables")[0].GetProperty("columns").EnumerateArray().Select(c => c.GetString()!)];
        int shape = Array.IndexOf(columns, "tau_d"), cosine = Array.IndexOf(columns, "cosine with μ₁");
        Assert.Equal(["falls, then rises", "falls, then rises", "falls throughout"], rows.Select(r => r[shape].GetString()));
        Assert.InRange(double.Parse(rows[1][cosine].GetString()!, CultureInfo.InvariantCulture), 0.40, 0.50);
    }
}
