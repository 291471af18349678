namespace ContextureGpu.Testing;

/// <summary>The ways in which a <see cref="BrokenDevice"/> is wrong, each a mistake that kernels have really made.</summary>
public enum Defect
{
    /// <summary>A product treats square A transposed as A.</summary>
    IgnoresOrientation,

    /// <summary>A product does not compute the last column where the width is one above a multiple of four.</summary>
    DropsTailColumn,

    /// <summary>A product leaves out the last inner index where there are more than 64.</summary>
    DropsTailOfInnerDimension,

    /// <summary>The product of a matrix with its own transpose leaves what is above the diagonal as it was.</summary>
    LeavesUpperTriangle,

    /// <summary>The product of a matrix with its own transpose is mirrored although it was added to old contents that are not symmetric.</summary>
    MirrorsOldContents,

    /// <summary>A product forgets the old contents.</summary>
    IgnoresBeta,

    /// <summary>A product multiplies the old contents by beta = 0 instead of forgetting them.</summary>
    MultipliesNanByZero,

    /// <summary>A linear combination multiplies what has factor 0.</summary>
    CombinesNanByZero,

    /// <summary>Inner products are summed in the element type (float64 data: in float32).</summary>
    SumsInnerProductsInSinglePrecision,

    /// <summary>The Gram matrix differs from its transpose in the last bit.</summary>
    ReturnsUnsymmetricGram,

    /// <summary>Row i is scaled with the factor of row i + 1.</summary>
    ScalesByTheNextRow,

    /// <summary>The scaled rows are assembled in a zeroed output, which destroys the input where they are the same.</summary>
    ClearsBeforeScaling,

    /// <summary>Variance as the mean of squares less the square of the mean.</summary>
    TakesVarianceInOnePass,

    /// <summary>Weights are ignored.</summary>
    IgnoresWeights,

    /// <summary>The kernel and the two offsets are exponentiated one by one.</summary>
    ExponentiatesOffsetsApart,

    /// <summary>Row offsets are ignored.</summary>
    IgnoresRowOffset,

    /// <summary>Squared distances as |x|^2 + |y|^2 - 2 x.y in the element type.</summary>
    ExpandsSquaredDistances,

    /// <summary>Every radial kernel is computed as the Gaussian one.</summary>
    ConfusesKernels,

    /// <summary>The Laplacian kernel takes the Euclidean distance.</summary>
    TakesLaplacianOfEuclideanDistance,

    /// <summary>The power of a polynomial kernel is taken of the magnitude.</summary>
    LosesSignOfOddPower,

    /// <summary>Rows are divided by the square root of the plain sum of squares, in the range of float32.</summary>
    NormalizesWithoutScaling,

    /// <summary>A row of zeros is divided by its norm.</summary>
    DividesZeroRowsByZero,

    /// <summary>The logarithm of the sum is not shifted by the maximum.</summary>
    DoesNotShiftLogSum,

    /// <summary>A kernel of scaled points takes the scale of one of the two for both.</summary>
    ScalesByOneEnd,

    /// <summary>A kernel of scaled points multiplies the scales with each other before the sum, beyond the range of the element type.</summary>
    MultipliesScalesFirst,

    /// <summary>A sparse product leaves the rows without entries as they were.</summary>
    LeavesEmptyRows,

    /// <summary>A sparse product leaves out the last entry of a row of more than 32.</summary>
    DropsLastEntryOfLongRow,

    /// <summary>A square sparse matrix is never transposed.</summary>
    IgnoresSparseOrientation,

    /// <summary>Filling writes one column too many.</summary>
    WritesPastItsView,

    /// <summary>Copying up leaves out the last row of a matrix of more than one.</summary>
    UploadsOneRowLess,

    /// <summary>Every second product differs in the last bit.</summary>
    DiffersBetweenRuns,

    /// <summary>A product overwrites its input.</summary>
    OverwritesItsInput,

    /// <summary>A layer leaves out its bias.</summary>
    IgnoresBias,

    /// <summary>A layer leaves out its skip connection.</summary>
    DropsSkipConnection,

    /// <summary>The slope of an activation is taken at its value instead of at its argument.</summary>
    TakesSlopeOfOutput,

    /// <summary>Layer normalisation divides by the variance of a sample, one too few.</summary>
    NormalizesBySampleVariance,

    /// <summary>The gradient of a layer norm forgets that the mean depends on every element.</summary>
    HoldsLayerMeanFixed,

    /// <summary>Sums of columns leave out the rows beyond the first 256.</summary>
    SumsFirstBlockOnly,

    /// <summary>The sum of squares is formed in float32.</summary>
    SumsSquaresInSinglePrecision,

    /// <summary>Weight decay is added to the gradient, as in Adam with an L2 penalty.</summary>
    CouplesWeightDecay,

    /// <summary>The moments are used without correcting their bias towards zero.</summary>
    ForgetsMomentCorrection,

    /// <summary>Sparse matrices are not given back to the ledger.</summary>
    ForgetsToReleaseSparse,

    /// <summary>Scratch memory of the kernel product is not given back.</summary>
    LeaksScratch,

    /// <summary>Among equal distances the larger index comes first.</summary>
    BreaksTiesByLargerIndex,

    /// <summary>Neighbours are ranked by the expanded squared distance.</summary>
    RanksByExpandedDistances,

    /// <summary>Neighbours are ranked by distances in float32.</summary>
    RanksInSinglePrecision,

    /// <summary>The point with the query's own index is left out of its neighbours.</summary>
    DropsSelfByPosition,

    /// <summary>Neighbours are ranked by Euclidean distance whatever was asked for.</summary>
    IgnoresMetric,

    /// <summary>The search does not look at the cancellation token.</summary>
    IgnoresCancellation,

    /// <summary>Values are drawn as if all that a row leads to were as likely.</summary>
    IgnoresProbabilities,

    /// <summary>Further members of a group are drawn with the number of the first.</summary>
    RepeatsFirstMember,

    /// <summary>Rows that lead to a value are drawn as if all of them were as likely.</summary>
    ForgetsReverseWeights,

    /// <summary>What is gathered is not scaled.</summary>
    GathersUnscaled,

    /// <summary>Indicators of earlier draws stay.</summary>
    KeepsOldIndicators,
}
