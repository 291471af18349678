using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// A multilayer perceptron: <c>y_0 = x</c>, <c>y_l = f(N(y_(l-1) W_l) + b_l) + y_(l-1) S_l</c> for the hidden layers, and the outputs <c>y_L W + b</c>.
/// N is the identity, or layer normalisation with a trained gain g_l.
/// S is the identity where the widths agree, a trained matrix where they differ, and absent without skip connections.
/// </summary>
/// <param name="Inputs">Inputs of a row, at least 1.</param>
/// <param name="Width">Units of a hidden layer.</param>
/// <param name="Depth">Hidden layers.</param>
/// <param name="Outputs">Outputs of a row.</param>
/// <param name="Activation">f.</param>
/// <param name="SkipConnections">Whether there are skip connections.</param>
/// <param name="LayerNorm">Whether hidden layers are normalised.</param>
internal sealed record NetworkShape(int Inputs, int Width, int Depth, int Outputs, Activation Activation, bool SkipConnections, bool LayerNorm = false)
{
    /// <summary>Rows and columns of every matrix of parameters, in the order in which they are stored: W, b, then g and S where they are trained; layer by layer.</summary>
    public IEnumerable<(int Rows, int Columns)> Parameters()
    {
        for (int l = 0; l <= Depth; l++)
        {
            (int from, int to) = (l == 0 ? Inputs : Width, l == Depth ? Outputs : Width);
            yield return (from, to);
            yield return (1, to);
            if (l < Depth && LayerNorm)
                yield return (1, to);
            if (l < Depth && SkipConnections && from != to)
                yield return (from, to);
        }
    }

    /// <summary>Numbers in all parameters.</summary>
    public long Size => Parameters().Sum(p => (long)p.Rows * p.Columns);
}
