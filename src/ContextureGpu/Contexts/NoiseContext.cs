namespace ContextureGpu;

/// <summary>
/// The law of <c>noise(sigma=0.3)</c>, <c>a = x + sigma z</c>, and of <c>noise(time=0.3)</c>, the diffusion schedule <c>a = sqrt(1 - t) x + sqrt(t) z</c>, z standard normal.
/// </summary>
internal sealed class NoiseContext : Context
{
    internal const string AcceptedSigma = "a positive finite number whose square is neither 0 nor infinite";
    internal const string AcceptedTime = "a number above 0 and below 1";

    public NoiseContext(double? sigma, double? time, ContextDraws draws)
        : base($"noise({(sigma is double s ? $"sigma={ContextText.Number(s)}" : $"time={ContextText.Number(time ?? double.NaN)}")}{draws.Checked()})")
    {
        if (sigma is null == time is null)
            throw new InputException("noise has either sigma (the standard deviation) or time (of the diffusion schedule), not both and not none");
        if (sigma is double given && !AcceptsSigma(given))
            throw new InputException($"sigma is {ContextText.Number(given)}; it must be {AcceptedSigma}");
        if (time is double at && !AcceptsTime(at))
            throw new InputException($"time is {ContextText.Number(at)}; it must be {AcceptedTime}");
        (Draws, Scale, Sigma) = (draws, time is double t ? Math.Sqrt(1 - t) : 1, sigma ?? Math.Sqrt(time!.Value));
    }

    /// <summary>What x is multiplied by.</summary>
    public double Scale { get; }

    /// <summary>Standard deviation of the noise in each input.</summary>
    public double Sigma { get; }

    /// <summary>The values of A that stand for all.</summary>
    public ContextDraws Draws { get; }

    internal static bool AcceptsSigma(double sigma) => sigma > 0 && double.IsFinite(sigma * sigma) && double.IsFinite(1 / (sigma * sigma));

    internal static bool AcceptsTime(double time) => time is > 0 and < 1 && double.IsFinite(1 / time);
}
