using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Dual kernels as features: centred under the masses of the rows that a context starts from (those of the data, or those that what precedes it leads to), scaled to the largest
/// singular value 1.
/// </summary>
internal static class FeatureBinding
{
    /// <summary>An eigenvalue below minus this times the largest one is no rounding: the kernel is indefinite.</summary>
    private const double Indefinite = 1e-4;

    /// <summary>The largest difference, relative to the largest entry, of two entries that should be the same.</summary>
    private const double Asymmetry = 1e-5;

    private const double Rounding = 2.3e-16;

    /// <summary>Whether a simple context is given by its dual kernel, so that nothing can follow it.</summary>
    public static bool IsDual(Context context) => context is TeacherContext or KernelContext or LinearTargetContext;

    /// <summary>A teacher's features.</summary>
    /// <param name="teacher">The context.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="mass">Masses of its rows, sum 1.</param>
    /// <param name="host">Small problems.</param>
    /// <exception cref="InputException">There are no features of this name, or they are constant.</exception>
    public static FeatureContext Bind(TeacherContext teacher, ContextSample sample, double[] mass, HostLinearAlgebra host)
    {
        if (!sample.Partners.TryGetValue(teacher.File, out ContextSample? given))
            throw new InputException($"{teacher}: no features were given under this name");
        int n = given.Rows, m = given.Dimension;
        double[] mean = Mean(given.Values, mass, m), centred = new double[given.Values.Length];
        for (int i = 0; i < n; i++)
            TensorPrimitives.Subtract(given.Values.AsSpan(i * m, m), mean, centred.AsSpan(i * m, m));
        double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(centred));
        if (!(largest > 16 * Rounding * Math.Abs(TensorPrimitives.MaxMagnitude<double>(given.Values))))
            throw new InputException($"{teacher}: all features are constant; at least one must vary");
        if (!double.IsFinite(largest))
            throw new InputException($"{teacher}: the features are too large to be centred");
        TensorPrimitives.Divide(centred, largest, centred);
        double[] features = m <= n ? Principal(centred, mass, n, m, teacher.Whiten, host) : Wide(centred, mass, n, m, teacher.Whiten, host);
        return Bound(teacher, sample.Rows, features, [], _ => throw new InputException(
            $"{teacher} is defined on the rows it was fitted with: the teacher's features of a new row are not known. Put a context that leads to rows before it, such as knn(k=5) * {teacher}"));
    }

    /// <summary>A kernel.</summary>
    /// <inheritdoc cref="Bind(TeacherContext, ContextSample, double[], HostLinearAlgebra)"/>
    /// <exception cref="InputException">There is no kernel of this name, or it is not symmetric, not positive semidefinite when centred, or constant.</exception>
    public static FeatureContext Bind(KernelContext kernel, ContextSample sample, double[] mass, HostLinearAlgebra host)
    {
        int n = sample.Rows;
        if (kernel.File is null && kernel.Code is null)
            throw new InputException($"{kernel}: the code of this kernel is not at hand; give it to Context.Kernel, or to SpectralModel.Load with the file");
        double[] given = kernel.Code?.Matrix(sample.Values, sample.Values, sample.Dimension)
            ?? (sample.Kernels.TryGetValue(kernel.File!, out double[]? found) ? found : throw new InputException($"{kernel}: no matrix was given under this name"));
        double[] k = Symmetrised(kernel, given, n);
        int exponent = Exponent(k);
        Scale(k, exponent);
        double[] means = Mean(k, mass, n);
        double grand = TensorPrimitives.Dot<double>(means, mass), largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(k));
        Centre(k, n, means, grand);
        double[] root = Array.ConvertAll(mass, Math.Sqrt), vectors = Weighed(k, root, n), values = new double[n];
        host.SymmetricEigen(vectors, n, values);
        double top = values[^1];
        if (!(top > 16 * n * Rounding * largest))
            throw new InputException($"{kernel}: the kernel is constant once it is centred; it tells no two rows apart");
        if (values[0] < -Indefinite * top)
            throw new InputException($"{kernel}: the kernel is not positive semidefinite: centred, its smallest eigenvalue is {values[0] / top:g3} times the largest");
        int negative = values.Count(v => v < -n * Rounding * top), first = Array.FindIndex(values, v => v > n * Rounding * top), r = n - first;
        string[] warnings = negative == 0 ? [] : [$"{kernel}: {negative} eigenvalues of the centred kernel are negative, down to {values[0] / top:g2} times the largest; they were set to zero"];

        // phi_j(x) = sum_l k(x, x_l) sqrt(w_l) u_lj / sqrt(lambda_j lambda_1), k centred: the features of the sample, of rows without mass and of new rows alike.
        var map = new double[n * r];
        for (int j = 0; j < r; j++)
        {
            double scale = 1 / Math.Sqrt(values[n - 1 - j] * top);
            for (int l = 0; l < n; l++)
                map[(l * r) + j] = scale * root[l] * vectors[((n - 1 - j) * n) + l];
        }
        return Bound(kernel, n, Mapped(k, n), warnings, rows =>
        {
            if (kernel.Code is null)
                throw new InputException($"{kernel} is defined on the rows it was fitted with: the kernel of a new row is not known. Put a context that leads to rows before it, such as knn(k=5) * {kernel}");
            double[] other = kernel.Code.Matrix(rows.Values, sample.Values, sample.Dimension);
            Scale(other, exponent);
            for (int i = 0; i < rows.Rows; i++)
            {
                Span<double> row = other.AsSpan(i * n, n);
                TensorPrimitives.Subtract(row, means, row);
                TensorPrimitives.Subtract(row, TensorPrimitives.Dot<double>(row, mass), row);
            }
            return WithConstant(Mapped(other, rows.Rows), rows.Rows);
        });

        double[] Mapped(double[] centred, int count)
        {
            var features = new double[checked(count * r)];
            host.Multiply(centred, Orientation.Normal, map, Orientation.Normal, features, count, r, n);
            return features;
        }
    }

    /// <summary>A standardised number.</summary>
    /// <inheritdoc cref="Bind(TeacherContext, ContextSample, double[], HostLinearAlgebra)"/>
    public static FeatureContext Bind(LinearTargetContext target, ContextSample sample, double[] mass)
    {
        double[] own = Numbers(sample);
        double mean = TensorPrimitives.Dot<double>(own, mass), scale = Deviation(own, mean, mass);
        if (!(scale > 16 * Rounding * Math.Abs(mean)))
            throw new InputException($"{target}: the column has the same number in all rows; at least one must differ");
        return Bound(target, sample.Rows, Standardised(own), [], rows => WithConstant(Standardised(Numbers(rows)), rows.Rows));

        double[] Numbers(ContextSample rows) => rows.Targets.TryGetValue(target.Column, out double[]? found)
            ? found
            : throw new InputException($"{target}: the data has no column '{target.Column}'");

        double[] Standardised(double[] y) => Array.ConvertAll(y, v => (v - mean) / scale);
    }

    /// <summary>The standard deviation of numbers under masses of sum 1, also where the squares of the numbers are out of range.</summary>
    public static double Deviation(double[] values, double mean, double[] mass)
    {
        double largest = values.Max(y => Math.Abs(y - mean));
        return largest > 0 ? largest * Math.Sqrt(values.Select((y, i) => mass[i] * ((y - mean) / largest) * ((y - mean) / largest)).Sum()) : 0;
    }

    private static FeatureContext Bound(Context context, int rows, double[] features, IReadOnlyList<string> warnings, Func<ContextSample, double[]> at)
    {
        double[] values = WithConstant(features, rows);
        int atoms = values.Length / rows;
        return new FeatureContext(values, at) { Rows = rows, Atoms = atoms, Space = $"features of {context}", Coordinates = FeatureContext.Measures(atoms), Warnings = warnings };
    }

    // Features as they are over the largest standard deviation of a direction, or the directions above a threshold, each over its own.
    private static double[] Principal(double[] centred, double[] mass, int n, int m, double? whiten, HostLinearAlgebra host)
    {
        double[] weighed = new double[centred.Length], covariance = new double[m * m], values = new double[m];
        for (int i = 0; i < n; i++)
            TensorPrimitives.Multiply(centred.AsSpan(i * m, m), Math.Sqrt(mass[i]), weighed.AsSpan(i * m, m));
        host.Multiply(weighed, Orientation.Transposed, weighed, Orientation.Normal, covariance, m, m, n);
        host.SymmetricEigen(covariance, m, values);
        if (whiten is not double threshold)
        {
            TensorPrimitives.Divide(centred, Math.Sqrt(values[^1]), centred);
            return centred;
        }
        int first = Kept(values, threshold), r = m - first;
        for (int j = first; j < m; j++)
            TensorPrimitives.Divide(covariance.AsSpan(j * m, m), Math.Sqrt(values[j]), covariance.AsSpan(j * m, m));
        var features = new double[n * r];
        host.Multiply(centred, Orientation.Normal, covariance.AsSpan(first * m), Orientation.Transposed, features, n, r, m);
        return features;
    }

    // As Principal, where there are more features than rows: by the kernel of the features, a row and a column for each row.
    private static double[] Wide(double[] centred, double[] mass, int n, int m, double? whiten, HostLinearAlgebra host)
    {
        double[] gram = new double[n * n], root = Array.ConvertAll(mass, Math.Sqrt), values = new double[n];
        host.Multiply(centred, Orientation.Normal, centred, Orientation.Transposed, gram, n, n, m);
        double[] vectors = Weighed(gram, root, n);
        host.SymmetricEigen(vectors, n, values);
        int first = Kept(values, whiten ?? Math.Sqrt(n * Rounding)), r = n - first;
        var map = new double[n * r];
        for (int j = 0; j < r; j++)
        {
            double value = values[first + j], scale = 1 / (whiten is null ? Math.Sqrt(value * values[^1]) : value);
            for (int l = 0; l < n; l++)
                map[(l * r) + j] = scale * root[l] * vectors[((first + j) * n) + l];
        }
        var features = new double[n * r];
        host.Multiply(gram, Orientation.Normal, map, Orientation.Normal, features, n, r, n);
        return features;
    }

    // The first of the ascending variances whose root is at least the threshold times the largest.
    private static int Kept(double[] values, double threshold) => Array.FindIndex(values, v => v > 0 && Math.Sqrt(v / values[^1]) >= threshold);

    private static double[] Mean(double[] values, double[] mass, int columns)
    {
        var mean = new double[columns];
        for (int i = 0; i < mass.Length; i++)
            TensorPrimitives.MultiplyAdd(values.AsSpan(i * columns, columns), mass[i], mean, mean);
        return mean;
    }

    private static double[] Symmetrised(KernelContext kernel, double[] given, int n)
    {
        double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(given));
        var k = new double[given.Length];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                (double a, double b) = (given[(i * n) + j], given[(j * n) + i]);
                if (Math.Abs(a - b) > Asymmetry * largest)
                    throw new InputException($"{kernel}: the kernel is not symmetric: between rows {i} and {j} (counted from 0) it is {a}, the other way round {b}");
                k[(i * n) + j] = k[(j * n) + i] = (0.5 * a) + (0.5 * b);
            }
        }
        return k;
    }

    // The size of a kernel has no meaning, but squares of its eigenvalues must stay within the range of numbers: a power of two takes it away and rounds nothing.
    private static int Exponent(double[] k)
    {
        double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(k));
        return largest > 0 ? Math.ILogB(largest) : 0;
    }

    private static void Scale(double[] k, int exponent)
    {
        for (int e = 0; e < k.Length; e++)
            k[e] = Math.ScaleB(k[e], -exponent);
    }

    private static void Centre(double[] k, int n, double[] means, double grand)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = k.AsSpan(i * n, n);
            TensorPrimitives.Subtract(row, means, row);
            TensorPrimitives.Subtract(row, means[i] - grand, row);
        }
    }

    // D K D, D the diagonal matrix of the roots.
    private static double[] Weighed(double[] k, double[] root, int n)
    {
        var weighed = new double[k.Length];
        for (int i = 0; i < n; i++)
        {
            Span<double> row = weighed.AsSpan(i * n, n);
            TensorPrimitives.Multiply(k.AsSpan(i * n, n), root, row);
            TensorPrimitives.Multiply(row, root[i], row);
        }
        return weighed;
    }

    private static double[] WithConstant(double[] features, int rows)
    {
        int m = rows == 0 ? 0 : features.Length / rows;
        if ((long)rows * (m + 1) > Array.MaxLength)
            throw new InputException($"{rows} rows with {m} features do not fit into an array");
        var values = new double[rows * (m + 1)];
        for (int i = 0; i < rows; i++)
        {
            values[i * (m + 1)] = 1;
            features.AsSpan(i * m, m).CopyTo(values.AsSpan((i * (m + 1)) + 1));
        }
        return values;
    }
}
