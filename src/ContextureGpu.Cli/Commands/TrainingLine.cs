using System.Diagnostics;
using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>How lines of progress follow each other.</summary>
internal enum LineForm
{
    /// <summary>One below the other, for files and pipes.</summary>
    Appended,

    /// <summary>Each in the place of the one before, with a bar, for terminals; wiped at the end.</summary>
    Rewritten,
}

/// <summary>Says how far a training is: steps, loss, violation of the constraint, speed, time left.</summary>
/// <param name="writer">Where.</param>
/// <param name="form">How lines follow each other.</param>
internal sealed class TrainingLine(TextWriter writer, LineForm form) : IProgress<TrainingProgress>, IDisposable
{
    private const int BarLength = 20;

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(form == LineForm.Rewritten ? 0.2 : 2);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _width;

    public void Report(TrainingProgress value)
    {
        if (_clock.Elapsed < _interval)
            return;
        _clock.Restart();
        string line = Text(value);
        if (form == LineForm.Appended)
        {
            writer.WriteLine(line);
            return;
        }
        line = $"{Bar(value)} {line}";
        writer.Write($"\r{line.PadRight(_width)}");
        writer.Flush();
        _width = line.Length;
    }

    /// <summary>Wipes the line.</summary>
    public void Dispose()
    {
        if (_width > 0)
            writer.Write($"\r{new string(' ', _width)}\r");
    }

    /// <summary>The line.</summary>
    internal static string Text(TrainingProgress value)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string violation = value.ConstraintViolation is { } v ? string.Create(plain, $", constraint off by {v:g2}") : "";
        string left = value.Remaining is { } time ? string.Create(plain, $", about {Math.Ceiling(time.TotalSeconds):f0} s left") : "";
        return string.Create(plain, $"step {value.Step} of {value.Steps}, loss {value.Loss:g6}{violation}, {value.StepsPerSecond:f2} steps a second{left}");
    }

    /// <summary>A bar of the share of steps that are done.</summary>
    internal static string Bar(TrainingProgress value)
    {
        int done = (int)((long)BarLength * value.Step / Math.Max(1, value.Steps));
        return $"[{new string('#', done)}{new string('.', BarLength - done)}]";
    }
}
