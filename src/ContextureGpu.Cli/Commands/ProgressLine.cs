using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>One line on a terminal that says how far a fit is, from its third second on; wiped at the end.</summary>
/// <param name="terminal">Where it stands.</param>
/// <param name="clock">Tells the time; null for the system's.</param>
internal sealed class ProgressLine(TextWriter terminal, TimeProvider? clock = null) : IProgress<FitProgress>, IDisposable
{
    private const int BarWidth = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Interval = TimeSpan.FromSeconds(0.2);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly long _start = (clock ?? TimeProvider.System).GetTimestamp();
    private TimeSpan _shown = TimeSpan.MinValue;
    private int _width;

    /// <summary>What is worked on where there are several things, as <c>context 2 of 5</c>.</summary>
    public string? Subject { get; set; }

    public void Report(FitProgress value)
    {
        TimeSpan elapsed = _clock.GetElapsedTime(_start);
        if (elapsed < Patience || (_width > 0 && elapsed - _shown < Interval))
            return;
        _shown = elapsed;
        string line = Subject is null ? Text(value) : $"{Subject}: {Text(value)}";
        terminal.Write($"\r{line.PadRight(_width)}");
        terminal.Flush();
        _width = line.Length;
    }

    /// <summary>Phase, part, bar, percent and time left.</summary>
    internal static string Text(FitProgress value)
    {
        string part = value.Parts > 1 ? $" part {value.Part + 1} of {value.Parts}" : "";
        int full = (int)(BarWidth * Math.Clamp(value.Fraction, 0, 1));
        string share = value.Fraction > 0 ? string.Create(CultureInfo.InvariantCulture, $" [{new string('=', full)}{new string(' ', BarWidth - full)}] {Math.Floor(100 * value.Fraction):f0} %") : "";
        string left = value.Remaining is { } time ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(time.TotalSeconds):f0} s of it left") : "";
        return $"{value.Phase.ToString().ToLowerInvariant()}{part}{share}{left}";
    }

    public void Dispose()
    {
        if (_width > 0)
            terminal.Write($"\r{new string(' ', _width)}\r");
    }
}
