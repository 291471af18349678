namespace ContextureGpu.Benchmarks;

/// <summary>What a benchmark must have computed before it is timed.</summary>
internal static class Check
{
    /// <summary>Throws unless two numbers agree to a relative 1e-3: enough to see a wrong result, too little to see rounding.</summary>
    public static void Close(string what, double expected, double actual)
    {
        if (!(Math.Abs(expected - actual) <= 1e-3 * Math.Max(1, Math.Abs(expected))))
            throw new InvalidOperationException($"{what} is {actual}, expected {expected}");
    }

    /// <summary>Reproducible numbers in [-1, 1).</summary>
    public static float[] Numbers(int count, ulong stream)
    {
        var random = new Kernels.Philox(1, stream);
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float)((2 * random.Uniform(i)) - 1);
        return numbers;
    }
}
