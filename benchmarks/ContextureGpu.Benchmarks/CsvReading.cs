using System.Globalization;
using BenchmarkDotNet.Attributes;

namespace ContextureGpu.Benchmarks;

/// <summary>A table of 12 columns from a <c>.csv</c> file: all numbers with six decimals, or a third of them words, some in quotes.</summary>
public class CsvReading
{
    private const int Columns = 12;
    private static readonly string[] Words = ["alpha", "beta", "gamma delta", "\"quoted, cell\"", ""];
    private string _path = "";

    [Params(10_000, 1_000_000)]
    public int N { get; set; }

    [Params(0, 4)]
    public int ColumnsOfWords { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _path = Path.Combine(Path.GetTempPath(), $"contexture-{Guid.NewGuid():N}.csv");
        float[] values = Check.Numbers(N, 1);
        using (var writer = new StreamWriter(_path))
        {
            writer.WriteLine(string.Join(',', Enumerable.Range(0, Columns).Select(j => $"c{j}")));
            for (int i = 0; i < N; i++)
            {
                for (int j = 0; j < Columns; j++)
                {
                    if (j > 0)
                        writer.Write(',');
                    writer.Write(j < ColumnsOfWords ? Words[(i + j) % Words.Length] : Number(values, i, j));
                }
                writer.WriteLine();
            }
        }
        DataTable table = Read();
        for (int i = 0; i < N; i++)
        {
            double expected = double.Parse(Number(values, i, Columns - 1), CultureInfo.InvariantCulture);
            if (table.Numbers(Columns - 1)[i] != expected)
                throw new InvalidOperationException($"row {i + 1} holds {table.Numbers(Columns - 1)[i]}, expected {expected}");
        }
    }

    [Benchmark]
    public DataTable Read() => DataTable.Read(_path);

    [GlobalCleanup]
    public void Cleanup() => File.Delete(_path);

    private static string Number(float[] values, int i, int j) => (values[i] * (j + 1)).ToString("f6", CultureInfo.InvariantCulture);
}
