using System.Numerics.Tensors;

namespace ContextureGpu;

/// <summary>Features and a target on the three parts of a split.</summary>
/// <param name="Train">Features of the rows that are fitted, row-major (n, d).</param>
/// <param name="Validation">Features of the rows that choose.</param>
/// <param name="Test">Features of the rows that judge.</param>
/// <param name="TrainTarget">Their targets.</param>
/// <param name="ValidationTarget">Their targets.</param>
/// <param name="TestTarget">Their targets.</param>
/// <param name="Dimension">d, at least 1.</param>
internal sealed record ProbeData(
    double[] Train, double[] Validation, double[] Test, EvaluationTarget TrainTarget, EvaluationTarget ValidationTarget, EvaluationTarget TestTarget, int Dimension)
{
    /// <summary>Shares out features and a target.</summary>
    /// <param name="rows">Gives the features of some rows, row-major.</param>
    /// <param name="dimension">Features.</param>
    /// <param name="target">The target of all rows.</param>
    /// <param name="split">Row numbers of the parts.</param>
    /// <exception cref="InputException">The training rows have one value or class only.</exception>
    public static ProbeData Of(Func<int[], double[]> rows, int dimension, EvaluationTarget target, (int[] Train, int[] Validation, int[] Test) split)
    {
        EvaluationTarget train = target.Subset(split.Train);
        bool varies = target.IsClass ? train.ClassOf.ContainsAnyExcept(train.ClassOf[0]) : train.Values.ContainsAnyExcept(train.Values[0]);
        if (!varies)
            throw new InputException(
                $"target {Naming.Quote(target.Name)}: the {train.Rows} training rows all have the same {(target.IsClass ? "class" : "number")}; another seed, a larger share of training rows or more rows are needed");
        return new ProbeData(rows(split.Train), rows(split.Validation), rows(split.Test), train, target.Subset(split.Validation), target.Subset(split.Test), dimension);
    }

    /// <summary>The same with the first features only.</summary>
    public ProbeData First(int d) => d == Dimension ? this : this with { Train = Head(Train, d), Validation = Head(Validation, d), Test = Head(Test, d), Dimension = d };

    /// <summary>The test error without features.</summary>
    public double Baseline()
    {
        if (!TrainTarget.IsClass)
        {
            double mean = TensorPrimitives.Sum(TrainTarget.Values) / TrainTarget.Rows, sum = 0;
            foreach (double y in TestTarget.Values)
                sum += (y - mean) * (y - mean);
            return sum / TestTarget.Rows;
        }
        var count = new int[TrainTarget.Classes.Count];
        foreach (int c in TrainTarget.ClassOf)
            count[c]++;
        int most = Array.IndexOf(count, count.Max()), wrong = 0;
        foreach (int c in TestTarget.ClassOf)
            wrong += c == most ? 0 : 1;
        return (double)wrong / TestTarget.Rows;
    }

    /// <summary>Names of classes that no training row has; none for a quantity.</summary>
    public IReadOnlyList<string> UnseenClasses()
    {
        int[] seen = TrainTarget.ClassOf.ToArray();
        return [.. TrainTarget.Classes.Where((_, c) => !seen.Contains(c))];
    }

    private double[] Head(double[] features, int d)
    {
        int n = features.Length / Dimension;
        var head = new double[n * d];
        for (int i = 0; i < n; i++)
            features.AsSpan(i * Dimension, d).CopyTo(head.AsSpan(i * d));
        return head;
    }
}
