namespace ContextureGpu.Kernels;

/// <summary>A function of the inner product of two points.</summary>
public enum DotProductKernelKind
{
    /// <summary><c>k(x, y) = x.y</c>.</summary>
    Linear,

    /// <summary><c>k(x, y) = x.y / (||x|| ||y||)</c>, 0 where a point is zero.</summary>
    Cosine,

    /// <summary><c>k(x, y) = (gamma x.y + constant)^degree</c>.</summary>
    Polynomial,
}

/// <summary>
/// A kernel of the inner product. Its values may be zero or negative, so they have no logarithm, unlike those of a <see cref="RadialKernel"/>: it takes no offsets in an exponent, and a
/// kernel matrix is rescaled by scaling the rows of the block and of the result (<see cref="Arithmetic{T}.ScaleRows"/>).
/// </summary>
public readonly record struct DotProductKernel
{
    private DotProductKernel(DotProductKernelKind kind, double gamma, double constant, int degree) =>
        (Kind, Gamma, Constant, Degree) = (kind, gamma, constant, degree);

    /// <summary><c>x.y</c>.</summary>
    public static DotProductKernel Linear => new(DotProductKernelKind.Linear, 1, 0, 1);

    /// <summary>The cosine of the angle between x and y.</summary>
    public static DotProductKernel Cosine => new(DotProductKernelKind.Cosine, 1, 0, 1);

    /// <summary><c>(gamma x.y + constant)^degree</c>. The caller keeps it within the range of the element type.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="gamma"/> is not positive and finite, <paramref name="constant"/> not finite or <paramref name="degree"/> below 1.</exception>
    public static DotProductKernel Polynomial(double gamma, double constant, int degree)
    {
        if (!(gamma > 0) || !double.IsFinite(gamma))
            throw new ArgumentOutOfRangeException(nameof(gamma), gamma, "must be positive and finite");
        if (!double.IsFinite(constant))
            throw new ArgumentOutOfRangeException(nameof(constant), constant, "must be finite");
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        return new(DotProductKernelKind.Polynomial, gamma, constant, degree);
    }

    /// <summary>The function; the default value of this type is <see cref="Linear"/>.</summary>
    public DotProductKernelKind Kind { get; }

    /// <summary>Factor of the inner product; read for a polynomial only.</summary>
    public double Gamma { get; }

    /// <summary>What is added to it; read for a polynomial only.</summary>
    public double Constant { get; }

    /// <summary>The power, at least 1; read for a polynomial only.</summary>
    public int Degree { get; }
}
