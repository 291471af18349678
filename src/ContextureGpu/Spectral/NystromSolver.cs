using System.Numerics;
using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>
/// Nystroem (Williams and Seeger, NIPS 2001) for any context with a law at new rows: the spectrum of the context on m landmarks, each with the mass of the rows it stands for, its functions extended by
/// <c>mu(x) = (1/s) sum_j P(a_j | x) nu(a_j)</c> to all rows, centred and made orthonormal there in their order; nu is changed alike, so that the formula goes on to hold.
/// <para>The residuals are not those of the fit on the landmarks. Up to <see cref="ExactRows"/> rows they are <c>||T T* mu - s^2 mu||</c> with the law over the whole sample: one
/// application of each side, exact to rounding. Above, they are an estimate: the same norm, relative to that of mu, with the law of the context over
/// <see cref="EvaluationRows"/> rows drawn evenly from those that are no landmarks, in place of all rows. It has that draw's sampling error, and where the law depends on how many rows there are (nearest
/// neighbours) it measures the context at that number.</para>
/// </summary>
internal static class NystromSolver
{
    /// <summary>Rows up to which the certificate uses the law over the whole sample.</summary>
    public const int ExactRows = 50_000;

    /// <summary>Rows that stand for the sample in the certificate above that.</summary>
    public const int EvaluationRows = 8192;

    /// <summary>Rows that functions are extended to at a time.</summary>
    public const int TileRows = 8192;

    /// <summary>Fits one context.</summary>
    /// <param name="context">The context, no concatenation, all numbers known.</param>
    /// <param name="sample">All rows.</param>
    /// <param name="landmarks">Rows of the landmarks, ascending, and their masses.</param>
    /// <param name="dimension">d.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="device">The device.</param>
    /// <param name="host">Small problems.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Checked for each tile and block.</param>
    /// <returns>Features on all rows, functions on the values of A over the landmarks; residuals are zero until <see cref="Certify"/>.</returns>
    /// <exception cref="InputException">The context has no law at new rows.</exception>
    public static ContextSpectrum Fit<T>(
        Context context, ContextSample sample, Landmarks landmarks, int dimension, SpectralOptions options, ComputeDevice device, HostLinearAlgebra host,
        FitProgressRelay progress, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ContextSample chosen = sample.Subset(landmarks.Rows, landmarks.Mass);
        progress.Report(FitPhase.Binding, 0);
        BoundContext bound = ContextBinding.Bind(context, chosen, device, cancellationToken);
        progress.Report(FitPhase.Solving, 0);
        ContextSpectrum small = ContextSpectrum.Compute<T>(bound, dimension, SpectralSolver.Krylov, options, device, host, progress, cancellationToken, landmarks.Mass);
        progress.Report(FitPhase.Extending, 0);
        Arithmetic<T> on = device.CancellableArithmetic<T>(cancellationToken);
        int n = sample.Rows, d = dimension, rank = small.Rank;
        double[] functions = Over(small.AtomFunctions.ToDouble(), small.SingularValues);
        FunctionValues features = FunctionValues.Zeros<T>(n, d);
        double[] gram = new double[d * d], mean = new double[d], tileGram = new double[d * d], tileMean = new double[d];
        using (DeviceMatrix<T> nu = on.UploadMatrix<T>(functions, bound.Atoms, d))
        {
            ForTiles(n, progress, 0, (start, rows) =>
            {
                int[] tile = [.. Enumerable.Range(start, rows)];
                using LinearOperator<T> law = bound.At(on, sample.Subset(tile), device);
                using DeviceMatrix<T> values = on.Allocate(rows, d), ones = on.Allocate(rows, 1);
                law.Apply(nu, values);
                on.Fill(ones, T.One);
                on.InnerProducts(values, values, tileGram);
                on.InnerProducts(ones, values, tileMean);
                TensorPrimitives.Add(gram, tileGram, gram);
                TensorPrimitives.Add(mean, tileMean, mean);
                on.Download(values, features.Values<T>().Slice(start * d, rows * d));
            }, cancellationToken);
        }
        TensorPrimitives.Divide(mean, n, mean);
        double[] rotation = Orthonormalising(gram, mean, n, d, rank), shift = new double[d];
        host.Multiply(mean, Orientation.Normal, rotation, Orientation.Normal, shift, 1, d, d);
        T[] narrow = Array.ConvertAll(shift, T.CreateTruncating);
        ForTiles(n, progress, 0.5, (start, rows) =>
        {
            Span<T> block = features.Values<T>().Slice(start * d, rows * d);
            using DeviceMatrix<T> values = on.Allocate(rows, d), rotated = on.Allocate(rows, d);
            on.Upload(block, values);
            on.MultiplySmall(values, rotation, T.Zero, rotated);
            on.Download(rotated, block);
            for (int i = 0; i < rows; i++)
                TensorPrimitives.Subtract(block.Slice(i * d, d), narrow, block.Slice(i * d, d));
        }, cancellationToken);
        var atoms = new double[(long)bound.Atoms * d];
        host.Multiply(functions, Orientation.Normal, rotation, Orientation.Normal, atoms, bound.Atoms, d, d);
        for (int a = 0; a < bound.Atoms; a++)
        {
            Span<double> row = atoms.AsSpan(a * d, d);
            TensorPrimitives.Subtract(row, shift, row);
            TensorPrimitives.Multiply(row, small.SingularValues, row);
        }
        return small with { Features = features, AtomFunctions = FunctionValues.Of(atoms, bound.Atoms, d), Residuals = new double[d], Converged = false };
    }

