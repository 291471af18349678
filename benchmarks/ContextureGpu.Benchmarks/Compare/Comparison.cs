namespace ContextureGpu.Benchmarks.Compare;

/// <summary>One piece of work, done by us and by others in turn on the same data.</summary>
/// <param name="Name">What is done, with its sizes.</param>
/// <param name="Ours">Ourselves.</param>
/// <param name="Others">The others.</param>
/// <param name="Check">Given a label and what it computed, throws if that is wrong. Everyone is checked before anyone is timed.</param>
internal sealed record Comparison(string Name, Contestant Ours, IReadOnlyList<Contestant> Others, Action<string, double[]> Check) : IDisposable
{
    /// <summary>The least seconds this machine could need, and how that was reckoned; null where no floor is known.</summary>
    public (double Seconds, string Formula)? Floor { get; init; }

    /// <summary>How many times the floor we may take; null where nothing is promised.</summary>
    public double? FloorFactor { get; init; }

    /// <summary>Rounds that are not timed, beyond the checked one: short work is measured when the compiler has done its own, the others' as well as ours.</summary>
    public int Warmups { get; init; }

    /// <summary>Timed rounds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>What has to be released afterwards.</summary>
    public IDisposable? Resources { get; init; }

    public void Dispose()
    {
        Ours.Dispose();
        foreach (Contestant other in Others)
            other.Dispose();
        Resources?.Dispose();
    }
}
