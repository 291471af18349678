namespace ContextureGpu;

/// <summary>
/// The dual kernel of <c>teacher(file=features.npy, whiten=0.01)</c>: <c>k_X(x, x') = 1 + &lt;phi(x), phi(x')&gt;</c> with phi the features of a teacher, centred. It is scaled so that the
/// largest singular value besides the constant's is 1. Whitened, every principal direction whose standard deviation is at least the threshold times the largest one has s = 1, and the
/// others are left out.
/// </summary>
internal sealed class TeacherContext : Context
{
    internal const string AcceptedFile = "the name of a features file, .npy, with a row for each row of the data";
    internal const string AcceptedWhiten = "a number above 0 and below 1";

    public TeacherContext(string file, double? whiten)
        : base(Text(file, whiten))
    {
        if (!GraphContext.AcceptsFile(file))
            throw new InputException($"file is empty; it must be {AcceptedFile}");
        if (whiten is double threshold && !AcceptsWhiten(threshold))
            throw new InputException($"whiten is {ContextText.Number(threshold)}; it must be {AcceptedWhiten}");
        (File, Whiten) = (file, whiten);
    }

    /// <summary>The file that holds the features, as it was written.</summary>
    public string File { get; }

    /// <summary>Smallest standard deviation, relative to the largest, of a principal direction that is kept and whitened; none for features as they are.</summary>
    public double? Whiten { get; }

    internal static bool AcceptsWhiten(double threshold) => threshold is > 0 and < 1;

    private static string Text(string file, double? whiten)
    {
        ArgumentNullException.ThrowIfNull(file);
        return $"teacher(file={ContextText.Name(file)}{(whiten is double threshold ? $", whiten={ContextText.Number(threshold)}" : "")})";
    }
}
