using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary><c>contexture reproduce EXPERIMENT</c>: a published experiment end to end, beside the published figures.</summary>
internal static class ReproduceCommand
{
    public static Command Create() => new("reproduce", "A published experiment end to end, beside the published figures.")
    {
        Alignment(), Association(), UShaped(), Correlations(), MaskRate(),
    };

    private static Command Alignment()
    {
        var common = new CommonOptions(null);
        var data = DataFile();
        var epochs = new Option<int[]>("--epochs") { Description = "Epochs of each training; steps, where every step takes all rows; 100 and 400 by default, 400 in a sweep.", AllowMultipleArgumentsPerToken = true };
        var constraint = new Option<string[]>("--constraint") { Description = "whiten, vicreg, lagrangian; the first two by default, whiten in a sweep.", AllowMultipleArgumentsPerToken = true };
        constraint.AcceptOnlyFromAmong("whiten", "vicreg", "lagrangian");
        var width = new Option<int>("--width") { Description = "Units of a hidden layer.", DefaultValueFactory = _ => 512 };
        var depth = new Option<int>("--depth") { Description = "Hidden layers.", DefaultValueFactory = _ => 3 };
        var rate = new Option<double>("--lr") { Description = "Largest learning rate.", DefaultValueFactory = _ => new EncoderOptions().LearningRate };
        var batch = new Option<int?>("--batch") { Description = "Pairs of a step; all rows in every step without it." };
        var draws = new Option<int>("--draws") { Description = "Points of each pair of a batch: more than 2 make all pairs among them.", DefaultValueFactory = _ => 2 };
        var full = new Option<bool>("--full") { Description = "A sweep over widths, depths and seeds, with a table and plots." };
        var widths = new Option<int[]>("--widths") { Description = "Widths of the sweep.", DefaultValueFactory = _ => [64, 128, 256, 512, 1024, 2048], AllowMultipleArgumentsPerToken = true };
        var depths = new Option<int[]>("--depths") { Description = "Depths of the sweep.", DefaultValueFactory = _ => [1, 2, 3, 4, 5], AllowMultipleArgumentsPerToken = true };
        var seeds = Count("--seeds", "Initialisations of each network of the sweep.", 3);
        var trainings = new Option<string?>("--trainings") { Description = "Keeps the finished trainings of the sweep, .csv, and goes on from those it holds." };
        var plot = new Option<string?>("--plot") { Description = "Writes the first plot of the sweep, .svg." };
        var command = new Command("abalone-alignment", "Trained encoders against the exact eigenfunctions.") { data, epochs, constraint, width, depth, rate, batch, draws, full, widths, depths, seeds, trainings, plot };
        common.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            bool sweeps = result.GetValue(full);
            Refuse(result, sweeps, "the sweep has several of them: --widths, --depths", [width, depth]);
            Refuse(result, !sweeps, "it is of the sweep: add --full", [widths, depths, seeds, trainings, plot, .. common.Files]);
            int[] times = result.GetValue(epochs) is { Length: > 0 } given ? given : sweeps ? [400] : [100, 400];
            string[] words = result.GetValue(constraint) is { Length: > 0 } chosen ? chosen : sweeps ? ["whiten"] : ["whiten", "vicreg"];
            CovarianceConstraint[] constraints = [.. words.Select(text => Enum.Parse<CovarianceConstraint>(text, ignoreCase: true))];
            return Task.FromResult(sweeps
                ? AlignmentSweep.Run(
                    new AlignmentSweepRequest(
                        result.GetValue(data)!, constraints, times, result.GetValue(widths)!, result.GetValue(depths)!, AtLeast(result, seeds, 1), result.GetValue(rate), result.GetValue(batch), result.GetValue(draws),
                        result.GetValue(trainings), result.GetValue(plot)),
                    common.Read(result), cancellationToken)
                : AbaloneAlignment.Run(
                    new AbaloneAlignmentRequest(
                        result.GetValue(data)!, times, constraints, result.GetValue(width), result.GetValue(depth), result.GetValue(rate), result.GetValue(batch), result.GetValue(draws),
                        result.GetValue(common.Device)!, result.GetValue(common.Seed), result.GetValue(common.Json)),
                    cancellationToken));
        });
        return command;
    }

    // Options that were given where they mean nothing.
    private static void Refuse(ParseResult result, bool meaningless, string why, ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            if (meaningless && result.GetResult(option) is { Implicit: false })
                throw new InputException($"{option.Name} was given; {why}");
        }
    }

    private static Command Association()
    {
        var common = new CommonOptions(512);
        var data = DataFile();
        var command = new Command("abalone-association", "Weak, moderate and strong association: knn with K = 150, 30 and 5.") { data };
        common.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(AbaloneAssociation.Run(result.GetValue(data)!, common.Read(result), cancellationToken)));
        return command;
    }

    private static Command UShaped()
    {
        var common = new CommonOptions(128);
        (Option<string> folder, Option<string[]> sets, Option<int> rows) = Sets(["credit-approval", "breast-w"]);
        var levels = Count("--levels", "Levels of each family, at least 3.", 10);
        var splits = Count("--splits", "Splits that the error is the mean of.", 5);
        var command = new Command("u-shape", "Error of a probe against the association level, RBF and kNN.") { folder, sets, rows, levels, splits };
        common.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(UShape.Run(
            result.GetValue(folder)!, result.GetValue(sets)!, AtLeast(result, levels, 3), AtLeast(result, splits, 1), AtLeast(result, rows, 50), common.Read(result), cancellationToken)));
        return command;
    }

    private static Command Correlations()
    {
        var common = new CommonOptions(512);
        (Option<string> folder, Option<string[]> sets, Option<int> rows) = Sets([]);
        var contexts = Count("--contexts", "Contexts of each of the four families.", 35);
        var draws = Count("--draws", "Masks of a masked context.", 50);
        var splits = Count("--splits", "Splits that errors are the mean of.", 1);
        var points = new Option<string?>("--points") { Description = "Writes every context with its tau and errors, .csv." };
        var command = new Command("tau-correlation", "Correlation of tau with the best error of a probe over many contexts.") { folder, sets, rows, contexts, draws, splits, points };
        common.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(TauCorrelation.Run(
            result.GetValue(folder)!, result.GetValue(sets)!, AtLeast(result, contexts, 2), AtLeast(result, draws, 1), AtLeast(result, splits, 1), AtLeast(result, rows, 50), result.GetValue(points), common.Read(result), cancellationToken)));
        return command;
    }

    private static Command MaskRate()
    {
        var common = new CommonOptions(128);
        var rates = new Option<double[]>("--rates")
        {
            Description = "Mask rates.",
            DefaultValueFactory = _ => [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
            AllowMultipleArgumentsPerToken = true,
        };
        var repeats = Count("--repeats", "Data sets made.", 3);
        var command = new Command("mask-rate", "Error of a probe against the rate of masked tokens, on sequences that it makes.") { rates, repeats };
        common.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            double[] chosen = result.GetValue(rates)!;
            return chosen.Length >= 3
                ? Task.FromResult(MaskRateExperiment.Run(chosen, AtLeast(result, repeats, 1), common.Read(result), cancellationToken))
                : throw new InputException($"--rates has {chosen.Length} values; at least 3 are needed for one inside");
        });
        return command;
    }

    private static Option<string> DataFile() => new("--data") { Description = "The data set, as .csv, .csv.gz, .tsv or .parquet.", Required = true };

    private static (Option<string> Folder, Option<string[]> Sets, Option<int> Rows) Sets(string[] names) => (
        new Option<string>("--data") { Description = "Folder that holds the data sets, each as NAME.csv.gz.", Required = true },
        new Option<string[]>("--sets") { Description = "Names of the sets.", DefaultValueFactory = _ => names, AllowMultipleArgumentsPerToken = true },
        Count("--rows", "Rows of a set at most; more are thinned at random.", 5000));

    private static Option<int> Count(string name, string description, int value) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private static int AtLeast(ParseResult result, Option<int> option, int least)
    {
        int value = result.GetValue(option);
        return value >= least ? value : throw new InputException($"{option.Name} is {value}; it must be at least {least}");
    }

    /// <summary>Options that the experiments share.</summary>
    private sealed class CommonOptions(int? maxDimension)
    {
        private readonly Option<int> _maxDimension = Count("--max-dim", "d0: singular values that tau looks at, and the most features of a probe.", maxDimension ?? 1);
        private readonly Option<string?> _report = new("--report") { Description = "Writes a report with plots, .html." }, _markdown = new("--markdown") { Description = "Writes the tables, .md." };

        public Option<string> Device { get; } = new("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };

        public Option<ulong> Seed { get; } = new("--seed") { Description = "Key of the splits and of all other draws." };

        public Option<bool> Json { get; } = new("--json") { Description = "One JSON object on standard output." };

        /// <summary>Options that name files.</summary>
        public Option[] Files => [_report, _markdown];

        public void AddTo(Command command)
        {
            foreach (Option option in new Option[] { _maxDimension, Device, Seed, _report, _markdown, Json }.Where(o => o != _maxDimension || maxDimension is not null))
                command.Add(option);
        }

        public ExperimentRequest Read(ParseResult result) => new(
            result.GetValue(Device)!, result.GetValue(Seed), maxDimension is null ? 1 : result.GetValue(_maxDimension), result.GetValue(_report), result.GetValue(_markdown), result.GetValue(Json), ShellCommand.Of(result));
    }
}
