namespace ContextureGpu;

/// <summary>The number of insertions, deletions and replacements that turn one word into another (Levenshtein 1966).</summary>
internal static class EditDistance
{
    public static int Between(string a, string b)
    {
        int[] above = [.. Enumerable.Range(0, b.Length + 1)];
        foreach (char c in a)
        {
            int diagonal = above[0]++;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, above[j]) = (above[j], Math.Min(diagonal + (c == b[j - 1] ? 0 : 1), 1 + Math.Min(above[j], above[j - 1])));
        }
        return above[^1];
    }
}
