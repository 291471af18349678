using System.Reflection;
using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using PublicApiGenerator;
using Xunit;

namespace ContextureGpu.Tests.Architecture;

/// <summary>The public surface of the two libraries is a file in the repository; a change of it is a change of that file, seen in review.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "CONTEXTURE_ACCEPT_API";
    private const int ShownDifferences = 40;

    [Theory]
    [InlineData("ContextureGpu")]
    [InlineData("ContextureGpu.Kernels")]
    public void The_surface_is_the_one_that_was_agreed_on(string name)
    {
        Assembly assembly = name == "ContextureGpu" ? typeof(ContextureEngine).Assembly : typeof(ComputeDevice).Assembly;
        Assert.Equal(name, assembly.GetName().Name);
        string[] actual = Lines(assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }));
        Assert.True(actual.Length > 50, "the surface is empty");
        string file = Path.Combine(Repository.Root, "tests", "ContextureGpu.Tests", "Architecture", $"{name}.api.txt");
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, string.Join('\n', actual) + "\n");
        string[] agreed = File.Exists(file) ? Lines(File.ReadAllText(file)) : [];
        string[] differences = [.. Differences(agreed, actual)];
        Assert.True(differences.Length == 0,
            $"""
            The public surface of {name} has changed:
            {string.Join('\n', differences.Take(ShownDifferences))}{(differences.Length > ShownDifferences ? $"\nand {differences.Length - ShownDifferences} lines more" : "")}
            If that is meant, say so in CHANGELOG.md and accept it, here with one command from the root of the repository:
            {Accept}=1 dotnet run -c Release --project tests/ContextureGpu.Tests -- -class "*PublicApiTests"
            """);
    }

    [Fact]
    public void A_difference_is_shown_with_its_sign()
    {
        Assert.Empty(Differences(["a", "b"], ["a", "b"]));
        Assert.Equal(["- b", "+ c"], Differences(["a", "b", "d"], ["a", "c", "d"]));
        Assert.Equal(["+ a"], Differences(["a"], ["a", "a"]));
        Assert.Equal(["- a", "- b"], Differences(["a", "b"], []));
    }

    // The longest common subsequence stays, the rest is taken away (-) or added (+).
    private static IEnumerable<string> Differences(string[] old, string[] @new)
    {
        var common = new int[old.Length + 1, @new.Length + 1];
        for (int i = old.Length - 1; i >= 0; i--)
        {
            for (int j = @new.Length - 1; j >= 0; j--)
                common[i, j] = old[i] == @new[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }
        for ((int i, int j) = (0, 0); i < old.Length || j < @new.Length;)
        {
            if (i < old.Length && j < @new.Length && old[i] == @new[j])
                (i, j) = (i + 1, j + 1);
            else if (i < old.Length && (j == @new.Length || common[i + 1, j] >= common[i, j + 1]))
                yield return $"- {old[i++]}";
            else
                yield return $"+ {@new[j++]}";
        }
    }

    private static string[] Lines(string text) => text.Replace("\r", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
