using System.CommandLine;
using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>What <c>evaluate</c> and <c>mix-advice</c> are both told: the data, and how contexts are judged.</summary>
internal sealed class EvaluationArguments
{
    private readonly Option<string?> _drop = new("--drop") { Description = "Columns that are no inputs, separated by commas." };
    private readonly Option<string> _scale = CommandOptions.Choice("--scale", "Scaling of numeric columns.", "standard", "none");
    private readonly Option<int> _maxDimension = new("--max-dim") { Description = "d0: singular values and features looked at.", DefaultValueFactory = _ => new EvaluationOptions().MaxDimension };
    private readonly Option<double> _beta = new("--beta") { Description = "Weight of the second term of tau.", DefaultValueFactory = _ => new EvaluationOptions().Beta };
    private readonly Option<string> _split = new("--split") { Description = "Shares of train, validation and test rows.", DefaultValueFactory = _ => "0.7,0.15,0.15" };
    private readonly Option<double> _epsilon = new("--epsilon") { Description = "Tasks with rho >= 1 - epsilon are compatible.", DefaultValueFactory = _ => new EvaluationOptions().Epsilon };
    private readonly Option<string?> _rows = new("--rows") { Description = "Judges on this many random rows and says how far that can be trusted; auto takes d0 log d0." };
    private readonly Option<string> _solver = CommandOptions.Choice("--solver", "Solver.", "auto", "exact", "krylov", "randomized", "nystrom");
    private readonly Option<string?> _memory = new("--memory") { Description = "Memory that a fit may take, as in 500M or 6G; by default 80 % of what the container or the machine allows." };
    private readonly Option<string> _precision = CommandOptions.Precision();
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Key of all draws." };
    private readonly Option<double?> _tolerance = new("--tolerance") { Description = "Largest residual of a singular pair; by default 1e-4." };

    /// <summary>The data.</summary>
    public Argument<string> Data { get; } = new("DATA") { Description = ".csv, .csv.gz, .tsv, .npy or .parquet; - reads CSV from standard input." };

    /// <summary>How the engine is opened.</summary>
    public EngineOptions Engine(ParseResult result) => CommandOptions.Engine(result.GetValue(_device)!, result.GetValue(_precision)!);

    /// <summary>Adds the options to a command; the argument is added by the command itself.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _drop, _scale, _maxDimension, _beta, _split, _epsilon, _rows, _solver, _memory, _precision, _device, _seed, _tolerance })
            command.Options.Add(option);
    }

    /// <summary>The options as the library takes them.</summary>
    /// <exception cref="InputException">A text is not what was expected.</exception>
    public EvaluationOptions Options(ParseResult result)
    {
        int maxDimension = result.GetValue(_maxDimension);
        return new EvaluationOptions
        {
            MaxDimension = maxDimension,
            Beta = result.GetValue(_beta),
            Split = SplitShares.Parse(result.GetValue(_split)!),
            Epsilon = result.GetValue(_epsilon),
            Seed = result.GetValue(_seed),
            SubsetRows = result.GetValue(_rows) switch
            {
                null => null,
                "auto" => EvaluationOptions.SuggestedRows(Math.Max(1, maxDimension)),
                { } text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rows) ? rows : throw new InputException($"--rows is '{text}'; a number of rows or auto was expected"),
            },
            Spectral = new EvaluationOptions().Spectral with
            {
                Solver = Enum.Parse<SpectralSolver>(result.GetValue(_solver)!, ignoreCase: true),
                Precision = CommandOptions.ElementsOf(result.GetValue(_precision)!),
                Tolerance = result.GetValue(_tolerance) ?? new EvaluationOptions().Spectral.Tolerance,
                MemoryBudget = result.GetValue(_memory) is { } memory ? MemoryBudget.Parse(memory) : null,
            },
            Preprocessing = new PreprocessingOptions
            {
                Scale = result.GetValue(_scale) == "none" ? ColumnScaling.None : ColumnScaling.Standardize,
                Exclude = result.GetValue(_drop)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            },
        };
    }
}
