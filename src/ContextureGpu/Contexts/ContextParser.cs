using System.Globalization;

namespace ContextureGpu;

/// <summary>
/// Recursive descent over <c>list := sum ('|' sum)*</c>, <c>sum := [number] product ('+' [number] product)*</c>, <c>product := atom ('*' atom)*</c>,
/// <c>atom := '(' list ')' | name '(' arguments ')'</c>; a part of a list may end in <c>[n]</c>.
/// </summary>
internal sealed class ContextParser(string text)
{
    private const int MaximumLength = 1 << 16, MaximumDepth = 200;
    private const string Reserved = ",()|\"[]+*=";

    private static readonly Dictionary<string, (string[] Arguments, string Usage)> Known = new(StringComparer.Ordinal)
    {
        ["knn"] = (["k", "self"], "knn(k=30) or knn(k=30, self=false)"),
        ["rbf"] = (["gamma"], "rbf(gamma=0.5) or rbf(gamma=median)"),
        ["labels"] = (["column", "noise"], "labels(column=class) or labels(column=class, noise=0.1)"),
        ["graph"] = (["file"], "graph(file=edges.csv)"),
    };

    private static readonly string[] Planned = ["teacher", "noise", "scarf", "cutmix", "mask"];

    private readonly List<string> _warnings = [];
    private int _at, _depth;

    public IReadOnlyList<string> Warnings => _warnings;

    private bool AtEnd => _at == text.Length;

    public Context Parse()
    {
        if (text.Length > MaximumLength)
            throw Error(0, $"the expression has {text.Length} characters; at most {MaximumLength} are read");
        Context context = List();
        if (!AtEnd)
            throw Error(_at, "expected '*', '+', '|' or the end");
        return context;
    }

    /// <summary>A name as an argument: in quotes where it would otherwise not read back.</summary>
    public static string Quote(string value) =>
        value.Length > 0 && value.Trim() == value && !value.Any(c => Reserved.Contains(c, StringComparison.Ordinal) || char.IsControl(c))
            ? value
            : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private Context List()
    {
        SkipBlanks();
        int start = _at;
        var parts = new List<(Context, int?)>();
        do
        {
            Context part = Sum();
            parts.Add((part, Dimension()));
        }
        while (Take('|'));
        if (parts.Count == 1 && parts[0].Item2 is not null)
            throw Error(_at - 1, "a dimension in brackets belongs to a part of a concatenation ('|')");
        return parts.Count == 1 ? parts[0].Item1 : Checked(start, () => new ConcatenationContext(parts));
    }

