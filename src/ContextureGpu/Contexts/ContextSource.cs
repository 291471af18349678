namespace ContextureGpu;

/// <summary>
/// A context over a sample, to be drawn from: <c>a ~ P(. | x)</c> for the rows x of the sample, by <see cref="ContextureEngine.OpenSource(double[,], Context, CancellationToken)"/>. Draws run on all
/// processors of the host and are pure functions of the seed and of the number of the draw (Philox), however they are cut into batches and on every machine. Safe for use by several threads.
/// </summary>
public sealed class ContextSource
{
    private readonly BoundContext _bound;
    private readonly FreshValues? _values;
    private readonly Context _context;

    internal ContextSource(Context context, BoundContext bound, FreshValues? values) => (_context, _bound, _values) = (context, bound, values);

    /// <summary>Rows of the sample.</summary>
    public int Rows => _bound.Rows;

    /// <summary>Values of A in the operator of the context: rows of the sample, classes, or those that were drawn to stand for all.</summary>
    public int Atoms => _bound.Atoms;

    /// <summary>Numbers of a value of A where values are rows of inputs; null where they are not: classes, tokens that a mask leaves visible, a user's own.</summary>
    public int? ValueDimension => _values?.Dimension;

    /// <summary>Draws by the law on the finitely many values of the operator: draw e is for the row <c>rows[e]</c>.</summary>
    /// <param name="rows">Numbers of rows of the sample.</param>
    /// <param name="seed">Key.</param>
    /// <param name="first">Number of the first draw, at least 0.</param>
    /// <param name="atoms">Receives the number of a value of A for each.</param>
    /// <exception cref="InputException">A row does not exist, the sizes differ, or <paramref name="first"/> is negative.</exception>
    public void DrawAtoms(ReadOnlyMemory<int> rows, ulong seed, long first, Memory<int> atoms)
    {
        Check(rows.Span, first, atoms.Length, 1);
        _bound.Draw(rows, seed, first, atoms);
    }

    /// <summary>
    /// Draws values as rows of inputs, by the law of the context itself: of noise, views, replaced and mixed columns a new value each time. The numbers are others than those of
    /// <see cref="DrawAtoms"/>.
    /// </summary>
    /// <param name="rows">Numbers of rows of the sample.</param>
    /// <param name="seed">Key.</param>
    /// <param name="first">Number of the first draw, at least 0.</param>
    /// <param name="values">Receives row-major (draws, <see cref="ValueDimension"/>).</param>
    /// <exception cref="InputException">The values are no rows of inputs, a row does not exist, the sizes differ, or <paramref name="first"/> is negative.</exception>
    public void DrawValues(ReadOnlyMemory<int> rows, ulong seed, long first, Memory<double> values)
    {
        FreshValues fresh = _values ?? throw new InputException($"the values of '{_context}' are no rows of inputs of one size, they are {_bound.Space}; draw them by number");
        Check(rows.Span, first, values.Length, fresh.Dimension);
        Parallel.For(0, rows.Length, e =>
        {
            var random = new UniformDraws(seed, first + e);
            fresh.Draw(rows.Span[e], ref random, values.Span.Slice(e * fresh.Dimension, fresh.Dimension));
        });
    }

    private void Check(ReadOnlySpan<int> rows, long first, int room, int width)
    {
        if (room != (long)rows.Length * width)
            throw new InputException($"{rows.Length} draws of {width} numbers are {(long)rows.Length * width}; there is room for {room}");
        if (first < 0)
            throw new InputException($"the first draw is number {first}; draws are counted from 0");
        for (int e = 0; e < rows.Length; e++)
        {
            if ((uint)rows[e] >= (uint)Rows)
                throw new InputException($"draw {e} (counted from 0) is for row {rows[e]}; rows are numbered 0 .. {Rows - 1}");
        }
    }
}
