using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>Odd data and odd arguments: a defined result or a refusal in words with exit code 2; never a stack trace, never half a file.</summary>
public sealed class OddInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OddInputTests()
    {
        string rows = string.Concat(Enumerable.Range(0, 30).Select(i => $"{i * 7 % 11},{i * i % 13},{(i % 3 == 0 ? "yes" : "no")}\n"));
        Write("data.csv", "a,b,class\n" + rows);
        Write("one-class.csv", "a,b,class\n" + rows.Replace("no", "yes", StringComparison.Ordinal));
        Write("empty.csv", "");
        Write("header.csv", "a,b\n");
        Write("one-row.csv", "a,b\n1,2\n");
        Write("still.csv", "a,b\n3,x\n3,x\n3,x\n");
        Write("constant-column.csv", "a,b\n1,5\n2,5\n4,5\n8,5\n");
        Write("nan.csv", "a,b\n1,NaN\n2,5\n4,\n8,7\n");
        Write("duplicates.csv", "a,b\n" + string.Concat(Enumerable.Repeat("1,2\n3,4\n5,5\n", 5)));
        Write("edges-far.csv", "from,to\n0,1\n1,30\n");
        Write("edges-negative-row.csv", "from,to\n0,-1\n");
        Write("edges-negative.csv", "from,to,w\n0,1,1\n1,2,-2\n");
        Write("edges-nan.csv", "from,to,w\n0,1,1\n1,2,NaN\n");
        Write("edges-isolated.csv", "from,to\n0,1\n1,2\n");
        Write("edges-half.csv", "from,to\n0,1.5\n");
        Write("edges-text.csv", "from,to\nx,y\n");
        Write("edges-wide.csv", "from,to,w,x\n0,1,1,1\n");
        Write("edges-good.csv", "from,to,w\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i},{(i + 1) % 30},1\n{i},{i},0.5\n{(i + 1) % 30},{i},1\n")));
        Directory.CreateDirectory(_folder.File("folder.csv"));
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "fit {empty.csv} --context knn(k=1)", "nothing in it" },
        { "fit {header.csv} --context knn(k=1)", "no row of data" },
        { "fit {one-row.csv} --context knn(k=1)", "1 row" },
        { "fit {still.csv} --context knn(k=1)", "vary" },
        { "fit {still.csv} --context rbf(gamma=1)", "vary" },
        { "fit {folder.csv} --context knn(k=1)", "directory" },
        { "fit {data.csv} --context knn(k=31)", "30 rows" },
        { "fit {data.csv} --context knn(k=30,self=false)", "29" },
        { "fit {data.csv} --context noise(sigma=1e300)", "neither 0 nor infinite" },
        { "fit {data.csv} --context noise(sigma=1e-200)", "neither 0 nor infinite" },
        { "fit {data.csv} --context labels(column=a,smoothing=1e200)", "neither 0 nor infinite" },
        { "fit {constant-column.csv} --context labels(column=b,smoothing=0.5)", "same number in all rows" },
        { "fit {data.csv} --context knn(k=3) --drop nothing", "no column 'nothing'" },
        { "fit {data.csv} --context knn(k=3) --drop a,b,class", "no column is left" },
        { "fit {data.csv} --context knn(k=3) --features {folder.csv}", "directory" },
        { "fit {data.csv} --context knn(k=3) --model {}", "empty" },
        { "fit {data.csv} --context knn(k=3) --features {data.csv}", "same file" },
        { "fit {data.csv} --context knn(k=3) --features {o.npy} --model {o.npy}", "same file" },
        { "fit {data.csv} --context knn(k=3) --report /no/such/folder/r.html", "cannot be written" },
        { "fit {data.csv} --context knn(k=3) --features /dev/full", "cannot be written" },
        { "fit {data.csv} --context knn(k=3) --dim 2147483647", "2147483647" },
        { "fit {one-class.csv} --context labels(column=class)", "1 class" },
        { "fit {data.csv} --context graph(file={edges-far.csv})", "1 and 30" },
        { "fit {data.csv} --context graph(file={edges-negative-row.csv})", "-1" },
        { "fit {data.csv} --context graph(file={edges-negative.csv})", "weight -2" },
        { "fit {data.csv} --context graph(file={edges-nan.csv})", "no weight" },
        { "fit {data.csv} --context graph(file={edges-isolated.csv})", "row 3" },
        { "fit {data.csv} --context graph(file={edges-half.csv})", "1.5" },
        { "fit {data.csv} --context graph(file={edges-text.csv})", "text where numbers" },
        { "fit {data.csv} --context graph(file={edges-wide.csv})", "4 columns" },
        { "fit {data.csv} --context graph(file={nowhere.csv})", "no such file" },
        { "transform {nowhere.ctx} {data.csv} --features {o.npy}", "nowhere.ctx" },
        { "align {nowhere.npy} {nowhere.npy}", "nowhere.npy" },
        { "demo --output {}", "--output is empty" },
        { "demo --output {data.csv}", "data.csv" },
        { "fit - --context knn(k=1)", "standard input" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refusals(string arguments, string words)
    {
        (int code, string output, string errors) = await Program.Run("", Arguments(arguments));
        Assert.True(code == 2, $"exit code {code}: {errors}");
        Assert.Contains(words, errors, StringComparison.Ordinal);
        Assert.StartsWith("contexture: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", errors, StringComparison.Ordinal);
        Assert.Equal("", output);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*.tmp"));
    }

    public static TheoryData<string, int, string> Done => new()
    {
        { "fit {constant-column.csv} --context knn(k=2) --dim 2", 2, "constant" },
        { "fit {nan.csv} --context knn(k=2) --dim 2", 2, "missing" },
        { "fit {duplicates.csv} --context knn(k=3) --dim 4 --solver krylov", 4, "rank is 2" },
        { "fit {data.csv} --context graph(file={edges-good.csv}) --dim 3", 3, "" },
        { "fit {data.csv} --context labels(column=class) --dim 5", 5, "rank is 1" },
        { "fit {data.csv} --context knn(k=30) --dim 3", 3, "rank is 0" },
        { "fit {data.csv} --context knn(k=1) --dim 40", 40, "connected components" },
        { "fit {data.csv} --context 0.3*knn(k=3)+0.3*rbf(gamma=1)", 0, "without '*'" },
        { "fit {data.csv} --context (knn(k=3)+rbf(gamma=1))*knn(k=2) --dim 3 --drop class --target class", 3, "" },
    };

    [Theory]
    [MemberData(nameof(Done))]
    public async Task Defined_results_and_one_json_object(string arguments, int dimension, string warning)
    {
        (int code, string output, string errors) = await Program.Run("", [.. Arguments(arguments), "--json", "--precision", "double"]);
        Assert.Contains(warning, errors, StringComparison.Ordinal);
        if (dimension == 0)
        {
            Assert.Equal(2, code);
            return;
        }
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        double[] values = [.. json.GetProperty("singularValues").EnumerateArray().Select(v => v.GetDouble())];
        Assert.Equal(dimension, values.Length);
        Assert.All(values, v => Assert.InRange(v, 0, 1 + 1e-9));
        Assert.Equal(values.OrderDescending(), values);
        Assert.All(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("warning: ", line, StringComparison.Ordinal));
        Assert.Equal(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, json.GetProperty("warnings").GetArrayLength());
    }

    [Fact]
    public async Task Weights_that_do_not_sum_to_one_are_divided_and_a_warning_says_so()
    {
        (int code, string output, string errors) = await Program.Run("", "fit", _folder.File("data.csv"), "--context", "0.3 knn(k=3) + 0.3 rbf(gamma=1)", "--dim", "2", "--json");
        Assert.True(code == 0, errors);
        Assert.Contains("add up to 0.6", errors, StringComparison.Ordinal);
        Assert.Contains("\"knn(k=3) + rbf(gamma=1)\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_data_and_quiet_is_quiet()
    {
        string text = await File.ReadAllTextAsync(_folder.File("data.csv"), TestContext.Current.CancellationToken);
        string[] rest = ["--context", "knn(k=4)", "--dim", "3", "--precision", "double", "--quiet", "--features"];
        (int code, string output, string errors) = await Program.Run(text, ["fit", "-", .. rest, _folder.File("from-input.npy")]);
        Assert.Equal((0, "", ""), (code, output, errors));
        Assert.Equal(0, (await Program.Run("", ["fit", _folder.File("data.csv"), .. rest, _folder.File("from-file.npy")])).Code);
        Assert.Equal(NpyFile.Read(_folder.File("from-file.npy")).Values, NpyFile.Read(_folder.File("from-input.npy")).Values);
    }

    [Fact]
    public async Task Two_models_on_the_same_data_are_aligned()
    {
        foreach ((string name, string context) in new[] { ("m.ctx", "knn(k=5)"), ("n.ctx", "rbf(gamma=0.5)") })
            Assert.Equal(0, (await Program.Run("", "fit", _folder.File("data.csv"), "--context", context, "--dim", "3", "--quiet", "--model", _folder.File(name), "--features", _folder.File(name + ".npy"))).Code);
        (int code, string models, string errors) = await Program.Run("", "align", _folder.File("m.ctx"), _folder.File("n.ctx"), "--json");
        Assert.True(code == 0, errors);
        (_, string mixed, _) = await Program.Run("", "align", _folder.File("m.ctx"), _folder.File("n.ctx.npy"), "--json");
        double fromModels = JsonDocument.Parse(models).RootElement.GetProperty("ccaR2").GetDouble();
        Assert.InRange(fromModels, 0.01, 0.999);
        Assert.InRange(Math.Abs(JsonDocument.Parse(mixed).RootElement.GetProperty("ccaR2").GetDouble() - fromModels), 0, 1e-5);
        (_, string same, _) = await Program.Run("", "align", _folder.File("m.ctx"), _folder.File("m.ctx"), "--json");
        Assert.InRange(JsonDocument.Parse(same).RootElement.GetProperty("ccaR2").GetDouble(), 1 - 1e-9, 1);
    }

    [Fact]
    public async Task An_interrupt_ends_with_4_and_leaves_no_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are those of Unix");
        // It waits for standard input, which has no end. More rows than a pipe holds are taken only once it reads, and then signals are already its own.
        using Process process = Program.Start("fit", "-", "--context", "knn(k=3)", "--features", _folder.File("f.npy"));
        await process.StandardInput.WriteAsync("a,b\n" + string.Concat(Enumerable.Repeat("1,2\n3,4\n5,5\n", 1 << 17)));
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.False(process.HasExited);
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, process.ExitCode);
        Assert.Equal("contexture: cancelled", (await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
        Assert.False(File.Exists(_folder.File("f.npy")));
    }

    [Fact]
    public async Task A_reader_that_leaves_early_is_no_error_of_the_program()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the shell is that of Unix");
        var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"(dotnet '{typeof(ContextureGpu.Cli.DemoData).Assembly.Location}' fit '{_folder.File("data.csv")}' --context 'knn(k=3)' --dim 20 --json; echo \"code $?\" >&2) | true");
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", errors, StringComparison.Ordinal);
    }

    /// <summary>Random words of the program's language and others: every end is one of the documented ones.</summary>
    [Fact]
    public async Task Random_arguments_end_as_documented()
    {
        string[] words =
        [
            "fit", "transform", "align", "devices", "{data.csv}", "{empty.csv}", "{folder.csv}", "{nowhere}", "-", "--", "", "--context", "knn(k=3)", "knn(k=", "rbf(gamma=median)", "labels(column=class)",
            "--dim", "2", "-1", "1e9", "--json", "--quiet", "--solver", "exact", "magic", "--precision", "double", "--drop", "a", "a,b,class", "--target", "class", "--tolerance", "NaN", "--seed", "7", "@nofile", "\u202e", "--device", "cpu", "gpu",
        ];
        var random = new ContextureGpu.Kernels.Philox(11, 3);
        long draw = 0;
        for (int trial = 0; trial < 25; trial++)
        {
            string[] arguments = [.. Enumerable.Range(0, 1 + (int)(random.Uniform(draw++) * 8)).Select(_ => words[(int)(random.Uniform(draw++) * words.Length)])];
            (int code, string output, string errors) = await Program.Run("a,b\n1,2\n3,4\n5,7\n", [.. arguments.SelectMany(a => a.StartsWith('{') ? Arguments(a) : [a])]);
            string what = string.Join(' ', arguments);
            Assert.True(code is 0 or 2 or 3, $"{what}: exit code {code}: {errors}");
            Assert.False((output + errors).Contains("   at ", StringComparison.Ordinal), what);
            Assert.False(code != 0 && (output.Length > 0 || errors.Length == 0), what);
        }
    }

    public void Dispose() => _folder.Dispose();

    private const int Interrupt = 2;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);

    // {name} is a file of the folder, {} an empty argument.
    private string[] Arguments(string line) => [.. line.Split(' ').Select(word =>
    {
        int open = word.IndexOf('{', StringComparison.Ordinal), close = word.IndexOf('}', StringComparison.Ordinal);
        if (open < 0)
            return word;
        string name = word[(open + 1)..close], path = name.Length == 0 ? "" : _folder.File(name);
        return open == 0 ? path : $"{word[..open]}\"{path}\"{word[(close + 1)..]}";
    })];
}
