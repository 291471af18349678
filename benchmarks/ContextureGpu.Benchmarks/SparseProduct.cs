using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>A sparse matrix (50 000, 50 000) with 30 entries a row, at random columns, times a float32 block; and building it with its transpose.</summary>
public class SparseProduct
{
    private const int N = 50_000, Degree = 30;
    private CpuDevice _device = null!;
    private CompressedRows _rows = null!;
    private SparseMatrix<float> _s = null!;
    private DeviceMatrix<float> _x = null!, _y = null!;

    [Params(1, 16, 64, 256)]
    public int Width { get; set; }

    [Params(Orientation.Normal, Orientation.Transposed)]
    public Orientation Orientation { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<float> on = _device.Arithmetic<float>();
        _rows = Graph();
        (_s, _x, _y) = (on.CreateSparse(_rows), on.Allocate(N, Width), on.Allocate(N, Width));
        float[] x = Check.Numbers(N * Width, 1), y = new float[N * Width];
        on.Upload(x, _x);
        Product();
        on.Download(_y, y);
        CompressedRows s = Orientation == Orientation.Normal ? _rows : _rows.Transpose();
        double expected = 0;
        for (int e = s.RowStarts[N - 1]; e < s.RowStarts[N]; e++)
            expected += s.Values[e] * x[(s.ColumnIndices[e] * Width) + Width - 1];
        Check.Close("the last element of S X", expected, y[^1]);
    }

    [Benchmark]
    public void Product() => _device.Arithmetic<float>().SparseProduct(_s, Orientation, _x, _y);

    [Benchmark]
    public void Create() => _device.Arithmetic<float>().CreateSparse(_rows).Dispose();

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();

    private static CompressedRows Graph()
    {
        var random = new Philox(3, 1);
        int[] starts = new int[N + 1], columns = new int[N * Degree];
        var values = new double[N * Degree];
        long draw = 0;
        var row = new SortedSet<int>();
        for (int i = 0; i < N; i++)
        {
            row.Clear();
            while (row.Count < Degree)
                row.Add((int)(random.Uniform(draw++) * N));
            row.CopyTo(columns, i * Degree);
            starts[i + 1] = (i + 1) * Degree;
        }
        Array.Fill(values, 1.0 / Degree);
        return new CompressedRows(N, N, starts, columns, values);
    }
}
