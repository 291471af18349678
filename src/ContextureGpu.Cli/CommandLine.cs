using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary>The commands, and how they end: 0 done, 2 bad arguments or input, 3 the device is missing or failed, 4 cancelled, 1 anything else.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Spectral features of contexts: the top singular functions of their expectation operators.");
        root.Subcommands.Add(DemoCommand.Create());
        root.Subcommands.Add(DevicesCommand.Create());
        root.Subcommands.Add(FitCommand.Create());
        root.Subcommands.Add(TransformCommand.Create());
        root.Subcommands.Add(AlignCommand.Create());
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                Console.Error.WriteLine($"contexture: {error.Message}");
            Console.Error.WriteLine("contexture: --help lists commands and options");
            return 2;
        }
        try
        {
            // Ctrl+C cancels the token; a command has this long to stop by itself, and then ends with 4.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("contexture: cancelled");
            return 4;
        }
        catch (InputException refusal)
        {
            Console.Error.WriteLine($"contexture: {refusal.Message}");
            return 2;
        }
        catch (DeviceException failure)
        {
            Console.Error.WriteLine($"contexture: {failure.Message}");
            return 3;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"contexture: {error.GetType().Name}: {error.Message}");
            return 1;
        }
    }
}
