using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Math;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// A distance that is screened in float32 and decided in float64. Screening sees a query and the points of a leaf relative to the centre c of the leaf, scaled by a power of two s:
/// X = s (x - c), Y = s (y - c), each rounded to float32, and compares a score with a limit that no neighbour's score can exceed.
/// <para>u = 2^-24. Rounding and d multiply-adds give <c>gamma = (d + 6) u / (1 - (d + 6) u)</c> (Higham, Accuracy and Stability, 2nd ed. 2002, section 3.1); what underflows
/// in float32 is below 2^-110 a term.</para>
/// </summary>
internal interface IScreenedDistance
{
    /// <summary>The distance, bit for bit as <see cref="NeighborMetric"/> says.</summary>
    static abstract unsafe double Exact(double* x, double* y, int dimension);

    /// <summary>Adds what a difference contributes to a distance: its square or its magnitude.</summary>
    static abstract Vector<double> AddTerms(Vector<double> difference, Vector<double> sum);

    /// <inheritdoc cref="AddTerms"/>
    static abstract double AddTerm(double difference, double sum);

    /// <summary>Adds one feature to a score; the query comes negated.</summary>
    static abstract TVector AddScore<TVector, TLanes>(TVector negatedQuery, TVector point, TVector score)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector>;

    /// <summary>What the score of a point starts from.</summary>
    /// <param name="size">Sum of the terms of Y.</param>
    static abstract float Start(double size);

    /// <summary>A distance, times s as often as the distance has it.</summary>
    static abstract double Scaled(double distance, double scale);

    /// <summary>What underflow can take from a distance in float64, not scaled.</summary>
    static abstract double Lost(int dimension);

    /// <summary>From a score to at least the distance.</summary>
    /// <param name="score">The score.</param>
    /// <param name="offset">From <see cref="UpperOffset"/>.</param>
    static abstract float Upper(float score, float offset);

    /// <summary>What <see cref="Upper"/> adds for a query in a leaf.</summary>
    /// <param name="query">Sum of the terms of X.</param>
    /// <param name="error">From <see cref="ScoreError"/>.</param>
    /// <param name="errors">Bounds of rounding errors.</param>
    static abstract double UpperOffset(double query, double error, in RoundingErrors errors);

    /// <summary>By how much <see cref="Upper"/> can be above the distance, but for a factor of 1 + 2^-20.</summary>
    static abstract double UpperSlack(double query, double error, in RoundingErrors errors);

    /// <summary>The score that no point within a limit exceeds.</summary>
    /// <param name="limit">Of the scaled distance.</param>
    /// <param name="query">Sum of the terms of X.</param>
    /// <param name="error">From <see cref="ScoreError"/>.</param>
    /// <param name="errors">Bounds of rounding errors.</param>
    static abstract double ScoreLimit(double limit, double query, double error, in RoundingErrors errors);

    /// <summary>By how much a score can be off.</summary>
    /// <param name="query">Sum of the terms of X.</param>
    /// <param name="radius">The largest sum of terms of a Y in the leaf.</param>
    /// <param name="errors">Bounds of rounding errors.</param>
    static abstract double ScoreError(double query, double radius, in RoundingErrors errors);

    /// <summary>What no score in a leaf exceeds, up to its error.</summary>
    static abstract double LargestScore(double query, double radius);

    /// <summary>What no score falls below, up to its error.</summary>
    static abstract double SmallestScore(double query);
}

/// <summary>How far computed values can be off in d dimensions.</summary>
internal readonly struct RoundingErrors(int dimension)
{
    /// <summary>1 + 2^-22: more than two roundings of float32 can take.</summary>
    public const float JustAboveOne = 1 + (1f / (1 << 22));

    /// <summary>d.</summary>
    public readonly int Dimension = dimension;

    /// <summary>gamma of float32 and what the bound itself may lose; more than any score where d is so large that nothing can be said.</summary>
    public readonly double Single = (dimension + 6.0) / (1 << 24) is < 0.5 and var terms ? terms / (1 - terms) * (1 + (1.0 / (1 << 20))) : 1e30;

    /// <summary>More than the relative error of sums of d terms in float64, on both sides of a comparison.</summary>
    public readonly double Double = 16 * (dimension + 8.0) * ScaleB(1, -53);

    /// <summary>More than underflow can take from a score.</summary>
    public readonly double Underflow = dimension * ScaleB(1, -110);

    /// <summary>A float32 at or just above a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Up(double value) => (float)(value + (Abs(value) * (1.0 / (1 << 23))) + (1.0 / (1L << 62) / (1L << 62)));
}

