using System.Diagnostics;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>What a sweep trains: every combination.</summary>
internal sealed record AlignmentSweepRequest(
    string Data, IReadOnlyList<CovarianceConstraint> Constraints, IReadOnlyList<int> Epochs, IReadOnlyList<int> Widths, IReadOnlyList<int> Depths, int Seeds, double LearningRate,
    int? Batch, int Draws, string? Trainings, string? Plot);

/// <summary>
/// The alignment of trained encoders with the exact eigenfunctions on abalone over widths, depths and seeds (Zhai, "Contextures", 2025, chapter 3; theory.md section 7). Published, with VICReg
/// penalties: at depth 3 the best width is 512, and neither wider nor deeper is better.
/// </summary>
internal static class AlignmentSweep
{
    private static readonly Measure[] Measures = [new("R2_CCA", c => c.CcaR2, AlignmentTask.PublishedCcaR2), new("mutual kNN", c => c.MutualKnn, AlignmentTask.PublishedMutualKnn)];

    /// <summary>Runs it.</summary>
    public static int Run(AlignmentSweepRequest sweep, ExperimentRequest request, CancellationToken cancellationToken)
    {
        OutputFiles.Check(
            [sweep.Data], ("--trainings", sweep.Trainings), ("--plot", sweep.Plot), ("--report", request.Report), ("--markdown", request.Markdown));
        int[] widths = Sorted(sweep.Widths, 1, "--widths"), depths = Sorted(sweep.Depths, 0, "--depths"), epochs = Sorted(sweep.Epochs, 1, "--epochs");
        CovarianceConstraint[] constraints = [.. sweep.Constraints.Distinct()];
        return Experiment.Run("abalone-alignment", request, [sweep.Data], engine =>
        {
            using var task = new AlignmentTask(engine, sweep.Data, request.Seed, cancellationToken);
            string settings = FormattableString.Invariant(
                $"{task.Rows} rows, split {request.Seed}, learning rate {sweep.LearningRate}, {Batches(sweep.Batch, sweep.Draws)}");
            var ledger = new AlignmentLedger(sweep.Trainings, settings);
            AlignmentTraining[] all =
            [
                .. from constraint in constraints from e in epochs from width in widths from depth in depths from seed in Enumerable.Range(0, sweep.Seeds)
                   select new AlignmentTraining(constraint, e, width, depth, request.Seed + (ulong)seed),
            ];
            Train(task, ledger, all, sweep, cancellationToken);

            List<Cell> cells = [.. all.GroupBy(t => t with { Seed = 0 }).Select(g => new Cell(g.Key, [.. g.Select(t => ledger[t]!)]))];
            Cell best = cells.MaxBy(c => c.CcaR2.Mean)!;
            List<ReportFigure> figures = Figures(cells, constraints, epochs, widths, depths);
            if (sweep.Plot is { } file)
                AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(PlotFile.Render(figures[0].Plot))));
            return new ReportPage(
                "Trained encoders against the exact eigenfunctions: abalone",
                FormattableString.Invariant($"R2_CCA is {best.CcaR2.Mean:f3} at best, with {Name(best.Training)} (published, with VICReg penalties: up to {AlignmentTask.PublishedCcaR2}, at width 512 and depth 3)."),
                [],
                [
                    new ReportSection("Alignment", [
                        new ReportText(FormattableString.Invariant($"knn(k=30), {settings}, {task.HeldOut} rows held out; {AlignmentTask.Dimension} features of {AlignmentTask.Outputs} outputs, tanh, skip connections; {(sweep.Seeds == 1 ? "one seed" : FormattableString.Invariant($"mean ± standard error over {sweep.Seeds} seeds"))}. R2_CCA is over all {AlignmentTask.Dimension} exact functions: what an encoder of a lower rank lacks counts as 0. Ratio trace: the sum of the estimated s² over that of the exact ones.")),
                        new ReportTable(
                            ["constraint", "steps", "width", "depth", "R2_CCA", "mutual kNN", "ratio trace", "held out: R2_CCA", "mutual kNN", "seconds"],
                            [.. cells.Select(c => c.Row()), ["published (VICReg)", "", "512", "3", FormattableString.Invariant($"up to {AlignmentTask.PublishedCcaR2}"), FormattableString.Invariant($"above {AlignmentTask.PublishedMutualKnn}"), "", "", "", ""]]),
                    ]),
                    new ReportSection("Plots", figures),
                ]);
        });
    }

    /// <summary>The word of the command line for a constraint.</summary>
    public static string Word(CovarianceConstraint constraint) => constraint switch
    {
        CovarianceConstraint.Whiten => "whiten",
        CovarianceConstraint.VicReg => "vicreg",
        _ => "lagrangian",
    };

    /// <summary>What a step takes, in words.</summary>
    public static string Batches(int? batch, int draws) =>
        batch is not int pairs ? "all rows in a step" : draws == 2 ? FormattableString.Invariant($"batches of {pairs} pairs") : FormattableString.Invariant($"batches of {pairs} times {draws} draws");

    private static void Train(AlignmentTask task, AlignmentLedger ledger, AlignmentTraining[] all, AlignmentSweepRequest sweep, CancellationToken cancellationToken)
    {
        double left = all.Where(t => ledger[t] is null).Sum(Work), done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < all.Length; i++)
        {
            AlignmentTraining t = all[i];
            if (ledger[t] is not null)
                continue;
            var options = new EncoderOptions
            {
                Width = t.Width,
                Depth = t.Depth,
                Constraint = t.Constraint,
                LearningRate = sweep.LearningRate,
                Epochs = t.Epochs,
                Batch = sweep.Batch,
                Draws = sweep.Draws,
                Seed = t.Seed,
            };
            AlignmentScore score = task.Train(options, null, cancellationToken);
            ledger.Add(t, score);
            (left, done) = (left - Work(t), done + Work(t));
            double remaining = Stopwatch.GetElapsedTime(start).TotalSeconds * left / done;
            Experiment.Say(FormattableString.Invariant($"{i + 1} of {all.Length}: {Name(t)}, seed {t.Seed}: R2_CCA {score.CcaR2:f4}, mutual kNN {score.MutualKnn:f4}, {score.Seconds:f0} s; about {remaining:f0} s left"));
        }

        // Multiplications for each row of a step: three products with each matrix of the network, and four with moments in float64, which cost twice as much.
        static double Work(AlignmentTraining t) =>
            t.Epochs * ((3.0 * t.Width * ((Math.Max(0, t.Depth - 1) * t.Width) + AlignmentTask.Outputs)) + (6.0 * AlignmentTask.Outputs * AlignmentTask.Outputs));
    }

    // Against the width, a line for each depth; against the steps at each width and depth, a line for each constraint.
    private static List<ReportFigure> Figures(List<Cell> cells, CovarianceConstraint[] constraints, int[] epochs, int[] widths, int[] depths)
    {
        var figures = new List<ReportFigure>();
        foreach (Measure measure in Measures)
        {
            foreach ((CovarianceConstraint constraint, int e) in from constraint in constraints from e in epochs where widths.Length > 1 select (constraint, e))
            {
                figures.Add(Figure(
                    FormattableString.Invariant($"{measure.Name} against the width, {Word(constraint)}, {e} epochs"), new PlotAxis("width", AxisScale.Logarithmic), measure, widths,
                    [.. depths.Select(d => (FormattableString.Invariant($"depth {d}"), cells.Where(c => c.Training.Constraint == constraint && c.Training.Epochs == e && c.Training.Depth == d)))]));
            }
            foreach ((int width, int depth) in from width in widths from depth in depths where epochs.Length > 1 || widths.Length == 1 select (width, depth))
            {
                figures.Add(Figure(
                    FormattableString.Invariant($"{measure.Name} against the epochs, width {width}, depth {depth}"), new PlotAxis("epochs", AxisScale.Logarithmic), measure, epochs,
                    [.. constraints.Select(k => (Word(k), cells.Where(c => c.Training.Constraint == k && c.Training.Width == width && c.Training.Depth == depth)))]));
            }
        }
        return figures;

        static ReportFigure Figure(string title, PlotAxis x, Measure measure, int[] positions, (string Name, IEnumerable<Cell> Cells)[] lines)
        {
            double[] places = [.. positions.Select(p => (double)p)];
            PlotSeries[] series =
            [
                .. lines.Select(l => Repeated.Curve(l.Name, places, [.. l.Cells.Select(measure.Of)])),
                new PlotLine("published", [(places[0], measure.Published), (places[^1], measure.Published)]),
            ];
            return new ReportFigure(new Plot(title, x, new PlotAxis(measure.Name), series), "The dashed or dotted line without points is the published value, with VICReg penalties.");
        }
    }

    private static string Name(AlignmentTraining t) => FormattableString.Invariant($"{Word(t.Constraint)}, {t.Epochs} epochs, width {t.Width}, depth {t.Depth}");

    private static int[] Sorted(IReadOnlyList<int> values, int least, string option)
    {
        if (values.Count == 0 || values.Min() < least)
            throw new InputException($"{option} has {(values.Count == 0 ? "no value" : FormattableString.Invariant($"the value {values.Min()}"))}; values of at least {least} were expected");
        return [.. values.Distinct().Order()];
    }

    // What is plotted, and the published value.
    private sealed record Measure(string Name, Func<Cell, Repeated> Of, double Published);

    // The seeds of one combination.
    private sealed record Cell(AlignmentTraining Training, AlignmentScore[] Scores)
    {
        public Repeated CcaR2 => Of(s => s.CcaR2);

        public Repeated MutualKnn => Of(s => s.MutualKnn);

        public string[] Row() =>
        [
            Word(Training.Constraint), FormattableString.Invariant($"{Scores[0].Steps}"), FormattableString.Invariant($"{Training.Width}"), FormattableString.Invariant($"{Training.Depth}"), Shown(CcaR2), Shown(MutualKnn),
            Shown(Of(s => s.RatioTrace)), Shown(Of(s => s.HeldOutCcaR2)), Shown(Of(s => s.HeldOutMutualKnn)), FormattableString.Invariant($"{Scores.Average(s => s.Seconds):f0}"),
        ];

        private Repeated Of(Func<AlignmentScore, double> value) => Repeated.Of([.. Scores.Select(value)]);

        private string Shown(Repeated value) => Scores.Length == 1 ? FormattableString.Invariant($"{value.Mean:f3}") : FormattableString.Invariant($"{value.Mean:f3} ± {value.StandardError:f3}");
    }
}
