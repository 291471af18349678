using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContextureGpu.Cli;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary><c>train</c> as a user runs it: its JSON, its files, its checkpoints, Ctrl+C.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private const int Rows = 60;

    private static readonly string[] Small = ["--context", "knn(k=8)", "--dim", "3", "--outputs", "6", "--width", "16", "--depth", "2", "--drop", "class", "--device", "cpu"];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_training_that_diverges_says_so_and_ends_with_1()
    {
        (int code, string output, string errors) = await Run(["train", WriteCsv(), .. Small, "--epochs", "30", "--lr", "1e30", "--constraint", "vicreg", "--json", "--model", _folder.File("e")]);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("contexture: the training diverged at step ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("e")));
    }

    [Fact]
    public async Task An_encoder_is_trained_saved_and_applied()
    {
        string data = WriteCsv();
        (int code, string output, string errors) = await Run(
            ["train", data, .. Small, "--epochs", "25", "--activation", "gelu", "--json", "--model", _folder.File("e"), "--features", _folder.File("f.npy"), "--checkpoint", _folder.File("c"),
            "--onnx", _folder.File("e.onnx")]);
        Assert.True(code == 0, errors);
        using (var graph = new Microsoft.ML.OnnxRuntime.InferenceSession(_folder.File("e.onnx")))
            Assert.Equal([-1, 3], graph.OutputMetadata["features"].Dimensions);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal((Rows, 3, 6), (json.GetProperty("rows").GetInt32(), json.GetProperty("dim").GetInt32(), json.GetProperty("outputs").GetInt32()));
        // 2 inputs: (2, 16) twice and 16 biases, (16, 16) and 16 biases, (16, 6) and 6 biases.
        Assert.Equal(32 + 16 + 32 + 256 + 16 + 96 + 6, json.GetProperty("parameters").GetInt64());
        Assert.Equal(25, json.GetProperty("loss").GetArrayLength());
        Assert.All(json.GetProperty("eigenvalues").EnumerateArray(), v => Assert.InRange(v.GetDouble(), 0, 1));
        Assert.InRange(json.GetProperty("rank").GetInt32(), 3, 6);
        Assert.True(json.GetProperty("stepsPerSecond").GetDouble() > 0 && json.GetProperty("seconds").GetProperty("total").GetDouble() > 0);
        Assert.Equal("cpu", json.GetProperty("device").GetProperty("backend").GetString());
        Assert.Equal(JsonValueKind.Array, json.GetProperty("warnings").ValueKind);

        Assert.Equal(0, (await Run("transform", _folder.File("e"), data, "--features", _folder.File("g.npy"), "--quiet")).Code);
        (double[] f, double[] g) = (NpyFile.Read(_folder.File("f.npy")).Values, NpyFile.Read(_folder.File("g.npy")).Values);
        for (int e = 0; e < f.Length; e++)
            Assert.Equal(f[e], g[e], 1e-3);
        (code, output, errors) = await Run("align", _folder.File("e"), _folder.File("f.npy"), "--json");
        Assert.True(code == 0, errors);
        Assert.InRange(JsonDocument.Parse(output).RootElement.GetProperty("ccaR2").GetDouble(), 1 - 1e-6, 1 + 1e-9);

        // Nothing is left to do, so the same losses come back from the checkpoint.
        (code, output, errors) = await Run(["train", data, .. Small, "--epochs", "25", "--activation", "gelu", "--json", "--checkpoint", _folder.File("c"), "--resume"]);
        Assert.True(code == 0, errors);
        Assert.Equal(json.GetProperty("loss").ToString(), JsonDocument.Parse(output).RootElement.GetProperty("loss").ToString());
        Assert.Equal(json.GetProperty("eigenvalues").ToString(), JsonDocument.Parse(output).RootElement.GetProperty("eigenvalues").ToString());
    }

    [Fact]
    public void Progress_tells_loss_constraint_speed_and_time_left()
    {
        var progress = new TrainingProgress(30, 120, 1.25, 1e-3, 2.5) { ConstraintViolation = 0.0123 };
        Assert.Equal("step 30 of 120, loss 1.25, constraint off by 0.012, 2.50 steps a second, about 36 s left", TrainingLine.Text(progress));
        Assert.Equal("step 30 of 120, loss 1.25, 0.00 steps a second", TrainingLine.Text(progress with { ConstraintViolation = null, StepsPerSecond = 0 }));
        Assert.Equal("[#####...............]", TrainingLine.Bar(progress));
        Assert.Equal("[####################]", TrainingLine.Bar(progress with { Step = 120 }));

        // A terminal sees one line, which is gone at the end.
        using var terminal = new StringWriter();
        using (var line = new TrainingLine(terminal, LineForm.Rewritten))
        {
            Thread.Sleep(250);
            line.Report(progress);
            line.Report(progress);
        }
        string[] written = terminal.ToString().Split('\r');
        Assert.Equal(["", $"{TrainingLine.Bar(progress)} {TrainingLine.Text(progress)}", new string(' ', written[1].Length), ""], written);
    }

    [Fact]
    public async Task Refusals_say_what_would_be_right()
    {
        string data = WriteCsv();
        foreach ((string[] arguments, string word) in new (string[], string)[]
        {
            (["--outputs", "2"], "outputs"),
            (["--lr", "-1"], "learning rate"),
            (["--resume"], "checkpoint"),
            (["--resume", "--checkpoint", _folder.File("none")], "none"),
            (["--context", "knn(k=3) | knn(k=4)"], "concatenation"),
            (["--objective", "simclr"], "multiview"),
            (["--objective", "graph"], "reversible"),
            (["--batch", "1"], "at least 2"),
            (["--batch", "61"], "at most"),
            (["--onnx", _folder.File("none/e.onnx")], "e.onnx"),
            (["--onnx", data], "same file"),
        })
        {
            string[] kept = arguments[0] is "--outputs" or "--context" ? [.. Small.Chunk(2).Where(pair => pair[0] != arguments[0]).SelectMany(pair => pair)] : Small;
            (int code, string output, string errors) = await Run(["train", data, .. kept, .. arguments]);
            Assert.True(code == 2, $"{string.Join(' ', arguments)}: exit code {code}: {errors}");
            Assert.Equal("", output);
            Assert.Contains(word, errors, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_network_that_takes_no_rows_is_not_trained_for_export()
    {
        string[] command = ["train", WriteCsv(), "--context", "labels(column=class)", "--dim", "1", "--outputs", "2", "--device", "cpu", "--epochs", "2", "--model", _folder.File("e"), "--features", _folder.File("f.npy"), "--checkpoint", _folder.File("c")];
        (int code, string output, string errors) = await Run([.. command, "--onnx", _folder.File("e.onnx")]);
        Assert.True(code == 2, $"exit code {code}: {errors}");
        Assert.Equal("", output);
        Assert.Equal("contexture: the network was trained on the values of A of labels(column=class), which are no rows, so there is no graph from rows to features; train with another objective", errors.Trim());
        Assert.Single(Directory.GetFiles(_folder.Path));
        (code, _, errors) = await Run(command);
        Assert.True(code == 0, errors);
    }

    [Fact]
    public async Task Ctrl_C_leaves_a_checkpoint_and_exit_code_4()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no kill on Windows; run this on Linux or macOS");
        string data = WriteCsv(), checkpoint = _folder.File("c");
        string[] command = ["train", data, .. Small, "--epochs", "1000000", "--checkpoint", checkpoint, "--checkpoint-every", "20", "--quiet"];
        for (int run = 0; run < 2; run++)
        {
            using Process process = Start(run == 0 ? command : [.. command, "--resume"]);
            Task<string> errors = process.StandardError.ReadToEndAsync(Token);
            DateTime before = run == 0 ? default : File.GetLastWriteTimeUtc(checkpoint);
            while (!process.HasExited && (!File.Exists(checkpoint) || File.GetLastWriteTimeUtc(checkpoint) == before))
                await Task.Delay(10, Token);
            using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Token);
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 4, $"exit code {process.ExitCode}: {await errors}");
        }
        Assert.Single(Directory.GetFiles(_folder.Path), path => Path.GetFileName(path).StartsWith('c'));
    }

    [Fact]
    public async Task A_step_that_takes_its_time_is_finished_after_Ctrl_C()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no kill on Windows; run this on Linux or macOS");
        // Wide enough that a step takes longer than other commands are given to stop; no checkpoint is due before the signal, so the one that is there was written because of it.
        string data = WriteCsv(), checkpoint = _folder.File("c");
        using Process process = Start("train", data, "--context", "knn(k=8)", "--drop", "class", "--device", "cpu", "--dim", "3", "--outputs", "1024", "--width", "1024", "--depth", "4", "--epochs", "100000", "--checkpoint", checkpoint, "--checkpoint-every", "100000");
        string? line = await process.StandardError.ReadLineAsync(Token);
        Assert.StartsWith("step ", line, StringComparison.Ordinal);
        Task<string> errors = process.StandardError.ReadToEndAsync(Token);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 4, $"exit code {process.ExitCode}: {await errors}");
        Assert.NotEmpty(ChecksummedFile.Read(checkpoint, "CTXTRAIN"u8, 2, "checkpoint"));
    }

    [Fact]
    public async Task A_checkpoint_survives_kill_9_at_any_moment()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SIGKILL is of Linux and macOS; run this there");
        string data = WriteCsv(), checkpoint = _folder.File("c");
        string[] command = ["train", data, .. Small, "--epochs", "10000000", "--checkpoint", checkpoint, "--checkpoint-every", "1", "--quiet"];
        var random = new Random(5);
        int steps = 0;
        for (int run = 0; run < 6; run++)
        {
            using Process process = Start(run == 0 ? command : [.. command, "--resume"]);
            DateTime before = run == 0 ? default : File.GetLastWriteTimeUtc(checkpoint);
            while (!process.HasExited && (!File.Exists(checkpoint) || File.GetLastWriteTimeUtc(checkpoint) == before))
                await Task.Delay(1, Token);
            Assert.False(process.HasExited, "the training ended by itself");
            // A checkpoint is written every few milliseconds: the end comes before, within or after a write.
            await Task.Delay(random.Next(40), Token);
            process.Kill();
            await process.WaitForExitAsync(Token);
            byte[] body = ChecksummedFile.Read(checkpoint, "CTXTRAIN"u8, 2, "checkpoint");
            int done = BitConverter.ToInt32(body, 32);
            Assert.True(done > steps, $"step {done} after step {steps}");
            steps = done;
        }
    }

    private string WriteCsv()
    {
        var random = new Random(1);
        var lines = new List<string> { "a,b,class" };
        for (int i = 0; i < Rows; i++)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{random.NextDouble():f6},{random.NextDouble():f6},c{i % 2}"));
        File.WriteAllLines(_folder.File("data.csv"), lines);
        return _folder.File("data.csv");
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(DemoData).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token), errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await errors);
    }
}
