using ContextureGpu.Kernels;
using ContextureGpu.Tests.Spectral;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>
/// With the same seed every device takes the steps that the native CPU takes: the losses of 50 steps (3 on the slowest) agree to 1e-3. One body; a class for each device says how it is opened, or why it is
/// skipped.
/// </summary>
public abstract class TrainingAgreement(EngineSlot slot, string selector) : IClassFixture<EngineSlot>
{
    /// <summary>The steps that are compared.</summary>
    private protected virtual int Steps => 50;

    /// <summary>What is trained, but for activation and objective.</summary>
    private protected virtual (int Rows, EncoderOptions Options) Training => (40, new EncoderOptions { Dimension = 2, Outputs = 8, Width = 32, Depth = 2, LearningRate = 5e-3 });

    public static TheoryData<Activation, Objective> Ways => new()
    {
        { Activation.Gelu, Objective.MultiView },
        { Activation.Tanh, Objective.MultiView },
        { Activation.Relu, Objective.Svme },
    };

    /// <summary>The one activation that a slow device is tried on; null for all.</summary>
    private protected virtual Activation? Only => null;

    [Theory]
    [MemberData(nameof(Ways))]
    public void Losses_are_those_of_the_processor(Activation activation, Objective objective)
    {
        if (DeviceAgreement.SkipReason(selector) is { } reason)
            Assert.Skip(reason);
        Assert.SkipWhen(Only is { } only && only != activation, $"a training takes {selector} seconds; '{Only}', which normalises layers, stands for all");
        Compare(Training.Options with { Epochs = Steps, Activation = activation, Objective = objective, LayerNorm = activation == Activation.Gelu, ClipNorm = 0.1, WarmUp = 0 });
    }

    /// <summary>Batches are drawn on the device: the same ones, on every device, for objectives that take each kind of group and each kind of target.</summary>
    [Theory]
    [InlineData(Objective.MultiView, 3)]
    [InlineData(Objective.Kise, 2)]
    [InlineData(Objective.Svme, 2)]
    [InlineData(Objective.Supervised, 2)]
    [InlineData(Objective.Denoising, 2)]
    public void Losses_on_batches_are_those_of_the_processor(Objective objective, int draws)
    {
        if (DeviceAgreement.SkipReason(selector) is { } reason)
            Assert.Skip(reason);
        Assert.SkipWhen(Only is not null && objective != Objective.MultiView, $"a step takes {selector} a second; '{Objective.MultiView}' stands for all");
        Compare(Training.Options with { Epochs = Math.Min(Steps, 8), Objective = objective, Batch = Training.Rows, Draws = draws, WarmUp = 0 });
    }

    private void Compare(EncoderOptions options)
    {
        int rows = Training.Rows;
        var x = new double[rows * 2];
        new Philox(20262, 7).Normals(0, x.AsSpan());
        ContextureEngine engine = slot.Get(selector);
        Assert.StartsWith(selector, engine.Device.Selector, StringComparison.Ordinal);
        using ContextureEngine processor = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (double[] expected, double[] losses) = (Losses(processor), Losses(engine));
        Assert.Equal((options.Epochs, options.Epochs), (expected.Length, losses.Length));
        Assert.True(options.Batch is not null || expected[^1] < expected[0], $"the loss went from {expected[0]} to {expected[^1]}");
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - losses[i]) <= 1e-3 * Math.Abs(expected[i]), $"step {i + 1}: the loss is {losses[i]:g6}, {expected[i]:g6} on the processor");

        double[] Losses(ContextureEngine on) => [.. on.Train(x, rows, Context.Knn(5), options, cancellationToken: TestContext.Current.CancellationToken).Losses];
    }
}

/// <summary>
/// ILGPU's CPU accelerator has a thread of the operating system for each thread of a group: a network as small as one can be, and a few steps, each of which takes seconds; all of them
/// where the environment variable <c>CONTEXTURE_LONG_TESTS</c> is 1.
/// </summary>
public sealed class TrainingIlgpuCpuAgreement(EngineSlot slot) : TrainingAgreement(slot, "ilgpu-cpu")
{
    private protected override (int Rows, EncoderOptions Options) Training => (12, new EncoderOptions { Dimension = 1, Outputs = 2, Width = 4, Depth = 1, LearningRate = 5e-3 });

    private protected override int Steps => Environment.GetEnvironmentVariable("CONTEXTURE_LONG_TESTS") == "1" ? base.Steps : 3;

    private protected override Activation? Only => Activation.Gelu;
}

/// <summary>The first OpenCL device.</summary>
public sealed class TrainingOpenClAgreement(EngineSlot slot) : TrainingAgreement(slot, "opencl");

/// <summary>The first CUDA device.</summary>
public sealed class TrainingCudaAgreement(EngineSlot slot) : TrainingAgreement(slot, "cuda");
