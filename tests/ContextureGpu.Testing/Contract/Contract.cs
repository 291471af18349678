using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>The checks that the operations of a device must pass in one element type, by the name of the operation.</summary>
public static class Contract<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Every check by name; a name that is a member of <see cref="Arithmetic{T}"/> is the check of that member.</summary>
    public static IReadOnlyDictionary<string, Action<ContractBench<T>>> Checks { get; } = new Dictionary<string, Action<ContractBench<T>>>
    {
        ["Ledger"] = MemoryChecks<T>.Ledger,
        ["ColumnRange"] = MemoryChecks<T>.ColumnRange,
        ["UploadAndDownload"] = MemoryChecks<T>.UploadAndDownload,
        [nameof(Arithmetic<T>.Fill)] = MemoryChecks<T>.Fill,
        [nameof(Arithmetic<T>.Copy)] = DenseChecks<T>.Copy,
        [nameof(Arithmetic<T>.Multiply)] = DenseChecks<T>.Multiply,
        [nameof(Arithmetic<T>.MultiplySmall)] = DenseChecks<T>.MultiplySmall,
        [nameof(Arithmetic<T>.ScaleRows)] = DenseChecks<T>.ScaleRows,
        [nameof(Arithmetic<T>.NormalizeRows)] = DenseChecks<T>.NormalizeRows,
        [nameof(Arithmetic<T>.Combine)] = DenseChecks<T>.Combine,
        [nameof(Arithmetic<T>.InnerProducts)] = ReductionChecks<T>.InnerProducts,
        [nameof(Arithmetic<T>.ProjectionCoefficients)] = ReductionChecks<T>.ProjectionCoefficients,
        [nameof(Arithmetic<T>.ColumnMoments)] = ReductionChecks<T>.ColumnMoments,
        [nameof(Arithmetic<T>.KernelProduct)] = KernelMatrixChecks<T>.KernelProduct,
        ["DotProductKernels"] = KernelMatrixChecks<T>.DotProductKernels,
        [nameof(Arithmetic<T>.KernelLogSum)] = KernelMatrixChecks<T>.KernelLogSum,
        [nameof(Arithmetic<T>.ScaledKernelProduct)] = ScaledKernelChecks<T>.Product,
        [nameof(Arithmetic<T>.ScaledKernelLogSum)] = ScaledKernelChecks<T>.LogSum,
        [nameof(Arithmetic<T>.SparseProduct)] = SparseChecks<T>.SparseProduct,
        [nameof(Arithmetic<T>.CreateSampler)] = SamplingChecks<T>.CreateSampler,
        [nameof(Arithmetic<T>.Activate)] = NetworkChecks<T>.Activate,
        [nameof(Arithmetic<T>.ActivateBackward)] = NetworkChecks<T>.ActivateBackward,
        [nameof(Arithmetic<T>.LayerNorm)] = NetworkChecks<T>.LayerNorm,
        [nameof(Arithmetic<T>.LayerNormBackward)] = NetworkChecks<T>.LayerNormBackward,
        [nameof(Arithmetic<T>.ColumnSums)] = NetworkChecks<T>.ColumnSums,
        [nameof(Arithmetic<T>.SumOfSquares)] = NetworkChecks<T>.SumOfSquares,
        [nameof(Arithmetic<T>.Adam)] = NetworkChecks<T>.Adam,
    };
}
