namespace ContextureGpu;

/// <summary>What kind of task a column is.</summary>
public enum TargetKind
{
    /// <summary>Texts and columns of two different numbers are classes; other numbers are a quantity.</summary>
    Auto,

    /// <summary>Numbers, predicted by regression.</summary>
    Quantity,

    /// <summary>Classes, told apart.</summary>
    Classes,
}

/// <summary>A task: what is to be predicted for each row, a quantity or a class. Immutable.</summary>
public sealed class EvaluationTarget
{
    /// <summary>The largest magnitude of a number in a probe: sums of squares of such numbers are finite.</summary>
    internal const double LargestMagnitude = 1e140;

    private readonly double[]? _values;
    private readonly int[]? _classOf;

    private EvaluationTarget(string name, double[]? values, int[]? classOf, IReadOnlyList<string> classes)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new InputException("a target has no name; it needs one");
        (Name, _values, _classOf, Classes) = (name, values, classOf, classes);
    }

    /// <summary>Its name: that of the column.</summary>
    public string Name { get; }

    /// <summary>Whether it is a class; otherwise a quantity.</summary>
    public bool IsClass => _classOf is not null;

    /// <summary>Names of the classes; empty for a quantity.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Rows.</summary>
    public int Rows => _values?.Length ?? _classOf!.Length;

    /// <summary>The quantity of each row; empty for classes.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>The class of each row, a position in <see cref="Classes"/>; empty for a quantity.</summary>
    public ReadOnlySpan<int> ClassOf => _classOf;

    /// <summary>A quantity.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="values">One finite number for each row, of at most 1e140 in magnitude, not all the same.</param>
    /// <exception cref="InputException">A number is not finite or too large, or all are the same.</exception>
    public static EvaluationTarget Quantity(string name, ReadOnlySpan<double> values)
    {
        double[] own = values.ToArray();
        int bad = Array.FindIndex(own, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new InputException($"target {Naming.Quote(name)}: row {bad + 1} is {(double.IsNaN(own[bad]) ? "missing" : own[bad])}; every row needs a finite number");
        int large = Array.FindIndex(own, v => Math.Abs(v) > LargestMagnitude);
        if (large >= 0)
            throw new InputException($"target {Naming.Quote(name)}: row {large + 1} is {own[large]:g3}; errors are squares, which need numbers of at most {LargestMagnitude:g3} in magnitude");
        if (own.Length == 0 || Array.TrueForAll(own, v => v == own[0]))
            throw new InputException($"target {Naming.Quote(name)} has the same number in all {own.Length} rows; a task needs at least two different ones");
        return new EvaluationTarget(name, own, null, []);
    }

    /// <summary>Classes.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="classOf">Class of each row, 0 .. c - 1.</param>
    /// <param name="classes">Names of the c classes, at least 2 of which occur; those that do not occur are left out.</param>
    /// <exception cref="InputException">A row has an unknown class, or fewer than two classes occur.</exception>
    public static EvaluationTarget OfClasses(string name, ReadOnlySpan<int> classOf, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        var place = new int[classes.Count];
        for (int i = 0; i < classOf.Length; i++)
        {
            if ((uint)classOf[i] >= (uint)classes.Count)
                throw new InputException($"target {Naming.Quote(name)}: row {i + 1} has class {classOf[i]}; classes are numbered 0 .. {classes.Count - 1}");
            place[classOf[i]] = 1;
        }
        int count = 0;
        var names = new List<string>();
        for (int c = 0; c < place.Length; c++)
        {
            if (place[c] == 0)
                continue;
            place[c] = count++;
            names.Add(classes[c]);
        }
        if (count < 2)
            throw new InputException($"target {Naming.Quote(name)} has {count} class in {classOf.Length} rows; a task needs at least two");
        int[] own = classOf.ToArray();
        return new EvaluationTarget(name, null, Array.ConvertAll(own, c => place[c]), names.AsReadOnly());
    }

    /// <summary>A column of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The name of the column.</param>
    /// <param name="kind">How to take it.</param>
    /// <exception cref="InputException">There is no such column, a row has no value, all rows have the same, or the column is not of this kind.</exception>
    public static EvaluationTarget From(DataTable table, string column, TargetKind kind = TargetKind.Auto)
    {
        ArgumentNullException.ThrowIfNull(table);
        int position = table.ColumnIndex(column);
        bool isNumeric = table.IsNumeric(position);
        if (kind == TargetKind.Quantity && !isNumeric)
            throw new InputException($"{table.Source}: column {Naming.Quote(column)} holds text; a quantity needs numbers");
        bool areClasses = kind switch
        {
            TargetKind.Auto => !isNumeric || HasTwoValues(table.Numbers(position)),
            TargetKind.Classes => true,
            TargetKind.Quantity => false,
            _ => throw new InputException($"the kind of a target is {(int)kind}; it must be one of {string.Join(", ", Enum.GetNames<TargetKind>())}"),
        };
        if (!areClasses)
            return Quantity(column, table.Numbers(position));
        ClassLabels labels = ClassLabels.From(table, column);
        return OfClasses(column, labels.Index, labels.Classes);
    }

    /// <summary>Some of the rows.</summary>
    internal EvaluationTarget Subset(int[] rows) => new(
        Name, _values is null ? null : Array.ConvertAll(rows, i => _values[i]), _classOf is null ? null : Array.ConvertAll(rows, i => _classOf[i]), Classes);

    /// <summary>For each class the quantity that is 1 in its rows and 0 elsewhere; none for a quantity.</summary>
    internal IReadOnlyList<EvaluationTarget> Indicators() => _classOf is null
        ? []
        : [.. Classes.Select((name, c) => Quantity($"{Name} = {name}", Array.ConvertAll(_classOf, of => of == c ? 1.0 : 0.0)))];

    private static bool HasTwoValues(ReadOnlySpan<double> values)
    {
        double first = double.NaN, second = double.NaN;
        foreach (double value in values)
        {
            if (double.IsNaN(value) || value == first || value == second)
                continue;
            if (double.IsNaN(first))
                first = value;
            else if (double.IsNaN(second))
                second = value;
            else
                return false;
        }
        return !double.IsNaN(second);
    }
}
