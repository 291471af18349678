using System.Globalization;
using ContextureGpu.Kernels.Cpu;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>
/// <c>growth [--output FILE] [--limit SECONDS] [--sizes N,N,...]</c>: seconds and bytes of a fit of every context that needs nothing but inputs, for N from 10,000 to 1,000,000.
/// </summary>
internal static class GrowthCommand
{
    private const int Dimension = 32, Inputs = 16;

    private static readonly string[] Contexts =
    [
        "knn(k=30)", "knn(k=30, graph=mutual)", "knn(k=30, graph=symmetric)", "knn(k=30, metric=cosine)", "knn(k=30, metric=manhattan)", "knn(k=30, search=approximate)",
        "rbf(gamma=median)", "rbf(gamma=local)", "laplacian(gamma=median)", "exponential(gamma=median)", "cosine(gamma=2)",
        "noise(sigma=1, draws=2000)", "mask(rate=0.5, draws=10, then=knn(k=30))", "mask(rate=0.5, draws=10, then=rbf(gamma=median))",
        "scarf(rate=0.5, draws=10000)", "tokens(rate=0.5, draws=10)", "cutmix(rate=0.5, draws=10000)",
        "knn(k=5) * knn(k=30)", "knn(k=30) * rbf(gamma=median)", "0.5 knn(k=30) + 0.5 rbf(gamma=median)", "knn(k=30)[16] | knn(k=5)[16]",
    ];

    /// <summary>Whether a context looks for equal values: its inputs are rounded to integers, as no two real numbers are equal.</summary>
    public static bool ComparesValues(string expression) => Array.Exists(["scarf", "tokens", "cutmix"], name => expression.Contains(name, StringComparison.Ordinal));

    public static int Run(string[] arguments)
    {
        string? output = CompareCommand.Value(arguments, "--output");
        double limit = double.Parse(CompareCommand.Value(arguments, "--limit") ?? "900", CultureInfo.InvariantCulture);
        string sizes = CompareCommand.Value(arguments, "--sizes") ?? "10000,100000,1000000";
        string table = LongRuns.Growth(Contexts, Dimension, [.. sizes.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))], Inputs, limit, Console.Error);
        string page = string.Create(CultureInfo.InvariantCulture, $"""
            # Growth with N

            Seconds and peak resident set of one fit in a process of its own, top {Dimension}, tolerance 1e-3, single precision, the solver that `auto` takes, {ProcessorName.Read()}.
            Inputs: a mixture of Gaussians, {Inputs} columns; rounded to integers for contexts that look for equal values. A context ends where the next N would have taken more than {limit} s.
            SCARF keeps every pair of a row and a draw that can agree: with as many draws as rows, as here, nearly N^2 of them; fewer draws bound it. A fit counts them for some of the draws
            before it starts, and is refused where they would not fit.

            ```
            dotnet run -c Release --project benchmarks/ContextureGpu.Benchmarks -- growth --limit {limit} --sizes {sizes}
            ```

            {table}
            """);
        if (output is null)
            Console.WriteLine(page);
        else
            File.WriteAllText(output, page);
        return 0;
    }
}