/// <summary>
/// <c>|X - Y|^2 = |X|^2 + 2 (|Y|^2 / 2 - X.Y)</c>: the score <c>|Y|^2 / 2 - X.Y</c> costs one multiply-add a feature. It is off by at most <c>gamma (|Y|^2 / 2 + |X| |Y|)</c>,
/// which is small where it matters, since X and Y are relative to the leaf.
/// </summary>
internal readonly struct SquaredEuclidean : IScreenedDistance
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe double Exact(double* x, double* y, int dimension)
    {
        double sum = 0;
        for (int f = 0; f < dimension; f++)
        {
            double difference = x[f] - y[f];
            sum += difference * difference;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> AddTerms(Vector<double> difference, Vector<double> sum) => sum + (difference * difference);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double AddTerm(double difference, double sum) => sum + (difference * difference);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector AddScore<TVector, TLanes>(TVector negatedQuery, TVector point, TVector score)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector> => TLanes.MultiplyAdd(negatedQuery, point, score);

    public static float Start(double size) => (float)(0.5 * size);

    public static double Scaled(double distance, double scale) => distance * scale * scale;

    public static double Lost(int dimension) => 4.0 * dimension * double.Epsilon;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Upper(float score, float offset) => ((2 * score) + offset) * RoundingErrors.JustAboveOne;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double UpperOffset(double query, double error, in RoundingErrors errors) => (query * (1 + errors.Double)) + (2 * error);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double UpperSlack(double query, double error, in RoundingErrors errors) => (2 * errors.Double * query) + (4 * error);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScoreLimit(double limit, double query, double error, in RoundingErrors errors) =>
        (0.5 * (limit - query)) + (errors.Double * query) + error;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScoreError(double query, double radius, in RoundingErrors errors) =>
        (errors.Single * ((0.5 * radius) + Sqrt(query * radius))) + errors.Underflow;

    public static double LargestScore(double query, double radius) => (0.5 * radius) + Sqrt(query * radius);

    public static double SmallestScore(double query) => -0.5 * query;
}

/// <summary>The score is the distance: <c>sum_f |X_f - Y_f|</c>. Rounding moves it by at most <c>u (|X| + |Y|)</c>, and summation by gamma of itself.</summary>
internal readonly struct AbsoluteDifferences : IScreenedDistance
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe double Exact(double* x, double* y, int dimension)
    {
        double sum = 0;
        for (int f = 0; f < dimension; f++)
            sum += Abs(x[f] - y[f]);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> AddTerms(Vector<double> difference, Vector<double> sum) => sum + Vector.Abs(difference);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double AddTerm(double difference, double sum) => sum + Abs(difference);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector AddScore<TVector, TLanes>(TVector negatedQuery, TVector point, TVector score)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector> => TLanes.AddMagnitude(negatedQuery, point, score);

    public static float Start(double size) => 0;

    public static double Scaled(double distance, double scale) => distance * scale;

    public static double Lost(int dimension) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Upper(float score, float offset) => (score + offset) * RoundingErrors.JustAboveOne;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double UpperOffset(double query, double error, in RoundingErrors errors) => error;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double UpperSlack(double query, double error, in RoundingErrors errors) => 2 * error;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScoreLimit(double limit, double query, double error, in RoundingErrors errors) => limit + error;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScoreError(double query, double radius, in RoundingErrors errors) => (errors.Single * (query + radius)) + errors.Underflow;

    public static double LargestScore(double query, double radius) => query + radius;

    public static double SmallestScore(double query) => 0;
}
