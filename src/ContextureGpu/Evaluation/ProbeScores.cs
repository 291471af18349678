using System.Numerics.Tensors;

namespace ContextureGpu;

/// <summary>Scores of predictions.</summary>
internal static class ProbeScores
{
    /// <summary>Of predicted numbers.</summary>
    public static ProbeScore OfNumbers(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)
    {
        double mean = TensorPrimitives.Sum(actual) / actual.Length, total = 0, left = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            left += (actual[i] - predicted[i]) * (actual[i] - predicted[i]);
            total += (actual[i] - mean) * (actual[i] - mean);
        }
        return new ProbeScore(left / actual.Length, total > 0 ? 1 - (left / total) : null, null);
    }

    /// <summary>Of logits, row-major (n, c); the first of equal ones is predicted.</summary>
    public static ProbeScore OfLogits(ReadOnlySpan<int> actual, ReadOnlySpan<double> logits, int classes)
    {
        int wrong = 0;
        double loss = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            ReadOnlySpan<double> row = logits.Slice(i * classes, classes);
            int best = TensorPrimitives.IndexOfMax(row);
            wrong += best == actual[i] ? 0 : 1;
            double sum = 0;
            foreach (double logit in row)
                sum += Math.Exp(logit - row[best]);
            loss += Math.Log(sum) + row[best] - row[actual[i]];
        }
        return new ProbeScore((double)wrong / actual.Length, null, loss / actual.Length);
    }

    /// <summary>Of predicted classes.</summary>
    public static ProbeScore OfClasses(ReadOnlySpan<int> actual, ReadOnlySpan<int> predicted)
    {
        int wrong = 0;
        for (int i = 0; i < actual.Length; i++)
            wrong += predicted[i] == actual[i] ? 0 : 1;
        return new ProbeScore((double)wrong / actual.Length, null, null);
    }
}
