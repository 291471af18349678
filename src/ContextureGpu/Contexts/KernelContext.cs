namespace ContextureGpu;

/// <summary>
/// The dual kernel of <c>kernel(file=gram.npy)</c>, a matrix of a row and a column for each row of the data, and of <c>kernel(name=mine)</c>, the user's code:
/// <c>k_X(x, x') = 1 + c k(x, x')</c> with k centred and c such that the largest singular value besides the constant's is 1.
/// </summary>
internal sealed class KernelContext : Context
{
    internal const string AcceptedFile = "the name of a .npy file with a row and a column for each row of the data";

    private KernelContext(string? file, string? name, ContextKernel? code)
        : base(file is not null ? $"kernel(file={ContextText.Name(file)})" : $"kernel(name={ContextText.Name(name!)})")
    {
        (File, Name, Code) = (file, name, code);
    }

    /// <summary>The file that holds the matrix, as it was written; none for code.</summary>
    public string? File { get; }

    /// <summary>The name of the code; none for a file.</summary>
    public string? Name { get; }

    /// <summary>The code; none for a file, and where the expression was read from a text.</summary>
    public ContextKernel? Code { get; }

    /// <summary>The kernel whose matrix is in a file.</summary>
    public static KernelContext OfFile(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return GraphContext.AcceptsFile(file) ? new KernelContext(file, null, null) : throw new InputException($"file is empty; it must be {AcceptedFile}");
    }

    /// <summary>The kernel of a name, with its code where it is at hand.</summary>
    public static KernelContext Named(string name, ContextKernel? code)
    {
        ArgumentNullException.ThrowIfNull(name);
        return CustomContext.AcceptsName(name) ? new KernelContext(null, name, code) : throw new InputException($"name is empty; it must be {CustomContext.AcceptedName}");
    }
}
