using ContextureGpu.Kernels;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Random contexts and random damage to texts, the same for the same seed.</summary>
internal sealed class RandomContexts
{
    private const string Alphabet = "ab c,()\"|=*+[]'\n\t\u2028\u00e9\ud83d.5-";
    private const string Signs = "()[]*+|,=\" .-0159eknrbfx\n";
    private readonly Philox _random;
    private long _draws;

    public RandomContexts(ulong seed, ulong stream)
    {
        _random = new(seed, stream);
    }

    /// <summary>An integer below <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(_random.Uniform(_draws++) * bound);

    /// <summary>A context of any kind whose expression is at most this deep.</summary>
    public Context Any(int depth) => Below(4) == 0
        ? Context.Concatenate([.. Many(() => (Law(depth), Below(2) == 0 ? (int?)null : 1 + Below(200)))])
        : Law(depth);

    /// <summary>A text with one to four of its characters left out, doubled, swapped or replaced.</summary>
    public string Damaged(string text)
    {
        for (int count = 1 + Below(4); count > 0 && text.Length > 1; count--)
        {
            int at = Below(text.Length), other = Below(text.Length), until = Math.Min(text.Length, at + 1 + Below(8));
            text = Below(5) switch
            {
                0 => text.Remove(at, until - at),
                1 => text.Insert(at, text[at..until]),
                2 => text.Insert(at, Signs[Below(Signs.Length)].ToString()),
                3 => $"{text[..at]}{Signs[Below(Signs.Length)]}{text[(at + 1)..]}",
                _ => $"{text[..at]}{text[other]}{text[(at + 1)..]}",
            };
        }
        return text;
    }

    private Context Law(int depth) => (depth == 0 ? 0 : Below(4)) switch
    {
        1 => Context.Convolve([.. Many(() => Law(depth - 1))]),
        2 => Context.Combine([.. Many(() => (Weight(), Law(depth - 1)))]),
        3 => Context.Combine([.. Many(() => (1.0, Law(depth - 1)))]),
        _ => Leaf(),
    };

    private Context Leaf() => Below(24) switch
    {
        6 => new GraphContext(Name() + "d", isDirected: true),
        7 => Context.Target(Name(), Positive()),
        8 => Context.SoftLabels("p" + Below(9), "q" + Below(9), "r " + Below(9)),
        9 => Context.GaussianNoise(Positive(), Draws(), Seed()),
        10 => Context.Diffusion(Share(), Draws(), Seed()),
        11 => Context.Scarf(Share(), Draws(), Seed(), (ScarfMarginal)Below(3)),
        22 => Context.CutMix(Share(), Below(2) == 0 ? null : 1 + Below(9), Draws(), Seed()),
        23 => Context.Cutout(1 + Below(9), 1 + Below(9)),
        12 => Context.Tokens(Share(), Draws(), Seed()),
        13 => Context.Views(1 + Below(9), Positive(), Below(3), Below(2) == 0 ? ImageMirror.Never : ImageMirror.Horizontal, Draws(), Seed()),
        14 => Below(2) == 0 ? Context.Mask(Share(), Law(1), 1 + Below(70), Seed()) : Context.Pairs(Name() + "n", Law(1)),
        16 => Context.Laplacian(Below(2) == 0 ? null : Positive()),
        17 => Context.Exponential(Below(2) == 0 ? null : Positive()),
        18 => Context.Cosine(Positive()),
        15 => new CustomContext(Name() + "c", null),
        19 => Context.Teacher(Name() + "t", Below(2) == 0 ? null : Share()),
        20 => Below(2) == 0 ? Context.Kernel(Name() + "k") : KernelContext.Named(Name() + "k", null),
        21 => Context.LinearTarget(Name()),
        0 => Below(2) == 0
            ? Context.Knn(1 + Below(1 << 20), Below(3) == 0 ? KnnSelf.Excluded : KnnSelf.Included, (NeighborMetric)Below(3), KnnSearch.Approximate, Seed())
            : Context.Knn(1 + Below(1 << 20), Below(3) == 0 ? KnnSelf.Excluded : KnnSelf.Included, (NeighborMetric)Below(3), graph: (KnnGraph)Below(3)),
        1 => Context.Rbf(Positive()),
        2 => Below(3) switch
        {
            0 => Context.RbfMedian(),
            1 => Context.NeighborScaled(1 + Below(9), (RadialKernelKind)Below(3)),
            _ => Context.LocallyScaled(1 + Below(9), (RadialKernelKind)Below(3)),
        },
        3 => Context.Labels(Name()),
        4 => Context.Labels(Name(), _random.Uniform(_draws++)),
        _ => Context.Graph(Name() + "g"),
    };

    private int? Draws() => Below(2) == 0 ? null : 1 + Below(1 << 20);

    private ulong Seed() => Below(2) == 0 ? 0 : ((ulong)Below(int.MaxValue) << 33) + (ulong)Below(int.MaxValue);

    private double Share() => Math.Max(1e-9, _random.Uniform(_draws++));

    private double Weight() => Below(3) == 0 ? 1 + Below(4) : Positive();

    // Over many orders of magnitude.
    private double Positive() => Math.Pow(10, 40 * (_random.Uniform(_draws++) - 0.5));

    private string Name() => string.Concat(Enumerable.Range(0, Below(6)).Select(_ => Alphabet[Below(Alphabet.Length)]));

    private T[] Many<T>(Func<T> draw) => [.. Enumerable.Range(0, 2 + Below(3)).Select(_ => draw())];
}
