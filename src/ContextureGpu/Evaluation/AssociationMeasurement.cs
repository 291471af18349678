using ContextureGpu.Kernels;
using static System.FormattableString;

namespace ContextureGpu;

/// <summary>Measures the association of a context: theory.md section 5.</summary>
internal static class AssociationMeasurement
{
    /// <summary>Rows z at which the kernel is looked at; up to here all of them.</summary>
    public const int Anchors = 256;

    /// <summary>Columns of the kernel held at a time.</summary>
    private const int Block = 32;

    /// <summary>Nearest rows among which one that differs is looked for.</summary>
    private const int Candidates = 8;

    private const ulong Stream = 0xA55C;

    /// <summary>Judges.</summary>
    /// <param name="kernel">The dual kernel.</param>
    /// <param name="spectrum">s_1 .. s_d0.</param>
    /// <param name="sample">The inputs, for distances.</param>
    /// <param name="anchors">Rows z to look at, at least 1.</param>
    /// <param name="seed">Key of the choice of rows.</param>
    /// <param name="device">Finds neighbours.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static Association Measure(
        DualKernel kernel, double[] spectrum, ContextSample sample, int anchors, ulong seed, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = kernel.Rows;
        int[] rows = Rows(n, Math.Min(n, anchors), seed);
        (int[] pairs, double[] distances) = NearestOthers(sample, rows, device, cancellationToken);
        double[] deviation = new double[rows.Length], drop = new double[rows.Length];
        double steepest = -1;
        for (int start = 0; start < rows.Length; start += Block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int b = Math.Min(Block, rows.Length - start);
            double[] k = kernel.Columns(rows.AsSpan(start, b));
            for (int x = 0; x < n; x++)
                for (int j = 0; j < b; j++)
                    deviation[start + j] += kernel.Weights[x] * Math.Abs(k[((long)x * b) + j] - 1);
            for (int p = 0; p < rows.Length; p++)
            {
                if (pairs[p] < 0)
                    continue;
                for (int j = 0; j < b; j++)
                {
                    double change = k[((long)rows[p] * b) + j] - k[((long)pairs[p] * b) + j];
                    steepest = Math.Max(steepest, Math.Abs(change) / distances[p]);
                    if (p == start + j && k[((long)rows[p] * b) + j] > 1)
                        drop[p] = change / (k[((long)rows[p] * b) + j] - 1);
                }
            }
        }
        double mass = rows.Sum(z => kernel.Weights[z]), mean = 0, variance = 0;
        for (int i = 0; i < rows.Length; i++)
            mean += kernel.Weights[rows[i]] * deviation[i] / mass;
        for (int i = 0; i < rows.Length; i++)
            variance += Math.Pow(kernel.Weights[rows[i]] / mass * (deviation[i] - mean), 2);
        double error = rows.Length == n ? 0 : Math.Sqrt(variance * (1 - ((double)rows.Length / n)));
        double[] drops = [.. drop.Where((_, p) => pairs[p] >= 0)];
        return Judge(DecayFit.Of(spectrum), spectrum.Length, mean, error, steepest < 0 ? null : steepest, drops.Length == 0 ? null : Middle.Of(drops));
    }

    /// <summary>The verdict on the numbers.</summary>
    public static Association Judge(DecayFit decay, int dimension, double deviation, double deviationError, double? lipschitz, double? drop)
    {
        double features = decay.FeaturesToTenth;
        bool fewFeatures = features < Association.FewestFeatures, flat = deviation < Association.LeastDeviation, slow = features > dimension && dimension > Association.FewestFeatures,
            lonely = drop > Association.LargestDrop;
        var reasons = new List<string>
        {
            $"{Fall(decay)}: {(fewFeatures ? "below" : slow ? "above" : "within")} {Invariant($"{Association.FewestFeatures} .. {Math.Max(dimension, Association.FewestFeatures)}")}",
            Invariant($"E|k_X - 1| = {deviation:g3}: {(flat ? "below" : "not below")} {Association.LeastDeviation}"),
        };
        if (drop is { } lost)
            reasons.Add(Invariant($"the kernel loses {lost:p0} of its excess between nearest rows: {(lonely ? "above" : "not above")} {Association.LargestDrop:p0}"));
        if (lipschitz is { } slope)
            reasons.Add(Invariant($"k_X changes by up to {slope:g3} per unit of the inputs"));
        AssociationVerdict verdict = slow || (lonely && !fewFeatures) ? AssociationVerdict.TooStrong : fewFeatures || flat ? AssociationVerdict.TooWeak : AssociationVerdict.Moderate;
        MixingOperation suggestion = verdict switch
        {
            AssociationVerdict.TooWeak => MixingOperation.Concatenation,
            AssociationVerdict.TooStrong => MixingOperation.Convolution,
            _ => MixingOperation.None,
        };
        return new Association(verdict, suggestion, decay, deviation, deviationError, lipschitz, drop, reasons);
    }

    /// <summary>Some rows, ascending, each with the same chance.</summary>
    public static int[] Rows(int n, int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, n)];
        if (count >= n)
            return order;
        var random = new Philox(seed, Stream);
        double[] draws = [.. order.Select(i => random.Uniform(i))];
        Array.Sort(draws, order);
        int[] rows = order[..count];
        Array.Sort(rows);
        return rows;
    }

    // How the spectrum falls; at its ends the fit has no numbers that a sentence could show.
    private static string Fall(DecayFit decay) => decay.Rate switch
    {
        0 => "the spectrum does not fall",
        double.PositiveInfinity => "every s_i is 0",
        _ => Invariant($"the fit s_i^2 = exp(-{decay.Rate:g3} i) falls to a tenth after {decay.FeaturesToTenth:g3} features"),
    };

    // For each row the nearest that differs from it and how far it is; -1 where there is none among the candidates.
    private static (int[] Other, double[] Distance) NearestOthers(ContextSample sample, int[] rows, ComputeDevice device, CancellationToken cancellationToken)
    {
        var other = new int[rows.Length];
        var distance = new double[rows.Length];
        Array.Fill(other, -1);
        int k = Math.Min(sample.Rows, Candidates), d = sample.Dimension;
        if (d == 0)
            return (other, distance);
        var queries = new double[rows.Length * d];
        for (int i = 0; i < rows.Length; i++)
            sample.Values.AsSpan(rows[i] * d, d).CopyTo(queries.AsSpan(i * d));
        var found = new int[rows.Length * k];
        var distances = new double[rows.Length * k];
        device.NearestNeighbors(queries, sample.Values, d, k, found, distances, cancellationToken);
        for (int i = 0; i < rows.Length; i++)
        {
            int at = Array.FindIndex(distances, i * k, k, v => v > 0);
            if (at >= 0)
                (other[i], distance[i]) = (found[at], Math.Sqrt(distances[at]));
        }
        return (other, distance);
    }
}
