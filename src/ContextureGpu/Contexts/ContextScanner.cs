using System.Globalization;

namespace ContextureGpu;

/// <summary>Reads the words, numbers and signs of an expression from left to right; blanks between them do not count.</summary>
internal sealed class ContextScanner
{
    private const NumberStyles NumberStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private readonly string _text;
    private int _position;

    public ContextScanner(string text)
    {
        _text = text;
    }

    /// <summary>The column, from 1, of the next character that is not blank.</summary>
    public int Column
    {
        get
        {
            while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
                _position++;
            return _position + 1;
        }
    }

    /// <summary>The next character that is not blank, without taking it; a null character at the end.</summary>
    public char Next => Column <= _text.Length ? _text[_position] : '\0';

    /// <summary>Whether nothing is left but blanks.</summary>
    public bool AtEnd => Column > _text.Length;

    /// <summary>Whether a number may begin here: a digit, a point or a minus sign.</summary>
    public bool AtNumber => char.IsAsciiDigit(Next) || Next is '.' or '-';

    /// <summary>Takes a sign if it is the next one.</summary>
    public bool Accept(char sign)
    {
        if (AtEnd || Next != sign)
            return false;
        _position++;
        return true;
    }

    /// <summary>Takes a word of letters, digits and underscores that begins with a letter; nothing if none is next.</summary>
    public string? Word()
    {
        int start = Column - 1;
        if (AtEnd || !char.IsLetter(_text[start]))
            return null;
        while (_position < _text.Length && (char.IsLetterOrDigit(_text[_position]) || _text[_position] == '_'))
            _position++;
        return _text[start.._position];
    }

    /// <summary>Takes the digits, signs and points of a number, which need not be one: <c>1.2.3</c> is taken as a whole.</summary>
    public string Numeral()
    {
        int start = Column - 1;
        if (Next == '-')
            _position++;
        while (_position < _text.Length && (char.IsAsciiDigit(_text[_position]) || _text[_position] == '.' || AtExponent()))
            _position++;
        return _text[start.._position];
    }

    /// <summary>Takes the value of an argument: a quoted text, or everything up to a comma or a parenthesis, without the blanks around it.</summary>
    public ContextValue Value()
    {
        int column = Column, start = column - 1;
        if (Accept('"'))
            return new(Quoted(column), IsQuoted: true, column);
        while (_position < _text.Length && !ContextText.EndsBareName(_text[_position]))
            _position++;
        return new(_text[start.._position].TrimEnd(), IsQuoted: false, column);
    }

    /// <summary>The refusal of what stands at the next column.</summary>
    public ContextSyntaxException Expected(string what)
    {
        string found = AtEnd ? "the end" : char.IsControl(Next) ? $"the character U+{(int)Next:X4}" : $"'{Next}'";
        return Refusal(Column, $"expected {what}, found {found}");
    }

    /// <summary>A refusal at a column, with its reason.</summary>
    public ContextSyntaxException Refusal(int column, string problem) => new(_text, column, problem);

    /// <summary>A number that takes the whole text, in the invariant culture.</summary>
    public static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyle, CultureInfo.InvariantCulture, out value);

    /// <summary>An integer that takes the whole text.</summary>
    public static bool TryInteger(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    // The letter of an exponent, or the sign after it: an e belongs to a number only when digits follow.
    private bool AtExponent()
    {
        bool Digit(int ahead) => _position + ahead < _text.Length && char.IsAsciiDigit(_text[_position + ahead]);
        bool Sign(int ahead) => _position + ahead < _text.Length && _text[_position + ahead] is '+' or '-';
        return _text[_position] switch
        {
            'e' or 'E' => Digit(1) || (Sign(1) && Digit(2)),
            '+' or '-' => _text[_position - 1] is 'e' or 'E' && Digit(1),
            _ => false,
        };
    }

    private string Quoted(int opening)
    {
        var value = new System.Text.StringBuilder();
        while (_position < _text.Length)
        {
            char c = _text[_position++];
            if (c != '"')
                value.Append(c);
            else if (_position < _text.Length && _text[_position] == '"')
                value.Append(_text[_position++]);
            else
                return value.ToString();
        }
        throw Refusal(opening, "expected a second '\"' that ends the quoted text; a quote inside is written twice");
    }
}
