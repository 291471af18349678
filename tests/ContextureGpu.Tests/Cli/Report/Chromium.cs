using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>A headless Chromium that is told what to do through its DevTools protocol; ends with its user.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>Names a browser other than those looked for.</summary>
    private const string Variable = "CONTEXTURE_CHROMIUM";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _profile;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonNode> _events = [];
    private int _calls;
    private string? _session;

    private Chromium(DirectoryInfo profile, Process process) => (_profile, _process) = (profile, process);

    /// <summary>What the browser reported since the last <see cref="Open"/>: exceptions, console messages, log entries and requests.</summary>
    public IReadOnlyList<JsonNode> Events => _events;

    /// <summary>Starts one, or skips the test where there is none.</summary>
    public static async Task<Chromium> Start()
    {
        string? path = Environment.GetEnvironmentVariable(Variable) ?? Find();
        Assert.SkipWhen(path is null, $"there is no chromium-headless-shell, chromium or google-chrome on the path and {Variable} is not set (Debian: apt-get install chromium-headless-shell)");
        DirectoryInfo profile = Directory.CreateTempSubdirectory("contexture-chromium-");
        var start = new ProcessStartInfo(path!) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in new[]
        {
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
            $"--user-data-dir={profile.FullName}", "about:blank",
        })
            start.ArgumentList.Add(argument);
        var browser = new Chromium(profile, Process.Start(start)!);
        try
        {
            await browser.Connect();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a page in a window of this width, in light, in dark or as it is printed, and waits until it is loaded.</summary>
    public async Task Open(string path, int width, string colourScheme)
    {
        string target = (await Call("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!.GetValue<string>();
        _session = (await Call("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
            await Call($"{domain}.enable", []);
        await Call("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 844, ["deviceScaleFactor"] = 1, ["mobile"] = width < 500 });
        bool isPrint = colourScheme == "print"; // a reader's dark screen must not make a dark sheet
        await Call("Emulation.setEmulatedMedia", new JsonObject
        {
            ["media"] = isPrint ? "print" : "screen",
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isPrint ? "dark" : colourScheme }),
        });
        _events.Clear();
        await Call("Page.navigate", new JsonObject { ["url"] = new Uri(path).AbsoluteUri });
        while (_events.All(e => e["method"]!.GetValue<string>() != "Page.loadEventFired"))
            await Read();
    }

    /// <summary>The value of a JavaScript expression, as JSON.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode answer = await Call("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"];
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _profile.Delete(recursive: true);
                return;
            }
            catch (IOException) when (attempt < 20)
            {
                await Task.Delay(100); // a process of the browser is still writing
            }
        }
    }

    private static string? Find() =>
        (from name in new[] { "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome" }
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    private async Task Connect()
    {
        const string Prefix = "DevTools listening on ";
        using var patience = new CancellationTokenSource(Patience);
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        string? line;
        do
            line = await _process.StandardError.ReadLineAsync(patience.Token);
        while (line is not null && !line.StartsWith(Prefix, StringComparison.Ordinal));
        Assert.True(line is not null, "the browser ended before it listened");
        _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        await _socket.ConnectAsync(new Uri(line[Prefix.Length..]), patience.Token);
    }

    private async Task<JsonNode> Call(string method, JsonObject parameters)
    {
        int id = ++_calls;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null && !method.StartsWith("Target.", StringComparison.Ordinal))
            message["sessionId"] = _session;
        using var patience = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, patience.Token);
        while (true)
        {
            JsonNode answer = await Read();
            if (answer["id"]?.GetValue<int>() == id)
                return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer.ToJsonString()}");
        }
    }

    // One message; events are kept.
    private async Task<JsonNode> Read()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var message = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, patience.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        JsonNode node = JsonNode.Parse(message.ToArray()) ?? throw new JsonException("an empty message");
        if (node["method"] is not null)
            _events.Add(node);
        return node;
    }
}
