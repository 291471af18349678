using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>The spectrum of one context on a sample: theory.md section 2.</summary>
/// <param name="SingularValues">s, d values, descending; zeros beyond the rank.</param>
/// <param name="Features">mu on the rows, row-major (n, d): zero mean, unit variance, largest entry positive; zeros beyond the rank.</param>
/// <param name="AtomFunctions">nu on the atoms, row-major (m, d).</param>
/// <param name="Residuals">One for each pair.</param>
/// <param name="Rank">Features that are not zero.</param>
/// <param name="Components">Connected components of the context; the first <c>components - 1</c> features are constant on them and have s = 1.</param>
/// <param name="Iterations">Of the solver.</param>
/// <param name="Converged">Whether all residuals are within the tolerance.</param>
internal sealed record ContextSpectrum(
    double[] SingularValues, double[] Features, double[] AtomFunctions, double[] Residuals, int Rank, int Components, int Iterations, bool Converged)
{
    /// <summary>Computes it.</summary>
    public static ContextSpectrum Compute<T>(
        BoundContext context, int dimension, SpectralSolver solver, SpectralOptions options, ComputeDevice device, HostLinearAlgebra host, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.Arithmetic<T>();
        (int n, int m) = (context.Rows, context.Atoms);
        double[] weights = context.InputWeights ?? [.. Enumerable.Repeat(1.0 / n, n)];
        LinearOperator<T> law = context.OnSample(on);
        double[] atomMass = AtomMasses(law, weights);
        using var b = new DiagonallyScaled<T>(
            Array.ConvertAll(weights, Math.Sqrt), law, Array.ConvertAll(atomMass, p => p > 0 ? 1 / Math.Sqrt(p) : 0), OperatorStructure.None);
        ContextComponents components = ContextComponents.Find(context, weights);
        int c = components.Count, exact = Math.Min(dimension, c - 1), rest = Math.Max(0, Math.Min(dimension - exact, Math.Min(n, m) - c));

        double[] values = new double[dimension], residuals = new double[dimension], features = new double[n * dimension], atoms = new double[m * dimension];
        for (int i = 0; i < exact; i++)
        {
            values[i] = 1;
            components.Contrast(i + 1, components.OfRow, features, i, dimension);
            components.Contrast(i + 1, components.OfAtom, atoms, i, dimension);
        }
        (int rank, int iterations, bool converged) = (exact, 0, true);
        if (rest > 0)
        {
            using var deflated = new Deflated<T>(b, new GroupProjector<T>(on, weights, components.OfRow, c), new GroupProjector<T>(on, atomMass, components.OfAtom, c));
            using SingularTriplets<T> found = Solve(deflated, rest, solver, options, host, cancellationToken);
            // B has norm 1 (the trivial pair), so what lies below the square root of its rounding is zero, however large the others are.
            double zero = Math.Sqrt(16 * double.CreateTruncating(T.BitIncrement(T.One) - T.One));
            int kept = Math.Min(found.Rank, found.Values.Count(s => s > zero));
            double[] left = on.DownloadDouble(found.Left), right = on.DownloadDouble(found.Right);
            for (int i = 0; i < kept; i++)
            {
                values[exact + i] = found.Values[i];
                residuals[exact + i] = found.Certificate.Residuals[i];
                for (int r = 0; r < n; r++)
                    features[(r * dimension) + exact + i] = left[(r * rest) + i] / Math.Sqrt(weights[r]);
                for (int a = 0; a < m; a++)
                    atoms[(a * dimension) + exact + i] = atomMass[a] > 0 ? right[(a * rest) + i] / Math.Sqrt(atomMass[a]) : 0;
            }
            (rank, iterations) = (exact + kept, found.Certificate.Iterations);
            converged = residuals.All(r => r <= options.EffectiveTolerance);
        }
        Finish(features, atoms, n, m, dimension);
        return new ContextSpectrum(values, features, atoms, residuals, rank, c, iterations, converged);
    }

    private static SingularTriplets<T> Solve<T>(
        LinearOperator<T> b, int dimension, SpectralSolver solver, SpectralOptions options, HostLinearAlgebra host, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => solver switch
        {
            SpectralSolver.Exact => (SingularTriplets<T>)(object)ExactSolver.Solve((LinearOperator<double>)(object)b, dimension, host, cancellationToken),
            SpectralSolver.Randomized => RandomizedSolver.Solve(
                b, dimension, host, new RandomizedSolverOptions { Tolerance = options.EffectiveTolerance, Seed = options.Seed }, cancellationToken),
            _ => KrylovSolver.Solve(b, dimension, host, new KrylovSolverOptions { Tolerance = options.EffectiveTolerance, Seed = options.Seed }, cancellationToken),
        };

    // P_A = P^T w; P is stochastic, so its rounding is removed by dividing by the sum.
    private static double[] AtomMasses<T>(LinearOperator<T> law, double[] weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = law.Arithmetic;
        using DeviceMatrix<T> w = on.UploadColumn<T>(weights), mass = on.Allocate(law.Columns, 1);
        law.ApplyAdjoint(w, mass);
        double[] values = on.DownloadDouble(mass);
        double sum = values.Sum();
        int bad = Array.FindIndex(values, v => !(v >= 0) || !double.IsFinite(v));
        if (bad >= 0 || !(sum > 0))
            throw new NumericalException($"the probability of context value {Math.Max(0, bad)} is {values[Math.Max(0, bad)]}");
        return Array.ConvertAll(values, v => v / sum);
    }

    // The largest entry of each feature is made positive; nothing that is not finite gets out.
    private static void Finish(double[] features, double[] atoms, int n, int m, int dimension)
    {
        for (int i = 0; i < dimension; i++)
        {
            double largest = 0;
            for (int r = 0; r < n; r++)
            {
                double value = features[(r * dimension) + i];
                if (!double.IsFinite(value))
                    throw new NumericalException($"feature {i} of row {r} (counted from 0) is {value}");
                if (Math.Abs(value) > Math.Abs(largest))
                    largest = value;
            }
            if (largest >= 0)
                continue;
            for (int r = 0; r < n; r++)
                features[(r * dimension) + i] *= -1;
            for (int a = 0; a < m; a++)
                atoms[(a * dimension) + i] *= -1;
        }
    }
}
