using System.Diagnostics;
using ContextureGpu.Cli;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The command line in a process of its own.</summary>
internal static class Program
{
    /// <summary>Starts it; the caller ends its standard input.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(DemoData).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Runs it to the end.</summary>
    public static async Task<(int Code, string Output, string Errors)> Run(string input, params string[] arguments)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(token), errors = process.StandardError.ReadToEndAsync(token);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }
        await process.WaitForExitAsync(token);
        return (process.ExitCode, await output, await errors);
    }
}
