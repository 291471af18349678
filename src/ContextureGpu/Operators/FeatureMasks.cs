using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>Random sets of hidden features, each feature hidden on its own with the same probability.</summary>
internal static class FeatureMasks
{
    /// <summary>
    /// The visible features of each draw, ascending; a set may be empty. A pure function of the arguments; draw k does not depend on how many there are.
    /// </summary>
    /// <param name="seed">Names the sequence of draws.</param>
    /// <param name="draws">Sets, at least 1.</param>
    /// <param name="dimension">Features.</param>
    /// <param name="rate">Probability that a feature is hidden, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static int[][] Visible(ulong seed, int draws, int dimension, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        if (!(rate >= 0 && rate <= 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "a mask hides a feature with a probability from 0 to 1");
        var visible = new int[draws][];
        var features = new List<int>(dimension);
        for (int draw = 0; draw < draws; draw++)
        {
            var random = new Philox(seed, (ulong)draw);
            features.Clear();
            for (int f = 0; f < dimension; f++)
            {
                if (random.Uniform(f) >= rate)
                    features.Add(f);
            }
            visible[draw] = [.. features];
        }
        return visible;
    }
}
