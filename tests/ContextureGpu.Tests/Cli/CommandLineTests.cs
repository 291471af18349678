using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using ContextureGpu.Cli;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>The program as a user runs it: a process of its own, its two outputs, its exit code, its files.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("contexture-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_does_the_main_job()
    {
        (int code, string output, string errors) = await Run("demo", "--output", InFolder("demo"));
        Assert.True(code == 0, errors);
        Assert.Equal("", errors);
        foreach (string word in new[] { "1797 rows, 64 inputs", "knn(k=30)", "largest residual", "device", "report.html" })
            Assert.Contains(word, output, StringComparison.Ordinal);
        NpyArray features = NpyFile.Read(Path.Combine(InFolder("demo"), "features.npy"));
        Assert.Equal((1797, 64, false), (features.Rows, features.Columns, features.IsDouble));
        string page = await File.ReadAllTextAsync(Path.Combine(InFolder("demo"), "report.html"), Token);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        int start = 0, plots = 0;
        while ((start = page.IndexOf("<svg class=\"plot\"", start, StringComparison.Ordinal)) >= 0)
        {
            int end = page.IndexOf("</svg>", start, StringComparison.Ordinal) + 6;
            XDocument.Parse(page[start..end]);
            (start, plots) = (end, plots + 1);
        }
        Assert.Equal(3, plots);
    }

    [Theory]
    [InlineData("fit")]
    [InlineData("train")]
    [InlineData("evaluate")]
    public async Task Fast_is_single_precision_and_says_so_where_there_are_no_tensor_cores(string command)
    {
        string data = WriteCsv("data.csv", 120, 0);
        string[] size = command switch
        {
            "fit" => ["--dim", "3", "--drop", "class"],
            "train" => ["--dim", "2", "--width", "8", "--depth", "1", "--epochs", "2", "--drop", "class"],
            _ => ["--max-dim", "3", "--target", "class"],
        };
        (int code, string output, string errors) = await Run([command, data, "--context", "knn(k=9)", "--precision", "fast", "--device", "cpu", "--json", .. size]);
        Assert.True(code == 0, errors);
        Assert.Contains("cpu has none that are used, so products are in float32", output, StringComparison.Ordinal);
        if (command != "evaluate")
            Assert.Equal("single", JsonDocument.Parse(output).RootElement.GetProperty("precision").GetString());
        (code, _, errors) = await Run([command, data, "--context", "knn(k=9)", "--precision", "half", .. size]);
        Assert.Equal(2, code);
        Assert.Contains("half", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fit_transform_and_align_agree()
    {
        string data = WriteCsv("data.csv", 200, 0);
        (int code, string output, string errors) = await Run(
            "fit", data, "--context", "knn(k=9) * rbf(gamma=0.4)", "--dim", "6", "--target", "class", "--precision", "double", "--json", "--solver", "krylov", "--seed", "5",
            "--model", InFolder("m.ctx"), "--features", InFolder("f.npy"), "--singular-values", InFolder("s.npy"), "--report", InFolder("r.html"), "--tolerance", "1e-10");
        Assert.True(code == 0, errors);
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(200, json.GetProperty("rows").GetInt32());
        Assert.Equal(5, json.GetProperty("inputDimension").GetInt32());
        Assert.Equal("knn(k=9) * rbf(gamma=0.4)", json.GetProperty("context").GetString());
        Assert.Equal("krylov", json.GetProperty("solver").GetString());
        Assert.Equal("double", json.GetProperty("precision").GetString());
        Assert.All(json.GetProperty("residuals").EnumerateArray(), r => Assert.InRange(r.GetDouble(), 0, 1e-10));
        Assert.InRange(json.GetProperty("orthogonality").GetDouble(), 0, 1e-10);
        Assert.True(json.GetProperty("peakBytes").GetInt64() > 0 && json.GetProperty("seconds").GetProperty("total").GetDouble() > 0);
        Assert.NotEqual("", json.GetProperty("device").GetProperty("backend").GetString());
        double[] values = [.. json.GetProperty("singularValues").EnumerateArray().Select(v => v.GetDouble())];
        Assert.Equal(values, NpyFile.Read(InFolder("s.npy")).Values);

        Assert.Equal(0, (await Run("transform", InFolder("m.ctx"), data, "--features", InFolder("g.npy"), "--quiet")).Code);
        NpyArray f = NpyFile.Read(InFolder("f.npy")), g = NpyFile.Read(InFolder("g.npy"));
        Assert.True(f.IsDouble && g.IsDouble);
        for (int e = 0; e < f.Values.Length; e++)
            Tolerance.AssertClose($"element {e}", f.Values[e], g.Values[e], 1e-8);

        (code, output, _) = await Run("align", InFolder("f.npy"), InFolder("g.npy"), "--json");
        Assert.Equal(0, code);
        json = JsonDocument.Parse(output).RootElement;
        Tolerance.AssertClose("R2_CCA", 1, json.GetProperty("ccaR2").GetDouble(), 1e-9);
        Assert.Equal(6, json.GetProperty("principalAngles").GetArrayLength());
        Assert.InRange(json.GetProperty("mutualKnn").GetDouble(), 0.99, 1);
    }

    [Fact]
    public async Task A_graph_and_labels_come_from_files()
    {
        string data = WriteCsv("data.csv", 12, 0);
        await File.WriteAllLinesAsync(InFolder("edges.csv"), ["from,to", .. Enumerable.Range(0, 12).Select(i => $"{i},{(i + 1) % 12}")], Token);
        (int code, string output, string errors) = await Run("fit", data, "--context", $"graph(file=\"{InFolder("edges.csv")}\")", "--dim", "5", "--json");
        Assert.True(code == 0, errors);
        double[] values = [.. JsonDocument.Parse(output).RootElement.GetProperty("singularValues").EnumerateArray().Select(v => v.GetDouble())];
        double[] expected = [.. Enumerable.Range(1, 11).Select(k => Math.Abs(Math.Cos(2 * Math.PI * k / 12))).OrderDescending().Take(5)];
        for (int i = 0; i < 5; i++)
            Tolerance.AssertClose($"s_{i + 1}", expected[i], values[i], 2e-5);
        (code, output, errors) = await Run("fit", data, "--context", "labels(column=class, noise=0.1)", "--dim", "2", "--json");
        Assert.True(code == 0, errors);
        Assert.InRange(JsonDocument.Parse(output).RootElement.GetProperty("singularValues")[0].GetDouble(), 0.7, 1);
    }

    [Fact]
    public async Task New_rows_may_bring_new_categories_but_not_lack_columns()
    {
        string data = WriteCsv("data.csv", 60, 0);
        Assert.Equal(0, (await Run("fit", data, "--context", "knn(k=5)", "--dim", "3", "--drop", "class", "--model", InFolder("m.ctx"), "--quiet")).Code);
        await File.WriteAllLinesAsync(InFolder("new.csv"), ["c,b,a", "purple,0.5,0.25", "red,,1"], Token);
        (int code, _, string errors) = await Run("transform", InFolder("m.ctx"), InFolder("new.csv"), "--features", InFolder("n.npy"));
        Assert.True(code == 0, errors);
        Assert.Contains("purple", errors, StringComparison.Ordinal);
        Assert.Equal((2, 3), (NpyFile.Read(InFolder("n.npy")).Rows, NpyFile.Read(InFolder("n.npy")).Columns));
        await File.WriteAllLinesAsync(InFolder("lacking.csv"), ["c,a", "red,1"], Token);
        (code, _, errors) = await Run("transform", InFolder("m.ctx"), InFolder("lacking.csv"), "--features", InFolder("x.npy"));
        Assert.Equal(2, code);
        Assert.Contains("'b'", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(InFolder("x.npy")));
    }

    public static TheoryData<string, int, string> Refusals => new()
    {
        { "fit {data}", 2, "--context" },
        { "fit {data} --context knn(k=0)", 2, "column 7" },
        { "fit {data} --context knn(k=61) --drop class", 2, "60 rows" },
        { "fit {data} --context knn(k=3) --dim zero", 2, "--dim" },
        { "fit {data} --context knn(k=3) --dim 0", 2, "dimension" },
        { "fit {data} --context knn(k=3) --solver magic", 2, "magic" },
        { "fit {data} --context knn(k=3) --device cuda:99", 3, "cuda:99" },
        { "fit {data} --context knn(k=3) --device abacus", 2, "abacus" },
        { "fit {data} --context knn(k=3) --target nothing", 2, "nothing" },
        { "fit {data} --context knn(k=3) --tolerance -1", 2, "tolerance" },
        { "fit {data} --context knn(k=3) --features /no/such/folder/f.npy", 2, "/no/such/folder/f.npy" },
        { "fit missing.csv --context knn(k=3)", 2, "missing.csv" },
        { "fit data.xlsx --context knn(k=3)", 2, "data.xlsx" },
        { "fit {ragged} --context knn(k=1)", 2, "ragged.csv" },
        { "fit {infinite} --context knn(k=1)", 2, "infinite.csv" },
        { "fit {constant} --context knn(k=1)", 2, "vary" },
        { "fit {twice} --context knn(k=1)", 2, "twice.csv" },
        { "fit {data} --context labels(column=a) --dim 1", 2, "'a'" },
        { "transform {data} {data} --features f.npy", 2, "no model" },
        { "align {data} {data}", 2, "data.csv" },
        { "nonsense", 2, "nonsense" },
        { "", 2, "command" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_cannot_be_done_is_refused_in_words(string arguments, int code, string word)
    {
        string data = WriteCsv("data.csv", 60, 0);
        await File.WriteAllTextAsync(InFolder("ragged.csv"), "a,b\n1,2\n3\n", Token);
        await File.WriteAllTextAsync(InFolder("infinite.csv"), "a,b\n1,2\ninf,3\n4,5\n", Token);
        await File.WriteAllTextAsync(InFolder("constant.csv"), "a,b\n1,2\n1,2\n1,2\n", Token);
        await File.WriteAllTextAsync(InFolder("twice.csv"), "a,a\n1,2\n1,3\n", Token);
        string[] split = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (int actual, string output, string errors) = await Run([.. split.Select(a => a switch
        {
            "{data}" => data,
            "{ragged}" => InFolder("ragged.csv"),
            "{infinite}" => InFolder("infinite.csv"),
            "{constant}" => InFolder("constant.csv"),
            "{twice}" => InFolder("twice.csv"),
            _ => a,
        })]);
        Assert.True(code == actual, $"exit code {actual}: {errors}");
        Assert.Contains(word, errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", errors + output, StringComparison.Ordinal);
        Assert.Equal("", output);
    }

    [Fact]
    public async Task A_damaged_model_is_refused_whatever_is_damaged()
    {
        string data = WriteCsv("data.csv", 30, 0);
        Assert.Equal(0, (await Run("fit", data, "--context", "knn(k=5)", "--dim", "3", "--drop", "class", "--model", InFolder("m.ctx"), "--quiet")).Code);
        byte[] good = await File.ReadAllBytesAsync(InFolder("m.ctx"), Token);
        Assert.Equal(3, SpectralModel.Load(InFolder("m.ctx")).Dimension);
        for (int trial = 0; trial < 200; trial++)
        {
            byte[] bad = trial % 2 == 0 ? good[..(good.Length * trial / 200)] : (byte[])good.Clone();
            if (trial % 2 == 1)
                bad[good.Length * trial / 200] ^= 0x40;
            await File.WriteAllBytesAsync(InFolder("bad.ctx"), bad, Token);
            Assert.Throws<InputException>(() => SpectralModel.Load(InFolder("bad.ctx")));
            if (trial % 2 == 1 && good.Length * trial / 200 > 60)
            {
                // The same damage with a checksum that fits: an attacker's file. It is read or refused, never anything else.
                System.Security.Cryptography.SHA256.HashData(bad.AsSpan(52)).CopyTo(bad.AsSpan(20));
                await File.WriteAllBytesAsync(InFolder("bad.ctx"), bad, Token);
                try
                {
                    _ = SpectralModel.Load(InFolder("bad.ctx"));
                }
                catch (InputException)
                {
                }
            }
        }
    }

    [Fact]
    public void The_embedded_digits_are_those_of_uci()
    {
        DataTable digits = DemoData.Digits();
        Assert.Equal((1797, 65), (digits.Rows, digits.ColumnNames.Count));
        double sum = Enumerable.Range(0, 64).Sum(j => digits.Numbers(j).ToArray().Sum());
        Assert.Equal(561718, sum);
        ClassLabels labels = ClassLabels.From(digits, DemoData.ClassColumn);
        Assert.Equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180], Enumerable.Range(0, 10).Select(k => labels.Index.ToArray().Count(i => i == k)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string InFolder(string name) => Path.Combine(_folder, name);

    private string WriteCsv(string name, int rows, int seed)
    {
        string[] colours = ["red", "green", "blue"];
        string path = InFolder(name);
        var random = new ContextureGpu.Kernels.Philox((ulong)seed, 9);
        File.WriteAllLines(path, ["a,b,c,class", .. Enumerable.Range(0, rows).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"{random.Uniform(2 * i):f4},{(i == 3 ? "?" : random.Uniform((2 * i) + 1).ToString("f4", CultureInfo.InvariantCulture))},{colours[i % 3]},{(i % 2 == 0 ? "yes" : "no")}"))]);
        return path;
    }

    private static async Task<(int Code, string Output, string Errors)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(DemoData).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token), errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await errors);
    }
}
