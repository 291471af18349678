namespace ContextureGpu;

/// <summary>Names of columns as people read them in a message: quoted, listed, and the nearest one to a name that does not exist.</summary>
internal static class Naming
{
    private const int Listed = 20, LongestShown = 60;

    /// <summary>A name or a cell in single quotes, cut where it is long, control characters shown as escapes.</summary>
    public static string Quote(string text)
    {
        string cut = text.Length > LongestShown ? string.Concat(text.AsSpan(0, LongestShown), "...") : text;
        return "'" + string.Concat(cut.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "'";
    }

    /// <summary>The names, quoted and separated by commas; of very many the first, and how many more there are.</summary>
    public static string List(IReadOnlyCollection<string> names)
    {
        string head = string.Join(", ", names.Take(Listed).Select(Quote));
        return names.Count > Listed ? $"{head} and {names.Count - Listed} more" : head;
    }

    /// <summary>The name that was most likely meant, or null when none is near: fewest single-character edits, at most a third of the length.</summary>
    public static string? Nearest(string wanted, IEnumerable<string> names)
    {
        if (wanted.Length > LongestShown)
            return null;
        (string? best, int bestEdits) = (null, Math.Max(1, wanted.Length / 3) + 1);
        foreach (string name in names)
        {
            if (Math.Abs(name.Length - wanted.Length) >= bestEdits)
                continue;
            int edits = Edits(wanted.ToUpperInvariant(), name.ToUpperInvariant());
            if (edits < bestEdits)
                (best, bestEdits) = (name, edits);
        }
        return best;
    }

    /// <summary>Levenshtein's distance: insertions, deletions and replacements that lead from one text to the other.</summary>
    private static int Edits(string a, string b)
    {
        int[] row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }
}
