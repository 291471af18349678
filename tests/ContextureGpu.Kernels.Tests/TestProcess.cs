using System.Diagnostics;
using Xunit;

namespace ContextureGpu.Kernels.Tests;

/// <summary>Some of these tests once more in a process of their own, in which .NET is told not to use what the processor has.</summary>
internal static class TestProcess
{
    /// <summary>Switches without which .NET uses no 512-bit vectors.</summary>
    public static readonly string[] No512Bits = ["DOTNET_EnableAVX512", "DOTNET_EnableAVX512F"];

    /// <summary>Runs tests to their end.</summary>
    /// <param name="arguments">Which tests.</param>
    /// <param name="switchedOff">Environment variables that are 0 there.</param>
    /// <param name="environment">Others.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> Run(string[] arguments, IEnumerable<string> switchedOff, params (string Name, string Value)[] environment)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(TestProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in switchedOff.Select(name => (name, "0")).Concat(environment))
            start.Environment[name] = value;
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(token), errors = child.StandardError.ReadToEndAsync(token);
        await child.WaitForExitAsync(token);
        return (child.ExitCode, await output, await errors);
    }
}
