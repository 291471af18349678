namespace ContextureGpu.Kernels;

/// <summary>The function that a layer of a network applies to each of its sums.</summary>
public enum Activation
{
    /// <summary><c>f(z) = z</c>: a linear layer.</summary>
    Identity,

    /// <summary><c>f(z) = tanh z</c>.</summary>
    Tanh,

    /// <summary><c>f(z) = max(z, 0)</c>, with slope 0 at 0.</summary>
    Relu,

    /// <summary><c>f(z) = z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2</c>: the Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016).</summary>
    Gelu,
}
