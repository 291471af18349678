using System.Numerics;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>The contract has been seen to fail: on every defect the checks it touches go red in both precisions, and no other does.</summary>
public sealed class BrokenDeviceTests
{
    private const int LargestDimension = 140;

    /// <summary>Operations whose own check, or one that uses them, must notice the defect.</summary>
    private static readonly Dictionary<Defect, string[]> Noticed = new()
    {
        [Defect.IgnoresOrientation] = ["Multiply"],
        [Defect.DropsTailColumn] = ["Multiply", "MultiplySmall", "DotProductKernels"],
        [Defect.DropsTailOfInnerDimension] = ["Multiply"],
        [Defect.LeavesUpperTriangle] = ["Multiply"],
        [Defect.MirrorsOldContents] = ["Multiply"],
        [Defect.IgnoresBeta] = ["Multiply", "MultiplySmall"],
        [Defect.MultipliesNanByZero] = ["Multiply", "MultiplySmall", "DotProductKernels"],
        [Defect.CombinesNanByZero] = ["Combine", "Copy", "Multiply", "MultiplySmall", "DotProductKernels"],
        [Defect.SumsInnerProductsInSinglePrecision] = ["InnerProducts"],
        [Defect.ReturnsUnsymmetricGram] = ["InnerProducts"],
        [Defect.ScalesByTheNextRow] = ["ScaleRows"],
        [Defect.ClearsBeforeScaling] = ["ScaleRows"],
        [Defect.TakesVarianceInOnePass] = ["ColumnMoments"],
        [Defect.IgnoresWeights] = ["ColumnMoments"],
        [Defect.ExponentiatesOffsetsApart] = ["KernelProduct"],
        [Defect.IgnoresRowOffset] = ["KernelProduct"],
        [Defect.ExpandsSquaredDistances] = ["KernelProduct"],
        [Defect.ConfusesKernels] = ["KernelProduct"],
        [Defect.TakesLaplacianOfEuclideanDistance] = ["KernelProduct"],
        [Defect.LosesSignOfOddPower] = ["DotProductKernels"],
        [Defect.NormalizesWithoutScaling] = ["NormalizeRows"],
        [Defect.DividesZeroRowsByZero] = ["NormalizeRows", "DotProductKernels"],
        [Defect.DoesNotShiftLogSum] = ["KernelLogSum"],
        [Defect.ScalesByOneEnd] = ["ScaledKernelProduct", "ScaledKernelLogSum"],
        [Defect.MultipliesScalesFirst] = ["ScaledKernelProduct"],
        [Defect.LeavesEmptyRows] = ["SparseProduct"],
        [Defect.DropsLastEntryOfLongRow] = ["SparseProduct"],
        [Defect.IgnoresSparseOrientation] = ["SparseProduct"],
        [Defect.WritesPastItsView] = ["Fill", "ColumnRange", "KernelProduct", "DotProductKernels", "ScaledKernelProduct", "ColumnSums"],
        [Defect.UploadsOneRowLess] = ["UploadAndDownload"],
        [Defect.DiffersBetweenRuns] = ["Multiply", "MultiplySmall"],
        [Defect.OverwritesItsInput] = ["Multiply", "MultiplySmall", "DotProductKernels"],
        [Defect.IgnoresBias] = ["Activate", "ActivateBackward"],
        [Defect.DropsSkipConnection] = ["Activate"],
        [Defect.TakesSlopeOfOutput] = ["ActivateBackward"],
        [Defect.NormalizesBySampleVariance] = ["LayerNorm"],
        [Defect.HoldsLayerMeanFixed] = ["LayerNormBackward"],
        [Defect.SumsFirstBlockOnly] = ["ColumnSums"],
        [Defect.SumsSquaresInSinglePrecision] = ["SumOfSquares"],
        [Defect.CouplesWeightDecay] = ["Adam"],
        [Defect.ForgetsMomentCorrection] = ["Adam"],
        [Defect.ForgetsToReleaseSparse] = ["Ledger", "SparseProduct"],
        [Defect.LeaksScratch] = ["KernelProduct"],
        [Defect.BreaksTiesByLargerIndex] = ["NearestNeighbors", "NeighborMetrics"],
        [Defect.RanksByExpandedDistances] = ["NearestNeighbors", "NeighborMetrics"],
        [Defect.RanksInSinglePrecision] = ["NearestNeighbors", "NeighborMetrics"],
        [Defect.DropsSelfByPosition] = ["NearestNeighbors", "NeighborMetrics"],
        [Defect.IgnoresMetric] = ["NeighborMetrics"],
        [Defect.IgnoresCancellation] = ["Refusals"],
        [Defect.IgnoresProbabilities] = ["CreateSampler"],
        [Defect.RepeatsFirstMember] = ["CreateSampler"],
        [Defect.ForgetsReverseWeights] = ["CreateSampler"],
        [Defect.GathersUnscaled] = ["CreateSampler"],
        [Defect.KeepsOldIndicators] = ["CreateSampler"],
    };

    public static TheoryData<Defect> Defects => [.. Enum.GetValues<Defect>()];

    [Theory]
    [MemberData(nameof(Defects))]
    public void TheContractFindsIt(Defect defect)
    {
        string[] noticed = Noticed[defect];
        foreach (string name in noticed)
        {
            Action<ComputeDevice>[] checks = name switch
            {
                "NearestNeighbors" => [device => NeighborChecks.NearestNeighbors(device, LargestDimension)],
                "NeighborMetrics" => [device => NeighborChecks.Metrics(device, LargestDimension)],
                "Refusals" => [NeighborChecks.Refusals],
                _ => [Check<float>(name), Check<double>(name)],
            };
            foreach (Action<ComputeDevice> check in checks)
            {
                using ComputeDevice device = BrokenDevice.Open(defect);
                Exception? red = Record.Exception(() => check(device));
                Assert.True(red is Xunit.Sdk.IAssertionException, $"{defect}: the check {name} did not find it ({red?.GetType().Name ?? "green"})");
                TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {red?.Message.ReplaceLineEndings(" ")}");
            }
        }
        if (defect is Defect.UploadsOneRowLess)
            return; // every check needs uploads
        using ComputeDevice other = BrokenDevice.Open(defect);
        foreach (string name in Contract<double>.Checks.Keys.Except(noticed))
            Assert.Null(Record.Exception(() => Contract<float>.Checks[name](new ContractBench<float>(other, 20))));
    }

    private static Action<ComputeDevice> Check<T>(string name)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => device => Contract<T>.Checks[name](new ContractBench<T>(device, LargestDimension));
}
