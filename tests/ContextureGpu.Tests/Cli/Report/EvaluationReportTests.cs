using ContextureGpu.Cli;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The page of <c>evaluate --report</c>.</summary>
public sealed class EvaluationReportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Evaluate_writes_the_page()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(2);
        string data = folder.File("some data.csv"), page = folder.File("r.html");
        await File.WriteAllLinesAsync(data, ["a,b,class", .. Enumerable.Range(0, 80).Select(i => FormattableString.Invariant($"{(i % 2) + random.NextDouble():f4},{random.NextDouble():f4},{"xy"[i % 2]}"))], Token);
        (int code, _, string errors) = await Program.Run(
            "", "evaluate", data, "--context", "knn(k=5)", "--context", "rbf(gamma=1)", "--context", "rbf(gamma=9)", "--target", "class", "--max-dim", "15", "--device", "cpu", "--quiet", "--report", page);
        Assert.True(code == 0, errors);
        string html = await File.ReadAllTextAsync(page, Token);
        foreach (string part in new[]
        {
            "Best of 3: ", "The contexts, best first", "tau and error of the contexts", "knn(k=5): Association", "rbf(gamma=9): class", "Features and certificate", "worst case over compatible tasks",
            "How it was computed", "contexture evaluate &#39;", "--context &#39;knn(k=5)&#39;",
        })
            Assert.Contains(part, html, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);

        (code, _, errors) = await Program.Run("", "evaluate", data, "--context", "knn(k=5)", "--report", data);
        Assert.Equal(2, code);
        Assert.Contains("same file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_has_its_curves_in_the_order_of_the_levels()
    {
        using var engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Plot[] plots = [.. SampleReports.Sweep(engine).Sections[0].Blocks.OfType<ReportFigure>().Select(f => f.Plot)];
        Assert.Equal(["error against k", "tau against k", "decay against k"], plots.Select(p => p.Title));
        foreach (Plot plot in plots)
            Assert.Equal([3, 9, 27, 81], Assert.IsType<PlotLine>(plot.Series[0]).Points.Select(p => p.X));
        // More neighbours are a weaker association and a faster decay.
        double[] decay = [.. ((PlotLine)plots[2].Series[0]).Points.Select(p => p.Y)];
        Assert.Equal(decay.Order(), decay);
    }

    [Fact]
    public void An_encoder_is_said_to_have_learned_what_it_has()
    {
        using var engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        ContextReport report = engine.Evaluate(SampleReports.Table().Without([SampleReports.Hostile]), Context.Knn(9), [], new EvaluationOptions { MaxDimension = 20 }, cancellationToken: Token);
        EncoderReport encoder = engine.EvaluateEncoder(new FeatureSpan(report.Model.Features, report.Model.Rows, report.Model.Dimension), report.Model, cancellationToken: Token);
        ReportPage page = EvaluationReport.Of(new EvaluationContent { Ranked = [report], Encoders = [encoder], Source = "s", Command = "c" });
        ReportFacts facts = Assert.Single(page.Sections.Single(s => s.Heading == "The encoder").Blocks.OfType<ReportFacts>());
        Assert.Equal(FormattableString.Invariant($"{report.Model.Dimension}"), facts.Facts[0].Value);
    }

    [Fact]
    public void The_swept_parameter_is_named()
    {
        Assert.Equal("k", EvaluationRun.Parameter("knn(k=5..150 log 12)"));
        Assert.Equal("gamma", EvaluationRun.Parameter("knn(k=3) * rbf(gamma=0.1..2 5)"));
    }
}
