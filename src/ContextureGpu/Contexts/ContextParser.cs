namespace ContextureGpu;

/// <summary>
/// Reads expressions by recursive descent:
/// <code>
/// concatenation = sum [ "[" n "]" ] { "|" sum [ "[" n "]" ] }
/// sum           = [ weight ] product { "+" [ weight ] product }
/// product       = factor { "*" factor }
/// factor        = name "(" [ argument { "," argument } ] ")"  |  "(" concatenation ")"
/// argument      = name "=" ( value | sum )
/// </code>
/// </summary>
internal sealed class ContextParser
{
    private const string WeightExample = "such as 0.3 knn(k=5) + 0.7 rbf(gamma=1)";
    private readonly ContextScanner _scanner;
    private readonly List<string> _warnings = [];
    private int _depth;

    private ContextParser(string text)
    {
        _scanner = new(text);
    }

    /// <summary>The context of a text, and what was changed in reading it.</summary>
    /// <exception cref="ContextSyntaxException">The text is no expression.</exception>
    public static Context Parse(string text, out IReadOnlyList<string> warnings)
    {
        const int Limit = Context.MaximumTextLength;
        if (text.Length > Limit)
            throw new ContextSyntaxException(text, Limit + 1, $"the text has {ContextText.Number(text.Length)} characters; "
                + $"at most {ContextText.Number(Limit)} are accepted");
        var parser = new ContextParser(text);
        Context context = parser.Concatenation();
        warnings = parser._warnings.AsReadOnly();
        return parser._scanner.AtEnd ? context : throw parser._scanner.Expected("'*', '+', '|' or the end");
    }

    private Context Concatenation()
    {
        int start = _scanner.Column;
        var parts = new List<(Context Part, int? Dimension)>();
        int lastBracket;
        do
        {
            Context part = Sum();
            lastBracket = _scanner.Column;
            parts.Add((part, _scanner.Accept('[') ? Dimension() : null));
            if (parts[^1].Dimension is int dimension && part is ConcatenationContext inner)
                At(lastBracket, () => inner.Split(dimension));
        }
        while (_scanner.Accept('|'));
        if (parts.Count == 1 && parts[0].Dimension is not null)
            throw _scanner.Refusal(lastBracket, "a dimension belongs to a part of a concatenation, "
                + "such as knn(k=5)[32] | rbf(gamma=1)[96]; expected '|' after it");
        return At(start, () => ConcatenationContext.Of(parts));
    }

    private int Dimension()
    {
        int column = _scanner.Column;
        string numeral = _scanner.Numeral();
        if (!ContextScanner.TryInteger(numeral, out int dimension) || !ConcatenationContext.AcceptsDimension(dimension))
            throw _scanner.Refusal(column, $"expected a dimension, {ConcatenationContext.AcceptedDimension}, before ']'");
        if (!_scanner.Accept(']'))
            throw _scanner.Expected("']'");
        return _scanner.AtEnd || _scanner.Next is '|' or ')' ? dimension : throw _scanner.Expected("'|' after the dimension of a part of a concatenation");
    }

    private Context Sum()
    {
        int start = _scanner.Column;
        var terms = new List<(double? Weight, Context Part)>();
        do
            terms.Add(Term(terms));
        while (_scanner.Accept('+'));
        if (terms.Count == 1)
            return terms[0].Weight is null
                ? terms[0].Part
                : throw _scanner.Refusal(start, $"a weight belongs to a term of a sum, {WeightExample}; this term stands alone");
        double sum = terms.Sum(term => term.Weight ?? 0);
        if (terms[0].Weight is not null && !CombinationContext.IsOne(sum))
            _warnings.Add($"the weights of the sum at column {ContextText.Number(start)} add up to {ContextText.Number(sum)}; they were divided by it");
        return At(start, () => CombinationContext.Of([.. terms.Select(term => (term.Weight ?? 1, term.Part))]));
    }

    private (double?, Context) Term(List<(double? Weight, Context Part)> before)
    {
        int start = _scanner.Column;
        double? weight = _scanner.AtNumber ? Weight() : null;
        if (before.Count > 0 && weight is null != before[0].Weight is null)
            throw _scanner.Refusal(start, (weight is null ? "expected a weight" : "unexpected weight")
                + $": either all terms of a sum have one, {WeightExample}, or none has");
        int column = _scanner.Column;
        Context part = Product();
        if (part is ConcatenationContext && (weight is not null || before.Count > 0 || _scanner.Next == '+'))
            throw _scanner.Refusal(column, ConcatenationContext.RefusedInside);
        return (weight, part);
    }

    private double Weight()
    {
        int column = _scanner.Column;
        string numeral = _scanner.Numeral();
        if (!ContextScanner.TryNumber(numeral, out double weight) || !CombinationContext.AcceptsWeight(weight))
            throw _scanner.Refusal(column, $"the weight is '{ContextText.Shown(numeral)}'; it must be {CombinationContext.AcceptedWeight}");
        return _scanner.Next == '*' ? throw _scanner.Refusal(_scanner.Column, $"a weight stands before its term without '*', {WeightExample}") : weight;
    }

    private Context Product()
    {
        int start = _scanner.Column;
        var factors = new List<Context>();
        do
        {
            int column = _scanner.Column;
            factors.Add(Factor());
            if (factors[^1] is ConcatenationContext && (factors.Count > 1 || _scanner.Next == '*'))
                throw _scanner.Refusal(column, ConcatenationContext.RefusedInside);
        }
        while (_scanner.Accept('*'));
        return At(start, () => ConvolutionContext.Of(factors));
    }

    private Context Factor()
    {
        int column = _scanner.Column;
        if (_scanner.Accept('('))
            return Group(column);
        if (_scanner.AtNumber)
            throw _scanner.Refusal(column, $"unexpected number: a weight stands once, before a whole term of a sum, {WeightExample}");
        string name = _scanner.Word() ?? throw _scanner.Expected("a context, such as knn(k=30), or '('");
        ContextSignature signature = ContextVocabulary.Find(name) ?? throw _scanner.Refusal(column, ContextVocabulary.Refusal(name));
        if (!_scanner.Accept('('))
            throw _scanner.Expected($"'(' after {name}; {signature.Usage}");
        var arguments = new ContextArguments(_scanner, signature, Nested);
        return At(column, () => signature.Build(arguments));
    }

    private Context Group(int opening)
    {
        Context inner = Deeper(opening);
        return _scanner.Accept(')') ? inner : throw _scanner.Expected("'*', '+', '|' or ')'");
    }

    // A context that is an argument of another; it ends before a comma or a parenthesis.
    private Context Nested()
    {
        int column = _scanner.Column;
        Context inner = Deeper(column);
        return inner is ConcatenationContext ? throw _scanner.Refusal(column, ConcatenationContext.RefusedInside) : inner;
    }

    private Context Deeper(int opening)
    {
        if (++_depth > Context.MaximumDepth)
            throw _scanner.Refusal(opening, $"parentheses are nested more than {ContextText.Number(Context.MaximumDepth)} deep");
        Context inner = Concatenation();
        _depth--;
        return inner;
    }

    // What the algebra refuses is refused at the column where the expression in question begins.
    private T At<T>(int column, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (InputException refusal) when (refusal is not ContextSyntaxException)
        {
            throw _scanner.Refusal(column, refusal.Message);
        }
    }
}
