using System.Diagnostics;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Someone who does the work of a comparison: ourselves with a setting, a library in this process, or a peer in its own.</summary>
internal abstract class Contestant(string label, double? required) : IDisposable
{
    /// <summary>What the table calls it.</summary>
    public string Label => label;

    /// <summary>Least ratio of its seconds to ours that is promised; null where nothing is.</summary>
    public double? Required => required;

    /// <summary>Loads the data; null, or the reason why it cannot take part.</summary>
    public abstract string? Prepare();

    /// <summary>Does the work once and returns its seconds.</summary>
    public abstract double Run();

    /// <summary>What the last run computed, for the check.</summary>
    public abstract double[] Result();

    public abstract void Dispose();
}

/// <summary>Work done in this process.</summary>
internal sealed class LocalContestant(string label, Action work, Func<double[]> result, double? required = null) : Contestant(label, required)
{
    public override string? Prepare() => null;

    public override double Run()
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override double[] Result() => result();

    public override void Dispose()
    {
    }
}

/// <summary>Work done by a script of <c>benchmarks/peers</c>, which measures its own seconds.</summary>
/// <param name="label">What the table calls it.</param>
/// <param name="script">File name of the script.</param>
/// <param name="bench">Where scripts and data lie.</param>
/// <param name="work">Name of the work.</param>
/// <param name="arguments">Its arguments; arrays are given by the paths of files.</param>
/// <param name="required">Least ratio of its seconds to ours.</param>
internal sealed class PeerContestant(
    string label, string script, Bench bench, string work, IReadOnlyDictionary<string, object> arguments, double? required = null) : Contestant(label, required)
{
    private PeerProcess? _process;

    public override string? Prepare()
    {
        _process = PeerProcess.Start(Path.Combine(bench.PeerFolder, script), bench.Threads, out string reason);
        if (_process is null)
            return reason;
        bench.TakesPart($"{_process.Name} {_process.Version}");
        try
        {
            _process.Ask(new Dictionary<string, object>(arguments) { ["do"] = "prepare", ["work"] = work });
        }
        catch (InvalidOperationException failure)
        {
            return failure.Message;
        }
        return null;
    }

    public override double Run() => _process!.Ask(new Dictionary<string, object> { ["do"] = "run" }).GetProperty("seconds").GetDouble();

    public override double[] Result()
    {
        string path = bench.NewFile();
        _process!.Ask(new Dictionary<string, object> { ["do"] = "result", ["path"] = path });
        return NpyFile.Read(path).Values;
    }

    public override void Dispose() => _process?.Dispose();
}
