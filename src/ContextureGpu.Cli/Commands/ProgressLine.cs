using System.Diagnostics;
using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>One line on a terminal that says how far a fit is, from its third second on; wiped at the end.</summary>
internal sealed class ProgressLine(TextWriter terminal) : IProgress<FitProgress>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Interval = TimeSpan.FromSeconds(0.2);

    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _shown = TimeSpan.MinValue;
    private int _width;

    public void Report(FitProgress value)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed < Patience || (_width > 0 && elapsed - _shown < Interval))
            return;
        _shown = elapsed;
        string line = Text(value);
        terminal.Write($"\r{line.PadRight(_width)}");
        terminal.Flush();
        _width = line.Length;
    }

    /// <summary>Phase, part, percent and time left.</summary>
    internal static string Text(FitProgress value)
    {
        string part = value.Parts > 1 ? $" part {value.Part + 1} of {value.Parts}" : "";
        string share = value.Fraction > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Math.Floor(100 * value.Fraction):f0} %") : "";
        string left = value.Remaining is { } time ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(time.TotalSeconds):f0} s of it left") : "";
        return $"{value.Phase.ToString().ToLowerInvariant()}{part}{share}{left}";
    }

    public void Dispose()
    {
        if (_width > 0)
            terminal.Write($"\r{new string(' ', _width)}\r");
    }
}
