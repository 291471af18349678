using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>A context that sees something else of a row than its inputs: some columns, a target, a partner.</summary>
/// <param name="inner">The context, bound to the projected sample.</param>
/// <param name="project">What it sees of new rows.</param>
internal sealed class ProjectedContext(BoundContext inner, Func<ContextSample, ContextSample> project) : BoundContext
{
    public override NeighborRecall? Recall => inner.Recall;

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => inner.OnSample(on);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) => inner.At(on, project(rows), device);

    public override int DrawOne(int row, ref UniformDraws random) => inner.DrawOne(row, ref random);

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => inner.Connect(joined, rowNode, atomNode, reached);

    /// <summary>A projection of a bound context, in the same space.</summary>
    public static ProjectedContext Of(BoundContext inner, Func<ContextSample, ContextSample> project) =>
        new(inner, project) { Rows = inner.Rows, Atoms = inner.Atoms, Space = inner.Space, InputWeights = inner.InputWeights, Coordinates = inner.Coordinates, Warnings = inner.Warnings };
}
