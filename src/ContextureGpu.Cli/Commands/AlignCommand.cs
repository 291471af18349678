using System.CommandLine;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary><c>contexture align A B</c>: how far two features files, or two models on the same data, agree.</summary>
internal static class AlignCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("A") { Description = "Features, .npy, or a model that fit or train wrote." };
        var second = new Argument<string>("B") { Description = "Features of the same rows, .npy, or a model on the same data." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("align", "R2_CCA, mutual nearest neighbours and principal angles between two features files or models of the same rows.") { first, second, json };
        command.SetAction((result, cancellationToken) =>
        {
            NpyArray a = Features(result.GetValue(first)!), b = Features(result.GetValue(second)!);
            using CpuDevice device = CpuDevice.Open();
            Alignment alignment = Alignment.Measure(
                new FeatureSpan(a.Values, a.Rows, a.Columns), new FeatureSpan(b.Values, b.Rows, b.Columns), device.LinearAlgebra, device, null, cancellationToken);
            if (result.GetValue(json))
            {
                JsonOutput.Print(writer =>
                {
                    writer.WriteNumber("ccaR2", alignment.CcaR2);
                    writer.WriteNumber("mutualKnn", alignment.MutualKnn);
                    JsonOutput.WriteNumbers(writer, "principalAngles", [.. alignment.PrincipalAngles]);
                    writer.WriteNumber("rankA", alignment.RankF);
                    writer.WriteNumber("rankB", alignment.RankG);
                });
            }
            else
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"R2_CCA             {alignment.CcaR2:f6} (ranks {alignment.RankF} and {alignment.RankG})"));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"mutual kNN         {alignment.MutualKnn:f6}"));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"principal angles   {alignment.PrincipalAngles[0]:0.00e+00} .. {alignment.PrincipalAngles[^1]:0.00e+00} rad"));
            }
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Features from a file of them, or those of the sample of a model.</summary>
    /// <exception cref="InputException">The file is neither.</exception>
    internal static NpyArray Features(string path)
    {
        if (path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
            return NpyFile.Read(path);
        FeatureMap model = FeatureMap.Load(path);
        return new NpyArray(model.Features, model.Rows, model.Dimension, IsDouble: true);
    }
}
