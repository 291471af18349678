using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>Speeds come back from the file, damage and refusals of the system mean measuring again, and the choice follows the speeds.</summary>
public sealed class SpeedCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("contexture-cache-").FullName;

    private string CacheFile => Path.Combine(_folder, SpeedCache.FileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SpeedsComeBack()
    {
        var first = new SpeedCache(_folder);
        Assert.Null(first.Find("a|1"));
        first.Store([new("a|1", 12.5), new("b\tc", 1e-3)]);
        new SpeedCache(_folder).Store([new("d", 7)]);
        var again = new SpeedCache(_folder);
        Assert.Equal(12.5, again.Find("a|1"));
        Assert.Equal(1e-3, again.Find("b\tc"));
        Assert.Equal(7, again.Find("d"));
        Assert.Equal(["speeds.txt"], Directory.GetFiles(_folder).Select(Path.GetFileName));
        again.Forget();
        Assert.Null(again.Find("d"));
        Assert.Equal(7, new SpeedCache(_folder).Find("d"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e9)]
    public void NonsenseIsNotKept(double speed)
    {
        var cache = new SpeedCache(_folder);
        cache.Store([new("a", speed), new("line\nend", 3), new("", 3)]);
        Assert.Null(cache.Find("a"));
        Assert.Null(cache.Find("line\nend"));
        Assert.Null(new SpeedCache(_folder).Find("a"));
    }

    /// <summary>Any one byte changed, and any end cut off: nothing is believed.</summary>
    [Fact]
    public void DamageIsNotBelieved()
    {
        new SpeedCache(_folder).Store([new("key", 123.456)]);
        byte[] whole = File.ReadAllBytes(CacheFile);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x11;
            File.WriteAllBytes(CacheFile, damaged);
            Assert.Null(new SpeedCache(_folder).Find("key"));
            File.WriteAllBytes(CacheFile, whole[..i]);
            Assert.Null(new SpeedCache(_folder).Find("key"));
        }
        File.WriteAllBytes(CacheFile, whole);
        Assert.Equal(123.456, new SpeedCache(_folder).Find("key"));
        File.WriteAllBytes(CacheFile, [0xFF, 0xFE, 0, 1, 2]);
        var cache = new SpeedCache(_folder);
        cache.Store([new("new", 5)]);
        Assert.Equal(5, new SpeedCache(_folder).Find("new"));
    }

    [Fact]
    public void AFolderThatCannotBeIsNoFailure()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        foreach (string? folder in new[] { null, file, Path.Combine(file, "below") })
        {
            var cache = new SpeedCache(folder);
            cache.Store([new("a", 2)]);
            Assert.Equal(2, cache.Find("a"));
        }
    }

    [Fact]
    public void TheChoiceFollowsTheSpeeds()
    {
        foreach (BlasChoice library in new[] { BlasChoice.OpenBlas, BlasChoice.Mkl })
        {
            if (NativeLibraries.Missing(library) is { } reason)
                Assert.Skip(reason);
        }
        Assert.Equal(["managed code", "OpenBLAS", "MKL"], Compared(("managed", 9), ("openblas", 5), ("mkl", 4), inLibrary: false, "openblas"));
        Assert.Equal(["MKL", "OpenBLAS", "managed code"], Compared(("managed", 1), ("openblas", 5), ("mkl", 8), inLibrary: true, "mkl"));
        Assert.Equal(["OpenBLAS", "managed code", "MKL"], Compared(("managed", 4), ("openblas", 5), ("mkl", 3), inLibrary: true, "openblas"));
    }

    // Measures into a fresh cache, writes other speeds under the same keys, and opens again.
    private string[] Compared((string, double) first, (string, double) second, (string, double) third, bool inLibrary, string library)
    {
        var measured = new CpuDeviceOptions { Blas = BlasChoice.Auto, Speeds = new SpeedCache(_folder) };
        using (CpuDevice device = CpuDevice.Open(measured))
            Assert.Equal(3, device.ProductSpeeds.Count);
        string[] keys = [.. File.ReadAllLines(CacheFile).Skip(1).Select(line => line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..])];
        Assert.Equal(3, keys.Length);
        measured.Speeds.Store([.. new[] { first, second, third }.Select(s => KeyValuePair.Create(keys.Single(k => k[(k.LastIndexOf(" product on ", StringComparison.Ordinal) + 1)..].Contains(s.Item1, StringComparison.Ordinal)), s.Item2))]);
        using CpuDevice again = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.Auto, Speeds = new SpeedCache(_folder) });
        Assert.Equal(inLibrary, again.ProductsInLibrary);
        Assert.Contains(library, again.LinearAlgebra.Name, StringComparison.OrdinalIgnoreCase);
        return [.. again.ProductSpeeds.Select(s => s.Name)];
    }
}
