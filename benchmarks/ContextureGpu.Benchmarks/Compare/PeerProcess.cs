using System.Diagnostics;
using System.Text.Json;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Another program that does the same work: a script of <c>benchmarks/peers</c>, driven by one line of JSON a request.</summary>
internal sealed class PeerProcess : IDisposable
{
    /// <summary>The environment variable that names the Python interpreter; <c>/usr/bin/python3</c>, where Debian's packages are, if it is not set.</summary>
    public const string PythonVariable = "CONTEXTURE_PYTHON";

    private readonly Process _process;

    private PeerProcess(Process process, string name, string version) => (_process, Name, Version) = (process, name, version);

    /// <summary>Name of the software.</summary>
    public string Name { get; }

    /// <summary>Its version.</summary>
    public string Version { get; }

    /// <summary>Starts a script; null, with the reason, where Python or the software is missing.</summary>
    public static PeerProcess? Start(string script, int threads, out string reason)
    {
        string python = Environment.GetEnvironmentVariable(PythonVariable) is { Length: > 0 } given ? given : "/usr/bin/python3";
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(script);
        foreach (string variable in (ReadOnlySpan<string>)["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
            start.Environment[variable] = threads.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";           // an idle peer must not spin on the cores that are being timed
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            reason = $"{python}: {error.Message}";
            return null;
        }
        var errors = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                errors.Add(line.Data);
        };
        process.BeginErrorReadLine();
        if (process.StandardOutput.ReadLine() is not { } hello)
        {
            process.WaitForExit();
            reason = errors.Count > 0 ? errors[^1] : $"{python} ended with {process.ExitCode}";
            process.Dispose();
            return null;
        }
        reason = "";
        JsonElement greeting = JsonDocument.Parse(hello).RootElement;
        return new PeerProcess(process, greeting.GetProperty("peer").GetString()!, greeting.GetProperty("version").GetString()!);
    }

    /// <summary>Sends a request and waits for the answer.</summary>
    /// <exception cref="InvalidOperationException">The peer failed; the message is its own.</exception>
    public JsonElement Ask(IReadOnlyDictionary<string, object> request)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(request));
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended in the middle of its work");
        JsonElement answer = JsonDocument.Parse(line).RootElement;
        return answer.GetProperty("ok").GetBoolean() ? answer : throw new InvalidOperationException($"{Name}: {answer.GetProperty("error").GetString()}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }
}