    private int? Dimension()
    {
        if (!Take('['))
            return null;
        int start = _at;
        string digits = TakeWhile(char.IsAsciiDigit);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value < 1)
            throw Error(start, "expected a number of features, at least 1");
        Expect(']');
        return value;
    }

    private Context Sum()
    {
        SkipBlanks();
        int start = _at;
        var terms = new List<(double? Weight, Context Part, int At)>();
        do
        {
            SkipBlanks();
            int at = _at;
            double? weight = Weight();
            terms.Add((weight, Product(), at));
        }
        while (Take('+'));
        if (terms.Count == 1)
            return terms[0].Weight is null ? terms[0].Part : throw Error(terms[0].At, "a weight belongs to a term of a sum ('+'); there is only one term");
        int weighted = terms.Count(t => t.Weight is not null);
        if (weighted != 0 && weighted != terms.Count)
        {
            (_, _, int at) = terms.First(t => t.Weight is null);
            throw Error(at, "expected a weight: give all terms of the sum one, or none");
        }
        if (weighted == 0)
            return Checked(start, () => new CombinationContext([.. terms.Select(t => (1.0 / terms.Count, t.Part))]));
        Context sum = Checked(start, () => new CombinationContext([.. terms.Select(t => (t.Weight!.Value, t.Part))]));
        double total = terms.Sum(t => t.Weight!.Value);
        if (Math.Abs(total - 1) > CombinationContext.SumTolerance)
            _warnings.Add($"the weights sum to {Context.Number(total)} and were divided by it: {sum}");
        return sum;
    }

    private double? Weight()
    {
        SkipBlanks();
        int start = _at;
        if (AtEnd || !(char.IsAsciiDigit(text[_at]) || text[_at] is '.' or '-'))
            return null;
        string number = TakeWhile(c => char.IsAsciiDigit(c) || c == '.' || c == '-'
            || ((c is 'e' or 'E') && _at + 1 < text.Length && (char.IsAsciiDigit(text[_at + 1]) || text[_at + 1] is '-' or '+'))
            || (c == '+' && text[_at - 1] is 'e' or 'E'));
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value > 0) || !double.IsFinite(value))
            throw Error(start, $"'{number}' is no weight; a positive number was expected");
        return value;
    }

    private Context Product()
    {
        SkipBlanks();
        int start = _at;
        List<Context> factors = [Atom()];
        while (Take('*'))
            factors.Add(Atom());
        return factors.Count == 1 ? factors[0] : Checked(start, () => new ConvolutionContext(factors));
    }

    private Context Atom()
    {
        SkipBlanks();
        if (Take('('))
        {
            if (++_depth > MaximumDepth)
                throw Error(_at - 1, $"more than {MaximumDepth} parentheses lie within each other");
            Context inner = List();
            Expect(')');
            _depth--;
            return inner;
        }
        int start = _at;
        string name = TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        if (name.Length == 0)
            throw Error(start, AtEnd ? "expected a context such as knn(k=30); the text ends here" : "expected a context such as knn(k=30)");
        if (!Known.TryGetValue(name, out (string[] Arguments, string Usage) known))
        {
            throw Error(start, Planned.Contains(name)
                ? $"'{name}' is not available in this version; {string.Join(", ", Known.Keys)} are"
                : $"there is no context '{name}'; {string.Join(", ", Known.Keys)} are known");
        }
        Dictionary<string, (string Value, int At)> arguments = Arguments(name, known.Arguments, known.Usage);
        return Build(name, arguments, start, known.Usage);
    }

    private Dictionary<string, (string Value, int At)> Arguments(string name, string[] accepted, string usage)
    {
        var arguments = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        Expect('(');
        if (Take(')'))
            return arguments;
        do
        {
            SkipBlanks();
            int start = _at;
            string key = TakeWhile(char.IsAsciiLetterOrDigit);
            if (!accepted.Contains(key))
                throw Error(start, $"{name} takes {string.Join(" and ", accepted)}, as in {usage}");
            Expect('=');
            SkipBlanks();
            int at = _at;
            string value = Value();
            if (!arguments.TryAdd(key, (value, at)))
                throw Error(start, $"'{key}' is given twice");
        }
        while (Take(','));
        Expect(')');
        return arguments;
    }

    private string Value()
    {
        if (!Peek('"'))
            return TakeWhile(c => c is not (',' or ')' or '(' or '"' or '|')).TrimEnd();
        int start = _at++;
        var value = new System.Text.StringBuilder();
        while (true)
        {
            if (AtEnd)
                throw Error(start, "the quotation mark is never closed");
            char c = text[_at++];
            if (c != '"')
                value.Append(c);
            else if (!AtEnd && text[_at] == '"')
                value.Append(text[_at++]);
            else
                return value.ToString();
        }
    }

    private Context Build(string name, Dictionary<string, (string Value, int At)> arguments, int start, string usage)
    {
        switch (name)
        {
            case "knn":
                (string k, int at) = Required("k");
                if (!int.TryParse(k, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1)
                    throw Error(at, $"k is '{k}'; a whole number from 1 on was expected");
                bool self = true;
                if (arguments.TryGetValue("self", out (string Value, int At) include) && !bool.TryParse(include.Value, out self))
                    throw Error(include.At, $"self is '{include.Value}'; true or false was expected");
                return new KnnContext(count, self);
            case "rbf":
                (string gamma, int gammaAt) = Required("gamma");
                return gamma == "median" ? new RbfContext(null) : Checked(gammaAt, () => new RbfContext(Real(gamma, gammaAt, "gamma", "a positive number or median")));
            case "labels":
                (string column, int columnAt) = Required("column");
                double noise = arguments.TryGetValue("noise", out (string Value, int At) eta) ? Real(eta.Value, eta.At, "noise", "a number in [0, 1)") : 0;
                return Checked(noise is >= 0 and < 1 ? columnAt : eta.At, () => new LabelsContext(column, noise));
            default:
                (string file, int fileAt) = Required("file");
                return Checked(fileAt, () => new GraphContext(file));
        }

        (string Value, int At) Required(string key) =>
            arguments.TryGetValue(key, out (string Value, int At) found) ? found : throw Error(start, $"{name} needs {key}, as in {usage}");
    }

    private double Real(string value, int at, string name, string expected) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Error(at, $"{name} is '{value}'; {expected} was expected");

    // What the algebra itself refuses, with the place.
    private Context Checked(int at, Func<Context> build)
    {
        try
        {
            return build();
        }
        catch (InputException refusal) when (refusal is not ContextSyntaxException)
        {
            throw Error(at, refusal.Message);
        }
    }

    private string TakeWhile(Func<char, bool> accepts)
    {
        int start = _at;
        while (!AtEnd && accepts(text[_at]))
            _at++;
        return text[start.._at];
    }

    private void SkipBlanks() => TakeWhile(char.IsWhiteSpace);

    private bool Peek(char c) => !AtEnd && text[_at] == c;

    private bool Take(char c)
    {
        SkipBlanks();
        if (!Peek(c))
            return false;
        _at++;
        SkipBlanks();
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Error(_at, $"expected '{c}'");
    }

    private ContextSyntaxException Error(int position, string problem) => new(text, position, problem);
}
