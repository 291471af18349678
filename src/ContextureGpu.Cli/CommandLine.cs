using System.CommandLine;
using System.Runtime.InteropServices;

namespace ContextureGpu.Cli;

/// <summary>The commands, and how they end: 0 done, 2 bad arguments or input, 3 the device is missing or failed, 4 cancelled, 1 anything else.</summary>
internal static class CommandLine
{
    /// <summary>How long a command may take to notice that it was cancelled; files appear whole or not at all, so the process can end at any time.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.8);

    /// <summary>The same for a training, which ends its step and writes a checkpoint; a second signal ends it at once.</summary>
    private static readonly TimeSpan GraceOfTraining = TimeSpan.FromSeconds(60);

    /// <summary>Runs one command. The first SIGINT or SIGTERM cancels it, a second one ends the process.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                Console.Error.WriteLine($"contexture: {error.Message}");
            Console.Error.WriteLine("contexture: --help lists commands and options");
            return 2;
        }
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel), terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            Task<int> work = Task.Run(() => parsed.InvokeAsync(configuration, stop.Token));
            await Task.WhenAny(work, GraceAfter(parsed.CommandResult.Command.Name == TrainCommand.Name ? GraceOfTraining : Grace, stop.Token)).ConfigureAwait(false);
            return work.IsCompleted ? await work.ConfigureAwait(false) : Cancelled();
        }
        catch (OperationCanceledException)
        {
            return Cancelled();
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
        catch (ContextureException failure)
        {
            Console.Error.WriteLine($"contexture: {failure.Message}");
            return 1;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"contexture: {error.GetType().Name}: {error.Message}");
            return 1;
        }

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>Reads a command line without running it.</summary>
    internal static ParseResult Parse(string[] args)
    {
        var root = new RootCommand("Spectral features of contexts: the top singular functions of their expectation operators.")
        {
            DemoCommand.Create(), DevicesCommand.Create(), FitCommand.Create(), TransformCommand.Create(), TrainCommand.Create(), EvaluateCommand.Create(), MixAdviceCommand.Create(), AlignCommand.Create(), ProbeCommand.Create(),
            ReproduceCommand.Create(),
        };
        return root.Parse(args);
    }

    private static int Cancelled()
    {
        Console.Error.WriteLine("contexture: cancelled");
        return 4;
    }

    private static async Task GraceAfter(TimeSpan grace, CancellationToken stopped)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stopped.Register(cancelled.SetResult);
        await cancelled.Task.ConfigureAwait(false);
        await Task.Delay(grace, CancellationToken.None).ConfigureAwait(false);
    }
}
