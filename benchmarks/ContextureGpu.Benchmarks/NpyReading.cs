using BenchmarkDotNet.Attributes;

namespace ContextureGpu.Benchmarks;

/// <summary>A float32 matrix (N, 32) from an <c>.npy</c> file.</summary>
public class NpyReading
{
    private const int Columns = 32;
    private string _path = "";

    [Params(10_000, 1_000_000)]
    public int N { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _path = Path.Combine(Path.GetTempPath(), $"contexture-{Guid.NewGuid():N}.npy");
        float[] values = Check.Numbers(N * Columns, 1);
        NpyFile.Write(_path, values, N, Columns);
        NpyArray read = Read();
        for (int i = 0; i < values.Length; i++)
        {
            if (read.Values[i] != values[i])
                throw new InvalidOperationException($"value {i} is {read.Values[i]}, expected {values[i]}");
        }
    }

    [Benchmark]
    public NpyArray Read() => NpyFile.Read(_path);

    [GlobalCleanup]
    public void Cleanup() => File.Delete(_path);
}
