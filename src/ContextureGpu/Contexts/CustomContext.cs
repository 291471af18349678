using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// A user's own context: the conditional law of A on a sample, and at new rows. What can be told of a context is enough: its law is written here, a sampler with its density as a
/// <see cref="ContextSampler"/>, a density alone as a <see cref="ContextDensity"/>, a kernel as a <see cref="ContextKernel"/>; the law of the others is derived. Instances are given to <see cref="Context.Custom"/> and, by name, to
/// <see cref="SpectralModel.Load(string, ContextLaw[])"/>: a model's file holds the name, not the code.
/// </summary>
public abstract class ContextLaw
{
    /// <summary>The name in expressions, <c>custom(name=...)</c>; not empty.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// P(a_j | x_i) at given rows. For the sample itself both arguments are the same. It has to be a pure function: models call it again for new rows.
    /// </summary>
    /// <param name="sample">Inputs of the sample that the model is fitted on, row-major (n, dimension).</param>
    /// <param name="rows">Inputs where the law is asked for, row-major (m, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <returns>(m, atoms), no entry negative, every row with sum 1; the number of atoms may depend on the sample only.</returns>
    public abstract CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension);

    /// <summary>Draws one of the values of A for each row, by the law.</summary>
    /// <param name="sample">As for <see cref="At"/>.</param>
    /// <param name="rows">As for <see cref="At"/>.</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <param name="seed">Key: the draw of row i is a function of it and of i.</param>
    /// <returns>The number of a value of A for each row.</returns>
    public int[] DrawAtoms(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension, ulong seed)
    {
        CompressedRows law = At(sample, rows, dimension);
        int[] atoms = new int[law.Rows];
        for (int i = 0; i < atoms.Length; i++)
        {
            var random = new UniformDraws(seed, i);
            atoms[i] = law.ColumnIndices[law.RowStarts[i] + random.Choose(law.Values.AsSpan(law.RowStarts[i]..law.RowStarts[i + 1]))];
        }
        return atoms;
    }
}

/// <summary>The law that a user's code gives.</summary>
internal sealed class CustomContext : Context
{
    internal const string AcceptedName = "a name that is not empty";

    public CustomContext(string name, ContextLaw? law)
        : base(Text(name))
    {
        if (!AcceptsName(name))
            throw new InputException($"name is empty; it must be {AcceptedName}");
        (Name, Law) = (name, law);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The code; none where the expression was read from a text.</summary>
    public ContextLaw? Law { get; }

    internal static bool AcceptsName(string name) => name.Length > 0;

    private static string Text(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"custom(name={ContextText.Name(name)})";
    }
}
