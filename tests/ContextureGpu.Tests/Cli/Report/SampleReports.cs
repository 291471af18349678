using System.Globalization;
using ContextureGpu.Cli;

namespace ContextureGpu.Tests.Cli;

/// <summary>Pages of small fits and evaluations whose names are as hostile as names can be.</summary>
internal static class SampleReports
{
    /// <summary>What a page must show as text.</summary>
    public const string Hostile = "</title></svg><script>alert(1)</script><img src=http://example.com/x.png onerror=alert(1)>\"'&`|*_[a](b)";

    private static readonly string[] Classes = ["<b>first</b>", "second & last", "a class with a name so long that no telephone has room for it on one line"];

    /// <summary>150 rows of three clusters; a class and a quantity.</summary>
    public static DataTable Table(int rows = 150)
    {
        var random = new Random(7);
        var text = new StringWriter();
        text.Write($"x,y,z,\"{Hostile.Replace("\"", "\"\"", StringComparison.Ordinal)}\",quantity\n");
        for (int i = 0; i < rows; i++)
        {
            int c = i % 3;
            double x = c + random.NextDouble(), y = (2 * random.NextDouble()) - c;
            text.Write(string.Create(CultureInfo.InvariantCulture, $"{x:f4},{y:f4},{random.NextDouble():f4},\"{Classes[c]}\",{x * y:f4}\n"));
        }
        using var reader = new StringReader(text.ToString());
        return DataTable.ReadText(reader, $"{Hostile}.csv", ',');
    }

    /// <summary>A fit.</summary>
    public static ReportPage Fit(ContextureEngine engine)
    {
        DataTable table = Table();
        SpectralModel model = engine.Fit(table, Context.Knn(9), new PreprocessingOptions { Exclude = [Hostile, "quantity"] }, new SpectralOptions { Dimension = 12 });
        return FitReport.Of(
            model, table.Source, TargetView.Of(table, Hostile), [("device", Hostile)], [("fit", 0.25)], [$"a warning about {Hostile}"], ShellCommand.Of(["fit", $"{Hostile}.csv", "--context", "knn(k=9)"]));
    }

    /// <summary>An evaluation of one context.</summary>
    public static ReportPage Evaluation(ContextureEngine engine) => Evaluated(engine, null, Context.Knn(9));

    /// <summary>An evaluation of three contexts.</summary>
    public static ReportPage Ranking(ContextureEngine engine) => Evaluated(engine, null, Context.Knn(9), Context.Rbf(0.5), Context.Knn(3) * Context.Rbf(4));

    /// <summary>A sweep.</summary>
    public static ReportPage Sweep(ContextureEngine engine) => Evaluated(engine, [3, 9, 27, 81], Context.Knn(3), Context.Knn(9), Context.Knn(27), Context.Knn(81));

    private static ReportPage Evaluated(ContextureEngine engine, double[]? levels, params Context[] contexts)
    {
        DataTable table = Table();
        EvaluationTarget[] targets = [EvaluationTarget.From(table, Hostile), EvaluationTarget.From(table, "quantity")];
        return EvaluationReport.Of(new EvaluationContent
        {
            Ranked = [.. contexts.Select(c => engine.Evaluate(table, c, targets, new EvaluationOptions { MaxDimension = 40 }))],
            Source = table.Source,
            Command = ShellCommand.Of(["evaluate", table.Source]),
            Target = TargetView.Of(table, Hostile),
            Facts = [("device", Hostile)],
            Warnings = [$"a warning about {Hostile}"],
            Levels = levels,
            Level = "k",
        });
    }
}
