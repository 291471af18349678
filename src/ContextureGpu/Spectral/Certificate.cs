namespace ContextureGpu;

/// <summary>What ended an iteration.</summary>
public enum StoppingReason
{
    /// <summary>The method is direct: there was nothing to iterate.</summary>
    Direct,

    /// <summary>Every residual is within the tolerance.</summary>
    Converged,

    /// <summary>The allowed iterations were used; the residuals say how far it came.</summary>
    IterationLimit,
}

/// <summary>The evidence that comes with singular triplets, computed from the operator itself and not from the method's recurrences.</summary>
/// <param name="Residuals"><c>||T T* mu_i - s_i^2 mu_i||</c> for each pair, in L2(P_X).</param>
/// <param name="Orthogonality">Largest entry of <c>|U^T U - I|</c>.</param>
/// <param name="Iterations">Passes of the method.</param>
/// <param name="Applications">Single functions that T or T* was applied to, the certificate's own included.</param>
/// <param name="Stopped">What ended it.</param>
public sealed record Certificate(double[] Residuals, double Orthogonality, int Iterations, long Applications, StoppingReason Stopped);
