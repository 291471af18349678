using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Prediction by the nearest training rows: their mean, or the most frequent class among them, ties by the nearer row.</summary>
internal static class NeighborProbe
{
    private static readonly int[] Counts = [1, 2, 3, 5, 10, 20, 50];

    /// <summary>Chooses the number of neighbours on the validation rows.</summary>
    public static ProbeResult Fit(ProbeData data, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = data.TrainTarget.Rows;
        int[] counts = [.. Counts.Where(k => k < n)];
        int most = counts[^1];
        int[] validation = Nearest(data.Validation), test = Nearest(data.Test);
        ProbeScore[] scores = [.. counts.Select(k => Score(validation, data.ValidationTarget, k))];
        int best = 0;
        for (int i = 1; i < counts.Length; i++)
        {
            if (scores[i].Error < scores[best].Error)
                best = i;
        }
        // A training row is not its own neighbour.
        int[] train = new int[n * most], wide = Nearest(data.Train, most + 1);
        for (int i = 0; i < n; i++)
        {
            int at = 0;
            for (int r = 0; r <= most && at < most; r++)
            {
                if (wide[(i * (most + 1)) + r] != i)
                    train[(i * most) + at++] = wide[(i * (most + 1)) + r];
            }
        }
        return new ProbeResult(
            data.TrainTarget.IsClass ? ProbeMetric.ErrorRate : ProbeMetric.MeanSquaredError, counts[best], Score(train, data.TrainTarget, counts[best]), scores[best],
            Score(test, data.TestTarget, counts[best]), 0);

        int[] Nearest(double[] x, int? count = null)
        {
            int k = count ?? most;
            int[] found = new int[x.Length / data.Dimension * k];
            device.NearestNeighbors(x, data.Train, data.Dimension, k, found, new double[found.Length], cancellationToken);
            return found;
        }

        ProbeScore Score(int[] neighbors, EvaluationTarget target, int k)
        {
            if (!target.IsClass)
            {
                var predicted = new double[target.Rows];
                for (int i = 0; i < predicted.Length; i++)
                {
                    for (int r = 0; r < k; r++)
                        predicted[i] += data.TrainTarget.Values[neighbors[(i * most) + r]] / k;
                }
                return ProbeScores.OfNumbers(target.Values, predicted);
            }
            var classes = new int[target.Rows];
            var votes = new int[target.Classes.Count];
            for (int i = 0; i < classes.Length; i++)
            {
                Array.Clear(votes);
                for (int r = 0; r < k; r++)
                    votes[data.TrainTarget.ClassOf[neighbors[(i * most) + r]]]++;
                int winner = votes.Max();
                for (int r = k - 1; r >= 0; r--)
                {
                    int c = data.TrainTarget.ClassOf[neighbors[(i * most) + r]];
                    if (votes[c] == winner)
                        classes[i] = c;
                }
            }
            return ProbeScores.OfClasses(target.ClassOf, classes);
        }
    }
}
