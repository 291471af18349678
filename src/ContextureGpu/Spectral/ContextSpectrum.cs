using System.Numerics;
using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>The spectrum of one context on a sample: theory.md section 2.</summary>
/// <param name="SingularValues">s, d values, descending; zeros beyond the rank.</param>
/// <param name="Features">mu on the rows, (n, d): zero mean, unit variance, largest entry positive; zeros beyond the rank.</param>
/// <param name="AtomFunctions">nu on the atoms, (m, d).</param>
/// <param name="Residuals">One for each pair.</param>
/// <param name="Rank">Features that are not zero.</param>
/// <param name="Components">Connected components of the context; the first <c>components - 1</c> features are constant on them and have s = 1.</param>
/// <param name="Iterations">Of the solver.</param>
/// <param name="Converged">Whether all residuals are within the tolerance.</param>
internal sealed record ContextSpectrum(
    double[] SingularValues, FunctionValues Features, FunctionValues AtomFunctions, double[] Residuals, int Rank, int Components, int Iterations, bool Converged)
{
    /// <summary>Computes it; the Krylov solver goes on from what an earlier run left in the checkpoint, on whatever device.</summary>
    public static ContextSpectrum Compute<T>(
        BoundContext context, int dimension, SpectralSolver solver, SpectralOptions options, ComputeDevice device, HostLinearAlgebra host,
        IProgress<SolverProgress>? progress, CancellationToken cancellationToken, double[]? rowMass = null,
        KrylovCheckpoint<T>? checkpoint = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.CancellableArithmetic<T>(cancellationToken);
        (int n, int m) = (context.Rows, context.Atoms);
        double[] weights = context.InputWeights ?? rowMass ?? EqualWeights.Of(n);
        ContextComponents components = ContextComponents.Find(context, weights, cancellationToken);
        int c = components.Count, exact = Math.Min(dimension, c - 1), rest = Math.Max(0, Math.Min(dimension - exact, Math.Min(n, m) - c));

        double[] values = new double[dimension], residuals = new double[dimension];
        Array.Fill(values, 1, 0, exact);
        if (rest == 0)
        {
            FunctionValues alone = Assemble<T>(null, n, dimension, components, components.OfRow, exact, 0);
            FunctionValues aloneAtoms = Assemble<T>(null, m, dimension, components, components.OfAtom, exact, 0);
            Finish<T>(alone, aloneAtoms);
            return new ContextSpectrum(values, alone, aloneAtoms, residuals, exact, c, 0, true);
        }

        double[] atomMass;
        SingularTriplets<T> triplets;
        using (LinearOperator<T> b = context.Normalised(on, weights, out atomMass))
        using (var deflated = new Deflated<T>(b, new GroupProjector<T>(on, weights, components.OfRow, c), new GroupProjector<T>(on, atomMass, components.OfAtom, c)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            triplets = Solve(deflated, rest, solver, options, host, progress, checkpoint, cancellationToken);
        }
        using SingularTriplets<T> found = triplets;
        cancellationToken.ThrowIfCancellationRequested();

        // B has norm 1 (the trivial pair), so what lies below the square root of its rounding is zero, however large the others are.
        double zero = Math.Sqrt(16 * double.CreateTruncating(T.BitIncrement(T.One) - T.One));
        int kept = Math.Min(found.Rank, found.Values.Count(s => s > zero));
        Array.Copy(found.Values, 0, values, exact, kept);
        Array.Copy(found.Certificate.Residuals, 0, residuals, exact, kept);
        FunctionValues features = Assemble<T>(Scaled(on, weights, found.Left), n, dimension, components, components.OfRow, exact, kept);
        found.Left.Dispose();
        FunctionValues atoms = Assemble<T>(Scaled(on, context.Measure(atomMass), found.Right), m, dimension, components, components.OfAtom, exact, kept);
        Finish<T>(features, atoms);
        bool converged = residuals.All(r => r <= options.EffectiveTolerance);
        return new ContextSpectrum(values, features, atoms, residuals, exact + kept, c, found.Certificate.Iterations, converged);
    }

    // U to functions: rows over the roots of their masses, in place; points without mass get zero.
    private static FunctionValues Scaled<T>(Arithmetic<T> on, double[] mass, DeviceMatrix<T> vectors)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using DeviceMatrix<T> scale = on.UploadColumn<T>(Array.ConvertAll(mass, p => p > 0 ? 1 / Math.Sqrt(p) : 0));
        on.ScaleRows(scale, vectors, vectors);
        return FunctionValues.Download(on, vectors);
    }

    // The contrasts of the components, what was found, zeros.
    private static FunctionValues Assemble<T>(FunctionValues? found, int points, int dimension, ContextComponents components, int[] component, int exact, int kept)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (found is not null && kept == dimension && found.Functions == dimension)
            return found;
        FunctionValues all = FunctionValues.Zeros<T>(points, dimension);
        Span<T> values = all.Values<T>();
        for (int i = 0; i < exact; i++)
            components.Contrast(i + 1, component, values, i, dimension);
        if (found is not null)
        {
            ReadOnlySpan<T> from = found.Values<T>();
            for (int r = 0; r < points; r++)
                from.Slice(r * found.Functions, kept).CopyTo(values[((r * dimension) + exact)..]);
        }
        return all;
    }

    private static SingularTriplets<T> Solve<T>(
        LinearOperator<T> b, int dimension, SpectralSolver solver, SpectralOptions options, HostLinearAlgebra host,
        IProgress<SolverProgress>? progress, KrylovCheckpoint<T>? checkpoint, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => solver switch
        {
            SpectralSolver.Exact => (SingularTriplets<T>)(object)ExactSolver.Solve((LinearOperator<double>)(object)b, dimension, host, cancellationToken),
            SpectralSolver.Randomized => RandomizedSolver.Solve(
                b, dimension, host, new RandomizedSolverOptions { Tolerance = options.EffectiveTolerance, Seed = options.Seed }, cancellationToken),
            _ => KrylovSolver.Solve(
                b, dimension, host, new KrylovSolverOptions { Tolerance = options.EffectiveTolerance, Seed = options.Seed, Progress = progress }, cancellationToken, checkpoint),
        };

    // The largest entry of each feature is made positive; nothing that is not finite gets out.
    private static void Finish<T>(FunctionValues features, FunctionValues atoms)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int dimension = features.Functions;
        var largest = new T[dimension];
        Span<T> values = features.Values<T>();
        for (int r = 0; r < features.Points; r++)
        {
            ReadOnlySpan<T> row = values.Slice(r * dimension, dimension);
            for (int i = 0; i < row.Length; i++)
            {
                T value = row[i];
                if (!(T.Abs(value) <= T.Abs(largest[i])))
                {
                    if (!T.IsFinite(value))
                        throw new NumericalException($"feature {i} of row {r} (counted from 0) is {value}");
                    largest[i] = value;
                }
            }
        }
        T[] sign = Array.ConvertAll(largest, v => v < T.Zero ? T.NegativeOne : T.One);
        if (Array.TrueForAll(sign, v => v == T.One))
            return;
        for (int r = 0; r < features.Points; r++)
            TensorPrimitives.Multiply(values.Slice(r * dimension, dimension), sign, values.Slice(r * dimension, dimension));
        Span<T> functions = atoms.Values<T>();
        for (int a = 0; a < atoms.Points; a++)
            TensorPrimitives.Multiply(functions.Slice(a * dimension, dimension), sign, functions.Slice(a * dimension, dimension));
    }
}
