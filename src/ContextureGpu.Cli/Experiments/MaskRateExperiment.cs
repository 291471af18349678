using System.Text;
using ContextureGpu.Kernels;
using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>
/// Masked tokens at different rates (Zhai, "Contextures", 2025, on BERT; theory.md section 7), on sequences that it makes: each has a topic that is to be found from its tokens. Published: the
/// best mask rate is neither too high nor too low.
/// </summary>
internal static class MaskRateExperiment
{
    private const int Rows = 1500, Pairs = 5, Length = 2 * Pairs, Tokens = 4, Topics = 4;

    // The stream of the draws.
    private const ulong Stream = 0x70c5;

    // Share of the pairs that follow the topic; the others are any.
    private const double Topical = 0.6;

    /// <summary>Runs it.</summary>
    /// <param name="rates">Mask rates, between 0 and 1.</param>
    /// <param name="repeats">Data sets made.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static int Run(IReadOnlyList<double> rates, int repeats, ExperimentRequest request, CancellationToken cancellationToken) => Experiment.Run("mask-rate", request, [], engine =>
    {
        double[] ordered = [.. rates.Distinct().Order()];
        var errors = new List<Repeated>();
        var decays = new List<Repeated>();
        var data = new (DataTable Table, EvaluationTarget Task)[repeats];
        for (int r = 0; r < repeats; r++)
            data[r] = Sequences(request.Seed + (ulong)r);
        var baseline = new List<double>();
        foreach (double rate in ordered)
        {
            Experiment.Say(Invariant($"tokens(rate={rate})"));
            ContextReport[] reports = [.. data.Select((d, r) => engine.Evaluate(
                d.Table, Context.Tokens(rate), [d.Task], request.Evaluation with { Seed = request.Seed + (ulong)r }, null, cancellationToken))];
            errors.Add(Repeated.Of([.. reports.Select(r => r.Probes[0].BestError)]));
            decays.Add(Repeated.Of([.. reports.Select(r => r.Association.Decay.Rate)]));
            baseline.AddRange(reports.Select(r => r.Probes[0].BaselineError));
        }
        int best = Enumerable.Range(0, errors.Count).MinBy(i => errors[i].Mean);
        bool isInside = errors[best].IsBelow(errors[0]) && errors[best].IsBelow(errors[^1]);
        return new ReportPage(
            "Masked tokens: error against the mask rate",
            Invariant($"The best mask rate is {ordered[best]}, {(isInside ? "inside: its error is below that of the lowest and of the highest rate by more than two standard errors" : "not told apart from an end")} (published: neither too high nor too low)."),
            [],
            [
                new ReportSection("Measured beside published", [
                    new ReportText(Invariant($"{Rows} sequences of {Pairs} pairs out of {Tokens} tokens; the second token of a pair follows from the first and one of {Topics} topics with probability {Topical}, and is any otherwise. Test error rate of a linear probe of the topic, mean ± standard error over {repeats} data sets; {baseline.Average():g3} without features.")),
                    new ReportTable(["mask rate", "error rate", "decay rate λ"], [.. ordered.Select((rate, i) => (string[])[Invariant($"{rate}"), errors[i].ToString(), decays[i].ToString()])]),
                    new ReportFigure(
                        new Plot("error against the mask rate", new PlotAxis("mask rate"), new PlotAxis("test error rate"), [Repeated.Curve("error rate", ordered, errors), new PlotMark(Invariant($"best rate = {ordered[best]}"), ordered[best])]),
                        "A low rate shows nearly all of X (strong association), a high one nearly nothing (weak)."),
                    new ReportFigure(
                        new Plot("decay against the mask rate", new PlotAxis("mask rate"), new PlotAxis("decay rate λ", EvaluationReport.ScaleOf(decays.Select(d => d.Mean))), [Repeated.Curve("λ", ordered, decays)]),
                        "More masking is a weaker association and a faster decay."),
                ]),
            ]);
    });

    /// <summary>
    /// Sequences and the topic of each. The second token of a pair stands a number of places after the first in the alphabet, and that number is the topic: a token alone tells nothing of
    /// it, as a word alone tells little of a meaning.
    /// </summary>
    internal static (DataTable Table, EvaluationTarget Task) Sequences(ulong seed)
    {
        var random = new Philox(seed, Stream);
        var text = new StringBuilder();
        text.AppendJoin(',', Enumerable.Range(1, Length).Select(p => $"t{p}")).Append(",topic\n");
        for (int i = 0; i < Rows; i++)
        {
            int topic = i % Topics;
            for (int p = 0; p < Pairs; p++)
            {
                long place = 3L * ((i * Pairs) + p);
                int first = (int)(random.Uniform(place) * Tokens), any = (int)(random.Uniform(place + 1) * Tokens);
                int second = random.Uniform(place + 2) < Topical ? (first + topic) % Tokens : any;
                text.Append((char)('a' + first)).Append(',').Append((char)('a' + second)).Append(',');
            }
            text.Append((char)('A' + topic)).Append('\n');
        }
        using var reader = new StringReader(text.ToString());
        DataTable table = DataTable.ReadText(reader, "sequences", ',');
        return (table, EvaluationTarget.From(table, "topic", TargetKind.Classes));
    }
}
