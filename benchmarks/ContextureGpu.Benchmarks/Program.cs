using System.Globalization;
using BenchmarkDotNet.Running;
using ContextureGpu.Benchmarks.Compare;

switch (args)
{
    case ["compare", .. var options]:
        return CompareCommand.Run(options);
    case ["accelerator", .. var options]:
        return AcceleratorCommand.Run(options);
    case ["contexts", .. var options]:
        return ContextTableCommand.Run(options);
    case ["growth", .. var options]:
        return GrowthCommand.Run(options);
    case ["fit-once", var expression, var n, var d, var dimension, var tolerance, var how]:
        return LongRuns.Fit(expression, Number(n), Number(d), Number(dimension), double.Parse(tolerance, CultureInfo.InvariantCulture), how == LongRuns.Counting);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
