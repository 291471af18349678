using System.Globalization;
using ContextureGpu.Kernels;
using MathNet.Numerics.LinearAlgebra;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Dense float32 products: our managed kernel and the library path beside the libraries themselves, PyTorch and MathNet.</summary>
internal static class DenseComparisons
{
    /// <summary><c>C = A B</c>, (m, k) by (k, n), computed by managed code; the library is measured through our own seam too.</summary>
    public static Comparison Product(Bench bench, int m, int n, int k)
    {
        float[] a = Bench.Normals<float>((long)m * k, 1), b = Bench.Normals<float>((long)k * n, 2);
        string fileA = bench.Save(a, k), fileB = bench.Save(b, n);
        var arguments = new Dictionary<string, object> { ["a"] = fileA, ["b"] = fileB };
        CpuDevice managed = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        var others = new List<Contestant>
        {
            // 60 % of OpenBLAS: its time is at least 0.6 of ours.
            new PeerContestant("NumPy with OpenBLAS", "blas.py", bench, "product", arguments, required: 0.6),
            new PeerContestant("PyTorch", "pytorch.py", bench, "product", arguments),
        };
        var resources = new List<IDisposable> { managed };
        foreach (BlasChoice choice in (ReadOnlySpan<BlasChoice>)[BlasChoice.OpenBlas, BlasChoice.Mkl])
        {
            try
            {
                CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = choice });
                resources.Add(device);
                others.Add(Ours(device, $"ours through {choice}"));
            }
            catch (DeviceFailureException absent)
            {
                bench.Remark(absent.Message);
            }
        }
        if ((long)m * n * k <= 1L << 30)
        {
            Matrix<float> left = Matrix<float>.Build.Dense(m, k, (i, j) => a[(i * k) + j]), right = Matrix<float>.Build.Dense(k, n, (i, j) => b[(i * n) + j]);
            Matrix<float> product = Matrix<float>.Build.Dense(m, n);
            others.Add(new LocalContestant("MathNet, managed", () => left.Multiply(right, product), () => [.. product.ToRowMajorArray().Select(v => (double)v)]));
        }
        return new Comparison(string.Create(CultureInfo.InvariantCulture, $"product, float32, {m} x {k} times {k} x {n}"), Ours(managed, "ours, no library"), others, Check)
        {
            Floor = (2.0 * m * n * k / bench.ProductRate, "2 m n k / product rate"),
            Resources = new Bundle(resources),
        };

        LocalContestant Ours(CpuDevice device, string label)
        {
            Arithmetic<float> on = device.Arithmetic<float>();
            DeviceMatrix<float> da = on.Allocate(m, k), db = on.Allocate(k, n), dc = on.Allocate(m, n);
            on.Upload(a, da);
            on.Upload(b, db);
            resources.AddRange([da, db, dc]);
            var result = new float[m * n];
            return new LocalContestant(
                label,
                () => on.Multiply(1, da, Orientation.Normal, db, Orientation.Normal, 0, dc),
                () =>
                {
                    on.Download(dc, result);
                    return Array.ConvertAll(result, v => (double)v);
                });
        }

        void Check(string who, double[] c)
        {
            double bound = 4 * Math.Sqrt(k) * 1.2e-7 * Math.Sqrt(k);
            for (int sample = 0; sample < 200; sample++)
            {
                int i = (int)(sample * 7919L % m), j = (int)(sample * 104729L % n);
                double sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (double)a[(i * k) + l] * b[(l * n) + j];
                Checks.Near(who, $"C[{i}, {j}]", sum, c[((long)i * n) + j], bound);
            }
        }
    }

    /// <summary><c>A^T A</c> summed in float64 from float32, (rows, columns): the one product that decides accuracy.</summary>
    public static Comparison Inner(Bench bench, int rows, int columns)
    {
        float[] a = Bench.Normals<float>((long)rows * columns, 1);
        double[] wide = Array.ConvertAll(a, v => (double)v);
        var arguments = new Dictionary<string, object> { ["a"] = bench.Save(wide, columns) };
        Arithmetic<float> on = bench.Device.Arithmetic<float>();
        DeviceMatrix<float> da = on.Allocate(rows, columns);
        on.Upload(a, da);
        var c = new double[columns * columns];
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"inner products in float64, {rows} x {columns}"),
            new LocalContestant("ours, from float32", () => on.InnerProducts(da, da, c), () => (double[])c.Clone()),
            [new PeerContestant("NumPy with OpenBLAS, from float64", "blas.py", bench, "inner", arguments)],
            (who, result) =>
            {
                for (int i = 0; i < columns; i += 7)
                {
                    for (int j = 0; j < columns; j += 5)
                    {
                        double sum = 0;
                        for (int r = 0; r < rows; r++)
                            sum += wide[(r * columns) + i] * wide[(r * columns) + j];
                        Checks.Near(who, $"C[{i}, {j}]", sum, result[(i * columns) + j], 1e-9 * rows);
                    }
                }
            })
        {
            Floor = (Math.Max((double)rows * columns * columns / (0.5 * bench.ProductRate), 4.0 * rows * columns / bench.CopyRate), "max(n p^2 / half the float32 product rate, 4 n p bytes / copy rate)"),
            Resources = da,
        };
    }
}
