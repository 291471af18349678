namespace ContextureGpu;

/// <summary>The arguments <c>name=value, ...</c> of a simple context, in any order, read against its signature.</summary>
internal sealed class ContextArguments
{
    private readonly ContextScanner _scanner;
    private readonly ContextSignature _signature;
    private readonly Func<Context> _nested;
    private readonly Dictionary<string, ContextValue> _values = [];
    private readonly Dictionary<string, Context> _contexts = [];
    private readonly int _end;

    /// <summary>Reads from behind the opening parenthesis to behind the closing one.</summary>
    /// <param name="scanner">Gives the text.</param>
    /// <param name="signature">What may be there.</param>
    /// <param name="nested">Reads a context where an argument is one.</param>
    public ContextArguments(ContextScanner scanner, ContextSignature signature, Func<Context> nested)
    {
        (_scanner, _signature, _nested) = (scanner, signature, nested);
        if (scanner.Next != ')')
        {
            do
                ReadOne();
            while (scanner.Accept(','));
        }
        _end = scanner.Column;
        if (!scanner.Accept(')'))
            throw scanner.Expected("',' or ')' (a name with parentheses, quotes or '|' in it needs double quotes around it)");
    }

    /// <summary>An integer that must be there.</summary>
    public int Integer(string name, Func<int, bool> accepts)
    {
        ContextValue value = Required(name);
        return !value.IsQuoted && ContextScanner.TryInteger(value.Text, out int number) && accepts(number) ? number : throw OutOfRange(name, value);
    }

    /// <summary>An integer, or none where it is left out.</summary>
    public int? OptionalInteger(string name, Func<int, bool> accepts) => _values.ContainsKey(name) ? Integer(name, accepts) : null;

    /// <summary>An integer, none where a word stands for it, or a default where it is left out.</summary>
    public int? IntegerOrWord(string name, Func<int, bool> accepts, string word, int otherwise)
    {
        if (!_values.TryGetValue(name, out ContextValue value))
            return otherwise;
        return value is { IsQuoted: false } && value.Text == word ? null : Integer(name, accepts);
    }

    /// <summary>A number that must be there.</summary>
    public double RequiredNumber(string name, Func<double, bool> accepts) => Number(name, accepts);

    /// <summary>A number, or none where it is left out.</summary>
    public double? OptionalNumber(string name, Func<double, bool> accepts) => _values.ContainsKey(name) ? Number(name, accepts) : null;

    /// <summary>A name, or none where it is left out.</summary>
    public string? OptionalName(string name, Func<string, bool> accepts) => _values.ContainsKey(name) ? Name(name, accepts) : null;

    /// <summary>Key of draws, 0 where it is left out.</summary>
    public ulong Seed(string name)
    {
        if (!_values.TryGetValue(name, out ContextValue value))
            return 0;
        return !value.IsQuoted && ulong.TryParse(value.Text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : throw OutOfRange(name, value);
    }

    /// <summary>A context that must be there.</summary>
    public Context Inner(string name) => _contexts.TryGetValue(name, out Context? inner) ? inner : throw Missing(name);

    /// <summary>A number, or a default where it is left out.</summary>
    public double Number(string name, Func<double, bool> accepts, double otherwise) =>
        _values.ContainsKey(name) ? Number(name, accepts) : otherwise;

    /// <summary>A number that must be there, or none where a word stands for it.</summary>
    public double? NumberOrWord(string name, Func<double, bool> accepts, string word) =>
        Required(name) is { IsQuoted: false } value && value.Text == word ? null : Number(name, accepts);

    /// <summary>Whether a word stands where a number may.</summary>
    public bool IsWord(string name, string word) => _values.TryGetValue(name, out ContextValue value) && value is { IsQuoted: false } && value.Text == word;

    /// <summary>True or false, or a default where it is left out.</summary>
    public bool Truth(string name, bool otherwise)
    {
        if (!_values.TryGetValue(name, out ContextValue value))
            return otherwise;
        return value switch
        {
            { IsQuoted: false, Text: "true" } => true,
            { IsQuoted: false, Text: "false" } => false,
            _ => throw OutOfRange(name, value),
        };
    }

    /// <summary>One of some words, or a default where it is left out.</summary>
    public string Word(string name, Func<string, bool> accepts, string otherwise)
    {
        if (!_values.TryGetValue(name, out ContextValue value))
            return otherwise;
        return !value.IsQuoted && accepts(value.Text) ? value.Text : throw OutOfRange(name, value);
    }

    /// <summary>A name that must be there; an empty one only between quotes.</summary>
    public string Name(string name, Func<string, bool> accepts)
    {
        ContextValue value = Required(name);
        return (value.IsQuoted || value.Text.Length > 0) && accepts(value.Text) ? value.Text : throw OutOfRange(name, value);
    }

    private double Number(string name, Func<double, bool> accepts)
    {
        ContextValue value = Required(name);
        return !value.IsQuoted && ContextScanner.TryNumber(value.Text, out double number) && accepts(number) ? number : throw OutOfRange(name, value);
    }

    private void ReadOne()
    {
        int column = _scanner.Column;
        string name = _scanner.Word() ?? throw _scanner.Expected($"the name of an argument; {_signature.Usage}");
        if (!_signature.Parameters.Any(parameter => parameter.Name == name))
            throw _scanner.Refusal(column, $"{_signature.Name} has no argument '{ContextText.Shown(name)}'; {_signature.Usage}");
        if (!_scanner.Accept('='))
            throw _scanner.Expected($"'=' after {name}; {_signature.Usage}");
        bool isNew = _signature.Parameters.First(parameter => parameter.Name == name).IsContext
            ? _contexts.TryAdd(name, _nested())
            : _values.TryAdd(name, _scanner.Value());
        if (!isNew)
            throw _scanner.Refusal(column, $"{name} is given twice; {_signature.Usage}");
    }

    private ContextValue Required(string name) => _values.TryGetValue(name, out ContextValue value) ? value : throw Missing(name);

    private ContextSyntaxException Missing(string name) => _scanner.Refusal(_end, $"{name} is missing; {_signature.Usage}");

    private ContextSyntaxException OutOfRange(string name, ContextValue value)
    {
        string accepted = _signature.Parameters.First(parameter => parameter.Name == name).Accepted;
        return _scanner.Refusal(value.Column, $"{name} is '{ContextText.Shown(value.Text)}'; it must be {accepted}");
    }
}
