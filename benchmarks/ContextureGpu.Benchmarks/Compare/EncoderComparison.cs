using System.Globalization;
using ContextureGpu.Encoders;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>
/// A step of training over all rows beside PyTorch: three hidden layers of 512 with tanh and skip connections, 512 outputs, knn(k=30), exact whitening with covariances in float64, AdamW. All
/// start from the same parameters, and the losses of the first steps are compared with those in float64.
/// </summary>
internal static class EncoderComparison
{
    private const string Script = "encoder.py";
    private const int Inputs = 10, Width = 512, CheckedSteps = 3;

    // Three layers forward and twice backward, the gradient by both moments, and half a product for each moment.
    private const int Products = (3 * 3) + 2 + 1;
    private const double Rate = 1e-3;

    /// <summary>On the processor.</summary>
    public static Comparison Create(Bench bench, int rows) => Create(bench, rows, [("PyTorch", "float64", 1), ("PyTorch, covariances in float32", "float32", null)]);

    /// <summary>On an accelerator.</summary>
    public static Comparison CreateOnAccelerator(Bench bench, int rows) =>
        Create(bench, rows, [("PyTorch, eager", "float64", null), ("PyTorch, torch.compile", "compiled", null), ("PyTorch, eager, covariances in float32", "float32", null)]);

    private static Comparison Create(Bench bench, int rows, (string Label, string Work, double? Required)[] peers)
    {
        var sample = new ContextSample(Bench.Normals<double>((long)rows * Inputs, 1), rows, Inputs);
        var options = new EncoderOptions();
        BoundContext bound = ContextBinding.Bind(Context.Knn(30), sample, bench.Device, CancellationToken.None);
        double[] expected;
        using (var exact = new EncoderTraining<double>(bound, sample, options, bench.Device, bench.Device.LinearAlgebra))
            expected = FirstLosses(exact);
        BoundContext target = ContextBinding.Bind(Context.Knn(30), sample, bench.Target, CancellationToken.None);
        var training = new EncoderTraining<float>(target, sample, options, bench.Target, bench.Device.LinearAlgebra);
        CompressedRows law = bound.StoredLaw!;
        var arguments = new Dictionary<string, object>
        {
            ["x"] = bench.Save(Array.ConvertAll(sample.Values, v => (float)v), Inputs),
            ["starts"] = bench.Save([.. law.RowStarts.Select(i => (double)i)], 1),
            ["columns"] = bench.Save([.. law.ColumnIndices.Select(i => (double)i)], 1),
            ["values"] = bench.Save(law.Values, 1),
            ["parameters"] = training.Parameters.Select(p => bench.Save(Array.ConvertAll(bench.Target.Arithmetic<float>().DownloadDouble(p.Value), v => (float)v), p.Value.Columns)).ToArray(),
            ["rate"] = Rate,
            ["decay"] = options.WeightDecay,
            ["steps"] = CheckedSteps,
        };
        double[] losses = FirstLosses(training);
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"encoder step, {rows} x {Inputs}, three layers of {Width}, {options.EffectiveOutputs} outputs, float32"),
            new LocalContestant(
                "ours",
                () =>
                {
                    training.Step(Rate, CancellationToken.None);
                    bench.Target.Synchronize();
                },
                () => losses),
            [.. peers.Select(p => new PeerContestant(p.Label, Script, bench, p.Work, arguments, p.Required))],
            (who, first) => Checks.Near(who, "loss of step", expected, first, 1e-3 * expected[0]))
        {
            Floor = (Products * 2.0 * rows * Width * Width / bench.ProductRate, string.Create(CultureInfo.InvariantCulture, $"{Products} products of 2 n {Width}^2 operations / product rate")),
            Rounds = 7,
            Resources = training,
        };
    }

    private static double[] FirstLosses<T>(EncoderTraining<T> training)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
        [.. Enumerable.Range(0, CheckedSteps).Select(_ => training.Step(Rate, CancellationToken.None))];
}