    /// <summary>Measures the residuals as the summary says.</summary>
    /// <param name="spectrum">What <see cref="Fit"/> found.</param>
    /// <param name="context">The context.</param>
    /// <param name="sample">All rows.</param>
    /// <param name="landmarks">Rows of the landmarks.</param>
    /// <param name="exactRows">Rows up to which the whole sample is used.</param>
    /// <param name="evaluationRows">Rows that stand for it otherwise.</param>
    /// <param name="options">Tolerance and seed.</param>
    /// <param name="device">The device.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public static ContextSpectrum Certify<T>(
        ContextSpectrum spectrum, Context context, ContextSample sample, Landmarks landmarks, int exactRows, int evaluationRows, SpectralOptions options, ComputeDevice device,
        CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int d = spectrum.SingularValues.Length;
        int[]? rows = sample.Rows <= exactRows ? null : Landmarks.Uniform(sample.Rows, evaluationRows, options.Seed + 1, sample.Rows - landmarks.Rows.Length >= evaluationRows ? landmarks.Rows : []);
        ContextSample used = rows is null ? sample : sample.Subset(rows);
        Arithmetic<T> on = device.CancellableArithmetic<T>(cancellationToken);
        BoundContext bound = ContextBinding.Bind(context, used, device, cancellationToken);
        double root = 1 / Math.Sqrt(used.Rows);
        double[] weights = EqualWeights.Of(used.Rows);
        using LinearOperator<T> b = bound.Normalised(on, weights, out _);
        double[] residuals = new double[d], row = new double[d];
        for (int first = 0; first < spectrum.Rank; first += SingularTriplets<T>.CertificateColumns)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int width = Math.Min(SingularTriplets<T>.CertificateColumns, spectrum.Rank - first);
            double[] u = new double[(long)used.Rows * width], squares = new double[width * width], lengths = new double[width * width];
            for (int i = 0; i < used.Rows; i++)
            {
                spectrum.Features.CopyTo((rows?[i] ?? i) * d, row);
                TensorPrimitives.Multiply(row.AsSpan(first, width), root, u.AsSpan(i * width, width));
            }
            using DeviceMatrix<T> mu = on.UploadMatrix<T>(u, used.Rows, width), image = on.Allocate(used.Rows, width), adjoint = on.Allocate(bound.Atoms, width);
            b.ApplySquare(mu, image, adjoint);
            for (int i = 0; i < width; i++)
                squares[(i * width) + i] = -spectrum.SingularValues[first + i] * spectrum.SingularValues[first + i];
            on.MultiplySmall(mu, squares, T.One, image);
            on.InnerProducts(image, image, squares);
            on.InnerProducts(mu, mu, lengths);
            for (int i = 0; i < width; i++)
                residuals[first + i] = Math.Sqrt(squares[(i * width) + i] / Math.Max(double.Epsilon, lengths[(i * width) + i]));
        }
        return spectrum with { Residuals = residuals, Converged = residuals.All(r => r <= options.EffectiveTolerance) };
    }

    /// <summary>Ridge leverage scores of all rows from a spectrum that was extended to them.</summary>
    public static double[] LeverageScores(ContextSpectrum spectrum)
    {
        int d = spectrum.SingularValues.Length;
        double ridge = spectrum.Rank > 0 ? spectrum.SingularValues[spectrum.Rank - 1] : 1;
        double[] share = Array.ConvertAll(spectrum.SingularValues, s => s > 0 ? s * s / ((s * s) + (ridge * ridge)) : 0);
        double[] scores = new double[spectrum.Features.Points], row = new double[d];
        for (int i = 0; i < scores.Length; i++)
        {
            spectrum.Features.CopyTo(i * d, row);
            TensorPrimitives.Multiply(row, row, row);
            scores[i] = TensorPrimitives.Dot(row, share);
        }
        return scores;
    }

    private static void ForTiles(int n, FitProgressRelay progress, double done, Action<int, int> body, CancellationToken cancellationToken)
    {
        int tile = TileRows;
        for (int start = 0; start < n;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(tile, n - start);
            try
            {
                body(start, rows);
            }
            catch (InsufficientMemoryException) when (rows > 1)
            {
                tile = rows / 2;
                continue;
            }
            start += rows;
            progress.Report(FitPhase.Extending, Math.Max(1e-3, done + (0.5 * start / n)));
        }
    }

    // nu_i / s_i; zeros beyond the rank.
    private static double[] Over(double[] functions, double[] singularValues)
    {
        double[] inverse = Array.ConvertAll(singularValues, s => s > 0 ? 1 / s : 0), divided = new double[functions.Length];
        for (int start = 0; start < functions.Length; start += inverse.Length)
            TensorPrimitives.Multiply(functions.AsSpan(start, inverse.Length), inverse, divided.AsSpan(start, inverse.Length));
        return divided;
    }

    // R^(-1) of the covariance on all rows; where features have become dependent on each other, only their lengths are corrected.
    private static double[] Orthonormalising(double[] gram, double[] mean, int n, int d, int rank)
    {
        double[] covariance = new double[rank * rank], rotation = new double[d * d];
        for (int i = 0; i < rank; i++)
            for (int j = 0; j < rank; j++)
                covariance[(i * rank) + j] = (gram[(i * d) + j] / n) - (mean[i] * mean[j]);
        double[]? inverse = BlockOrthonormalization.InverseCholesky(covariance, rank);
        for (int i = 0; i < rank; i++)
        {
            double variance = covariance[(i * rank) + i];
            if (!(variance > 0))
                throw new NumericalException($"feature {i}, extended from the landmarks, has the variance {variance}; more landmarks are needed");
            for (int j = 0; j < rank; j++)
                rotation[(i * d) + j] = inverse is not null ? inverse[(i * rank) + j] : i == j ? 1 / Math.Sqrt(variance) : 0;
        }
        return rotation;
    }
}
