using System.Globalization;
using System.Text.Json;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>evaluate, probe and mix-advice as a user runs them.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("contexture-test-").FullName;

    [Fact]
    public async Task Evaluate_says_everything_the_interface_promises()
    {
        (int code, string output, string errors) = await Program.Run("", "evaluate", Data(), "--context", "knn(k=9)", "--target", "y", "--target", "class", "--max-dim", "20", "--json", "--seed", "3");
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal((150, 3, 20), (Int("rows"), Int("inputDimension"), Int("dim")));
        Assert.Equal("knn(k=9)", json.GetProperty("context").GetString());
        foreach (string list in new[] { "singularValues", "residuals" })
            Assert.Equal(20, json.GetProperty(list).GetArrayLength());
        JsonElement tau = json.GetProperty("tau");
        Assert.Equal(tau.GetProperty("value").GetDouble(), tau.GetProperty("byDim")[tau.GetProperty("bestDim").GetInt32() - 1].GetDouble());
        Assert.Contains(tau.GetProperty("abstain").ValueKind, new[] { JsonValueKind.True, JsonValueKind.False });
        JsonElement association = json.GetProperty("association");
        Assert.Contains(association.GetProperty("verdict").GetString(), new[] { "too weak", "moderate", "too strong" });
        Assert.True(association.GetProperty("decayRate").GetDouble() > 0);
        Assert.InRange(association.GetProperty("kernelDeviation").GetDouble(), 0, 2);
        Assert.NotEqual("", association.GetProperty("suggestion").GetString());
        Assert.Equal(["y", "class", "class"], json.GetProperty("compatibility").EnumerateArray().Select(c => c.GetProperty("target").GetString()));
        JsonElement probe = json.GetProperty("probe");
        Assert.Equal("mse", probe.GetProperty("metric").GetString());
        Assert.Equal(20, probe.GetProperty("errorByDim").GetArrayLength());
        Assert.Equal(probe.GetProperty("bestError").GetDouble(), probe.GetProperty("errorByDim")[probe.GetProperty("bestDim").GetInt32() - 1].GetDouble());
        Assert.True(probe.GetProperty("bestError").GetDouble() < probe.GetProperty("baselineError").GetDouble());
        Assert.Equal("error", json.GetProperty("probes")[1].GetProperty("metric").GetString());
        Assert.True(json.GetProperty("seconds").GetProperty("total").GetDouble() > 0 && json.GetProperty("peakBytes").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Array, json.GetProperty("warnings").ValueKind);

        int Int(string name) => json.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Several_contexts_are_ranked_and_a_sweep_has_its_levels()
    {
        string data = Data();
        (int code, string output, string errors) = await Program.Run("", "evaluate", data, "--context", "knn(k=9)", "--context", "rbf(gamma=1) | knn(k=4)", "--target", "y", "--drop", "class", "--max-dim", "12", "--json");
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        double[] bests = [.. json.GetProperty("contexts").EnumerateArray().Select(c => c.GetProperty("probe").GetProperty("bestError").GetDouble())];
        int[] ranking = [.. json.GetProperty("ranking").EnumerateArray().Select(r => r.GetInt32())];
        Assert.Equal(2, bests.Length);
        Assert.True(bests[ranking[0]] <= bests[ranking[1]]);

        (code, output, errors) = await Program.Run("", "evaluate", data, "--sweep", "knn(k=3..60 log 4)", "--target", "y", "--drop", "class", "--max-dim", "12", "--json", "--quiet");
        Assert.True(code == 0, errors);
        Assert.Equal("", errors);
        JsonElement sweep = JsonDocument.Parse(output).RootElement.GetProperty("sweep");
        Assert.Equal([3, 8, 22, 60], sweep.GetProperty("levels").EnumerateArray().Select(l => l.GetInt32()));
        double[] decay = [.. sweep.GetProperty("decayRate").EnumerateArray().Select(d => d.GetDouble())];
        Assert.True(decay.Zip(decay.Skip(1)).All(p => p.First < p.Second)); // more neighbours, weaker association, faster decay
        Assert.Equal((4, 4), (sweep.GetProperty("tau").GetArrayLength(), sweep.GetProperty("error").GetArrayLength()));
    }

    [Fact]
    public async Task People_and_documents_get_the_same_verdict()
    {
        string data = Data();
        (int code, string output, string errors) = await Program.Run("", "evaluate", data, "--context", "knn(k=9)", "--target", "y", "--drop", "class", "--max-dim", "12");
        Assert.True(code == 0, errors);
        string verdict = output.Split('\n').Single(l => l.StartsWith("verdict", StringComparison.Ordinal))[18..];
        foreach (string word in new[] { "association", "E|k_X - 1|", "tau", "decay rate", "linear", "neighbours", "seconds" })
            Assert.Contains(word, output, StringComparison.Ordinal);
        (code, string page, errors) = await Program.Run("", "evaluate", data, "--context", "knn(k=9)", "--context", "knn(k=4) | rbf(gamma=1)", "--target", "y", "--drop", "class", "--max-dim", "12", "--markdown");
        Assert.True(code == 0, errors);
        Assert.Contains(verdict, page.Replace("\\", "", StringComparison.Ordinal), StringComparison.Ordinal);
        // Every row of a table has as many cells as its head; a bar inside a cell is escaped.
        int columns = 0;
        foreach (string line in page.Split('\n'))
        {
            int cells = line.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|');
            Assert.True(cells == 0 || columns == 0 || cells == columns, line);
            columns = cells;
        }
        Assert.DoesNotContain("NaN", page + output, StringComparison.Ordinal);
    }

    /// <summary>No association at all and the strongest one: rates and tau have no finite value there, and no form of the output says Infinity.</summary>
    [Theory]
    [InlineData("knn(k=150)", "every s_i is 0: below 10 .. 20")]
    [InlineData("knn(k=1)", "the spectrum does not fall: above 10 .. 20")]
    public async Task The_ends_of_the_scale_are_told_in_words(string context, string reason)
    {
        string[] command = ["evaluate", Data(), "--context", context, "--target", "y", "--max-dim", "20"];
        foreach (string[] form in new[] { ["--json"], ["--markdown"], new[] { "--report", InFolder("r.html") } })
        {
            (int code, string output, string errors) = await Program.Run("", [.. command, .. form]);
            Assert.True(code == 0, errors);
            Assert.Contains(reason, output.Replace("\\", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Infinity", output, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", output, StringComparison.Ordinal);
        }
        (int subset, string text, string warnings) = await Program.Run("", [.. command, "--rows", "60"]);
        Assert.True(subset == 0, warnings);
        Assert.DoesNotContain("Infinity", text + warnings, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text + warnings, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(InFolder("r.html"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("Infinity", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    /// <summary>A constant column is one of the data, not of each level of a sweep.</summary>
    [Fact]
    public async Task A_warning_that_all_contexts_share_is_said_once()
    {
        string[] lines = ["a,b,flat,y", .. Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"{Math.Sin(i):f4},{Math.Cos(2 * i):f4},7,{i % 7}"))];
        await File.WriteAllTextAsync(InFolder("flat.csv"), string.Join('\n', lines) + "\n", TestContext.Current.CancellationToken);
        (int code, string output, string errors) = await Program.Run("", "evaluate", InFolder("flat.csv"), "--sweep", "knn(k=4..16 log 3)", "--target", "y", "--task", "quantity", "--max-dim", "8", "--json");
        Assert.True(code == 0, errors);
        string?[] warnings = [.. JsonDocument.Parse(output).RootElement.GetProperty("warnings").EnumerateArray().Select(w => w.GetString())];
        Assert.Single(warnings, w => w!.Contains("flat", StringComparison.Ordinal));
        Assert.DoesNotContain(warnings, w => w!.Contains("flat", StringComparison.Ordinal) && w.Contains("knn", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_encoder_that_learned_the_contexture_has_no_gap()
    {
        string data = Data();
        Assert.Equal(0, (await Program.Run("", "fit", data, "--context", "knn(k=9)", "--dim", "4", "--target", "y", "--drop", "class", "--precision", "double", "--features", InFolder("f.npy"), "--quiet")).Code);
        (int code, string output, string errors) = await Program.Run(
            "", "evaluate", data, "--context", "knn(k=9)", "--target", "y", "--drop", "class", "--max-dim", "149", "--precision", "double", "--encoder", InFolder("f.npy"), "--json");
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement, encoder = json.GetProperty("encoder");
        Assert.Equal(4, encoder.GetProperty("rank").GetInt32());
        Assert.InRange(encoder.GetProperty("traceGap").GetDouble(), -1e-6, 1e-6);
        double worst = json.GetProperty("worstCase").GetProperty("byDim")[3].GetDouble();
        Assert.InRange(encoder.GetProperty("worstCaseUpper").GetDouble(), worst - 1e-5, worst + 1e-5);
        Assert.InRange(encoder.GetProperty("worstCaseLower").GetDouble(), worst - 1e-5, worst + 1e-5);
    }

    [Fact]
    public async Task Probe_scores_features_on_three_parts()
    {
        string data = Data();
        Assert.Equal(0, (await Program.Run("", "fit", data, "--context", "knn(k=9)", "--dim", "6", "--target", "y", "--drop", "class", "--features", InFolder("f.npy"), "--quiet")).Code);
        foreach ((string target, string metric) in new[] { ("y", "mse"), ("class", "error") })
        {
            (int code, string output, string errors) = await Program.Run("", "probe", InFolder("f.npy"), "--data", data, "--target", target, "--json");
            Assert.True(code == 0, errors);
            JsonElement json = JsonDocument.Parse(output).RootElement;
            Assert.Equal(metric, json.GetProperty("metric").GetString());
            foreach (string part in new[] { "train", "validation", "test" })
            {
                Assert.Equal(json.GetProperty(part).GetDouble(), json.GetProperty("linear").GetProperty(part).GetProperty(metric).GetDouble());
                Assert.True(json.GetProperty(part).GetDouble() < json.GetProperty("baseline").GetDouble());
            }
            (code, output, errors) = await Program.Run("", "probe", InFolder("f.npy"), "--data", data, "--target", target);
            Assert.True(code == 0, errors);
            Assert.Contains("neighbours", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Mix_advice_proposes_and_shows_what_the_spectrum_becomes()
    {
        (int code, string output, string errors) = await Program.Run("", "mix-advice", Data(), "--context", "knn(k=2)", "--context", "rbf(gamma=0.01)", "--target", "y", "--drop", "class", "--max-dim", "30", "--json");
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("combine", json.GetProperty("operation").GetString());
        Assert.Equal(["too strong", "too weak"], json.GetProperty("contexts").EnumerateArray().Select(c => c.GetProperty("association").GetProperty("verdict").GetString()));
        Context proposed = Context.Parse(json.GetProperty("proposed").GetString()!);
        Assert.Equal(proposed.ToString(), json.GetProperty("mixture").GetProperty("context").GetString());
        Assert.Equal(30, json.GetProperty("mixture").GetProperty("singularValues").GetArrayLength());
        (code, output, errors) = await Program.Run("", "mix-advice", Data(), "--context", "rbf(gamma=0.02)", "--context", "rbf(gamma=0.01)", "--target", "y", "--drop", "class", "--max-dim", "30");
        Assert.True(code == 0, errors);
        Assert.Contains("rbf(gamma=0.02) | rbf(gamma=0.01)", output, StringComparison.Ordinal);
        Assert.Contains("proposed", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evaluate {data}", "--sweep")]
    [InlineData("evaluate {data} --context knn(k=3) --sweep knn(k=3..9_3)", "either by --context")]
    [InlineData("evaluate {data} --context knn(k=3) --json --markdown", "choose one")]
    [InlineData("evaluate {data} --context knn(k=3) --target nothing", "no column 'nothing'")]
    [InlineData("evaluate {data} --context knn(k=3) --target y --task classes", "regression target")]
    [InlineData("evaluate {data} --context knn(k=3) --target class --task quantity", "holds text")]
    [InlineData("evaluate {data} --context knn(k=3) --split 0.5,0.5", "0.7,0.15,0.15")]
    [InlineData("evaluate {data} --context knn(k=3) --max-dim 0", "largest dimension")]
    [InlineData("evaluate {data} --context knn(k=3) --beta -1", "beta")]
    [InlineData("evaluate {data} --context knn(k=3) --rows many", "--rows")]
    [InlineData("evaluate {data} --context knn(k=3) --target constant", "same number in all")]
    [InlineData("evaluate {large.csv} --context knn(k=3) --target large", "target 'large': row 1 is 1E+200")]
    [InlineData("probe {large.npy} --data {data} --target y", "row 0, column 0 (counted from 0) of the features is 1E+200")]
    [InlineData("evaluate {data} --context knn(k=3) --target y --target y", "two targets")]
    [InlineData("mix-advice {data} --context knn(k=3)", "at least two")]
    [InlineData("probe {data} --data {data} --target y", "model")]
    public async Task Bad_requests_are_refused_in_words(string arguments, string word)
    {
        string data = Data();
        File.WriteAllLines(InFolder("large.csv"), ["a,large", .. Enumerable.Range(0, 20).Select(i => $"{i},1e20{i % 3}")]);
        NpyFile.Write(InFolder("large.npy"), Enumerable.Repeat(1e200, 150).ToArray(), 150, 1);
        (int code, string output, string errors) = await Program.Run("", [.. arguments.Split(' ').Select(a => a == "{data}" ? data : a.StartsWith('{') ? InFolder(a[1..^1]) : a.Replace('_', ' '))]);
        Assert.True(code == 2, $"exit code {code}: {errors}");
        Assert.Contains(word, errors, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("", output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string InFolder(string name) => Path.Combine(_folder, name);

    // Two inputs, a quantity that depends on them, two classes, a constant that is left out of the inputs as it has no variation.
    private string Data()
    {
        const int Rows = 150;
        var random = new Philox(4, 80);
        string path = InFolder("data.csv");
        File.WriteAllLines(path, ["a,b,y,class,constant", .. Enumerable.Range(0, Rows).Select(i =>
        {
            (double a, double b) = (random.Uniform(3 * i), random.Uniform((3 * i) + 1));
            return string.Create(CultureInfo.InvariantCulture, $"{a:f6},{b:f6},{a + Math.Sin(4 * b) + (0.05 * random.Uniform((3 * i) + 2)):f6},{(a + b < 1 ? "low" : "high")},7");
        })]);
        return path;
    }
}
