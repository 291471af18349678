using System.Globalization;
using System.Text.Json.Nodes;

namespace ContextureGpu.Tests.Cli;

/// <summary>What is wrong with a page as a browser shows it: errors, requests, figures that are not seen, text that is cut off, colours too near the paper.</summary>
internal static class PageInspection
{
    private const string Script = """
        (wide => {
          const found = [];
          const name = e => e.tagName.toLowerCase() + (e.getAttribute('class') ? '.' + e.getAttribute('class') : '') + ' "' + e.textContent.trim().slice(0, 40) + '"';
          const colour = text => text.match(/[\d.]+/g).slice(0, 3).map(Number);
          const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const paper = colour(getComputedStyle(document.body).backgroundColor);
          if (document.documentElement.scrollWidth > wide + 0.5) found.push('wider than the window: ' + document.documentElement.scrollWidth);
          const plots = [...document.querySelectorAll('figure svg.plot')];
          for (const plot of plots) {
            const box = plot.getBoundingClientRect(), title = plot.querySelector('title')?.textContent ?? '';
            if (box.width < 200 || box.height < 140) found.push('figure too small: ' + title + ' ' + box.width + ' x ' + box.height);
            if (plot.getAttribute('role') !== 'img' || !title || !plot.querySelector('desc')?.textContent) found.push('figure without words: ' + title);
            const marks = [...plot.querySelectorAll('.dots, .bar, .line:not(.grid):not(.ink):not(.mark)')].filter(e => { const b = e.getBBox({stroke: true}); return b.width > 0 || b.height > 0 || e.classList.contains('dots'); });
            if (marks.length === 0) found.push('figure without content: ' + title);
            for (const mark of marks) {
              const b = mark.getBoundingClientRect();
              if (b.left < box.left - 3 || b.right > box.right + 3 || b.top < box.top - 3 || b.bottom > box.bottom + 3) found.push('content outside its figure: ' + title);
              const style = getComputedStyle(mark), own = mark.classList.contains('bar') || mark.classList.contains('area') ? style.fill : style.stroke;
              if (own === 'none' || contrast(colour(own), paper) < 1.8) found.push('colour too near the paper: ' + title + ' ' + own);
            }
            const texts = [...plot.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()]);
            for (const [text, b] of texts) {
              if (b.left < box.left - 0.5 || b.right > box.right + 0.5 || b.top < box.top - 0.5 || b.bottom > box.bottom + 0.5) found.push('text outside its figure: ' + title + ': ' + text.textContent);
              if ((text.hasAttribute('transform') ? b.width : b.height) < 11) found.push('text too small: ' + title + ': ' + text.textContent);
            }
            for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) {
              const [a, b] = [texts[i][1], texts[j][1]];
              if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) found.push('texts overlap: ' + title + ': ' + texts[i][0].textContent + ' and ' + texts[j][0].textContent);
            }
          }
          for (const e of document.querySelectorAll('body *')) {
            if (e.closest('svg')) continue;
            const b = e.getBoundingClientRect();
            if (b.width === 0 || b.height === 0) { if (e.matches('h1, h2, p, figure, dl, pre, figcaption')) found.push('not shown: ' + name(e)); continue; }
            if (!e.closest('.scroll') && (b.right > wide + 0.5 || b.left < -0.5)) found.push('beyond the edge: ' + name(e));
            if (!e.classList.contains('scroll') && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && !e.closest('.scroll')) found.push('text cut off: ' + name(e));
            if (e.children.length === 0 && e.textContent.trim() && contrast(colour(getComputedStyle(e).color), paper) < 4.5) found.push('text too pale: ' + name(e));
          }
          for (const e of document.querySelectorAll('.scroll')) if (e.scrollWidth > e.clientWidth + 1) found.push('table cut off: ' + e.scrollWidth + ' of ' + e.clientWidth + ' ' + name(e));
          return { found, plots: plots.length, scripts: document.querySelectorAll('script').length, images: document.querySelectorAll('img').length, dark: light(paper) < 0.2 };
        })
        """;

    /// <summary>Opens a page and says what is wrong with it, and what it has.</summary>
    public static async Task<(IReadOnlyList<string> Faults, JsonNode Page)> Inspect(Chromium browser, string path, int width, string colourScheme)
    {
        await browser.Open(path, width, colourScheme);
        JsonNode page = (await browser.Evaluate(string.Create(CultureInfo.InvariantCulture, $"{Script}({width})")))!;
        var faults = page["found"]!.AsArray().Select(f => f!.GetValue<string>()).ToList();
        string own = new Uri(path).AbsoluteUri;
        foreach (JsonNode happened in browser.Events)
        {
            JsonNode facts = happened["params"]!;
            switch (happened["method"]!.GetValue<string>())
            {
                case "Runtime.exceptionThrown":
                    faults.Add($"exception: {facts["exceptionDetails"]!["text"]}");
                    break;
                case "Runtime.consoleAPICalled":
                    faults.Add($"console: {facts["type"]}");
                    break;
                case "Log.entryAdded":
                    faults.Add($"log: {facts["entry"]!["text"]}");
                    break;
                case "Network.requestWillBeSent" when facts["request"]!["url"]!.GetValue<string>() != own:
                    faults.Add($"request: {facts["request"]!["url"]}");
                    break;
            }
        }
        return (faults, page);
    }
}
