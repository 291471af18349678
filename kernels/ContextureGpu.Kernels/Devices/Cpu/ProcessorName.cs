using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>The processor's name, for people.</summary>
internal static class ProcessorName
{
    /// <summary>As the operating system reports it, with the number of processors this process may use.</summary>
    public static string Read() => $"{Model()}, {Environment.ProcessorCount} {(Environment.ProcessorCount == 1 ? "thread" : "threads")}";

    private static string Model()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
                if (line is not null)
                    return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
