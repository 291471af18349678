using System.Globalization;
using System.Text.RegularExpressions;

namespace ContextureGpu;

/// <summary>A context whose expression has a range in the place of one number, such as <c>knn(k=5..150 log 12)</c>: twelve values of k from 5 to 150, evenly spaced by their logarithm.</summary>
public sealed partial class ContextSweep
{
    private const int MostLevels = 1000;

    private ContextSweep(string text, IReadOnlyList<(double Level, Context Context)> levels) => (Text, Levels) = (text, levels);

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The values of the number and the context at each, in the order of the range, all different.</summary>
    public IReadOnlyList<(double Level, Context Context)> Levels { get; }

    /// <summary>
    /// Reads <c>FROM..TO [log|linear] COUNT</c> in the place of one number of an expression; linear where nothing is said. Where the parameter takes integers only, values are
    /// rounded, and equal ones come once.
    /// </summary>
    /// <param name="text">The expression.</param>
    /// <exception cref="InputException">There is no range or more than one, its numbers are out of their ranges, or the expression is none (<see cref="ContextSyntaxException"/>).</exception>
    public static ContextSweep Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        MatchCollection ranges = Range().Matches(text);
        if (ranges.Count != 1)
            throw new InputException($"the sweep '{ContextText.Shown(text)}' has {ranges.Count} ranges; one was expected, such as knn(k=5..150 log 12)");
        Match range = ranges[0];
        double from = double.Parse(range.Groups["from"].ValueSpan, CultureInfo.InvariantCulture), to = double.Parse(range.Groups["to"].ValueSpan, CultureInfo.InvariantCulture);
        bool isLogarithmic = range.Groups["scale"].Value == "log";
        if (!int.TryParse(range.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count is < 2 or > MostLevels)
            throw new InputException($"the sweep '{ContextText.Shown(text)}' asks for {range.Groups["count"].Value} values; 2 to {MostLevels} are possible");
        if (!double.IsFinite(from) || !double.IsFinite(to) || from == to || (isLogarithmic && !(from > 0 && to > 0)))
            throw new InputException($"the sweep '{ContextText.Shown(text)}' goes from {from} to {to}; two different numbers were expected{(isLogarithmic ? ", both positive on a logarithmic scale" : "")}");

        double[] values = [.. Enumerable.Range(0, count).Select(i => Between(from, to, i / (count - 1.0), isLogarithmic))];
        Context[]? contexts = TryRead(values);
        if (contexts is null)
        {
            values = [.. values.Select(v => Math.Round(v)).Distinct()];
            contexts = [.. values.Select(Read)];
        }
        return new ContextSweep(text, [.. values.Zip(contexts)]);

        Context Read(double value) => Context.Parse(string.Concat(text.AsSpan(0, range.Index), ContextText.Number(value), text.AsSpan(range.Index + range.Length)));

        Context[]? TryRead(double[] all)
        {
            try
            {
                return [.. all.Select(Read)];
            }
            catch (InputException)
            {
                return null; // an integer is wanted there, or the text is wrong: reading the rounded values tells
            }
        }
    }

    // The ends exactly as they were given.
    private static double Between(double from, double to, double share, bool isLogarithmic) => share == 0 ? from : share == 1 ? to : isLogarithmic
        ? Math.Exp(double.Lerp(Math.Log(from), Math.Log(to), share))
        : double.Lerp(from, to, share);

    [GeneratedRegex(@"(?<from>[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)\s*\.\.\s*(?<to>[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)\s+((?<scale>log|linear)\s+)?(?<count>[0-9]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Range();
}
