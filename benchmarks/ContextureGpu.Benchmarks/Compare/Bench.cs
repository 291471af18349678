using System.Diagnostics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>What comparisons share: the processor, a folder for data, and the machine's measured rates, from which floors are reckoned.</summary>
internal sealed class Bench : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("contexture-compare-").FullName;
    private readonly SortedSet<string> _software = new(StringComparer.Ordinal), _remarks = new(StringComparer.Ordinal);
    private readonly Lazy<double> _productRate, _copyRate;
    private int _files;

    /// <param name="peerFolder">Where the scripts lie.</param>
    /// <param name="accelerator">What is compared; null for the processor.</param>
    public Bench(string peerFolder, ComputeDevice? accelerator = null)
    {
        PeerFolder = peerFolder;
        Device = CpuDevice.Open();
        Target = accelerator ?? Device;
        _productRate = new Lazy<double>(MeasureProduct);
        _copyRate = new Lazy<double>(MeasureCopy);
    }

    /// <summary>The processor, with the library that the environment asks for.</summary>
    public CpuDevice Device { get; }

    /// <summary>What is compared: the processor or an accelerator.</summary>
    public ComputeDevice Target { get; }

    /// <summary>Where the scripts lie.</summary>
    public string PeerFolder { get; }

    /// <summary>Threads everyone may use.</summary>
    public int Threads => Device.Threads;

    /// <summary>Versions of the software that took part.</summary>
    public IReadOnlyCollection<string> Software => _software;

    /// <summary>What a reader of the table should know.</summary>
    public IReadOnlyCollection<string> Remarks => _remarks;

    /// <summary>Operations a second of the target's float32 product, 2048^3, at the start of the run.</summary>
    public double ProductRate => _productRate.Value;

    /// <summary>Bytes a second of a copy of 256 MiB within the target's memory, by all threads, read and written bytes both counted.</summary>
    public double CopyRate => _copyRate.Value;

    /// <summary>Remembers software for the head of the report.</summary>
    public void TakesPart(string software) => _software.Add(software);

    /// <summary>Remembers something for the foot of the report.</summary>
    public void Remark(string text) => _remarks.Add(text);

    /// <summary>A name for a file that goes with the bench.</summary>
    public string NewFile() => Path.Combine(_folder, $"{++_files}.npy");

    /// <summary>Writes a matrix for the peers.</summary>
    public string Save(float[] rowMajor, int columns)
    {
        string path = NewFile();
        NpyFile.Write(path, rowMajor, rowMajor.Length / columns, columns);
        return path;
    }

    /// <summary>As <see cref="Save(float[], int)"/>.</summary>
    public string Save(double[] rowMajor, int columns)
    {
        string path = NewFile();
        NpyFile.Write(path, rowMajor, rowMajor.Length / columns, columns);
        return path;
    }

    /// <summary>n points around 20 centres that are 3 standard deviations from the origin in each feature, on average.</summary>
    public static double[] Mixture(int n, int d, ulong seed)
    {
        const int Centres = 20;
        double[] centres = new double[Centres * d], points = new double[n * d];
        new Philox(seed, 1).Normals(0, centres.AsSpan());
        new Philox(seed, 2).Normals(0, points.AsSpan());
        for (int i = 0; i < n; i++)
            for (int f = 0; f < d; f++)
                points[(i * d) + f] += 3 * centres[(i % Centres * d) + f];
        return points;
    }

    /// <summary>Standard normal draws.</summary>
    public static T[] Normals<T>(long count, ulong seed)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var values = new T[count];
        new Philox(seed, 3).Normals(0, values.AsSpan());
        return values;
    }

    public void Dispose()
    {
        Device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private double MeasureProduct()
    {
        const int n = 2048;
        Arithmetic<float> on = Target.Arithmetic<float>();
        using DeviceMatrix<float> a = on.Allocate(n, n), b = on.Allocate(n, n), c = on.Allocate(n, n);
        on.Upload(Normals<float>((long)n * n, 1), a);
        on.Upload(Normals<float>((long)n * n, 2), b);
        return 2.0 * n * n * n / Best(5, () =>
        {
            on.Multiply(1, a, Orientation.Normal, b, Orientation.Normal, 0, c);
            Target.Synchronize();
        });
    }

    private double MeasureCopy()
    {
        const int Count = 1 << 26;
        if (!ReferenceEquals(Target, Device))
        {
            Arithmetic<float> on = Target.Arithmetic<float>();
            using DeviceMatrix<float> source = on.Allocate(Count / 1024, 1024), target = on.Allocate(Count / 1024, 1024);
            on.Fill(source, 1);
            return 8.0 * Count / Best(5, () =>
            {
                on.Copy(source, target);
                Target.Synchronize();
            });
        }
        float[] from = new float[Count], to = new float[Count];
        int piece = Count / Threads;
        return 8.0 * Count / Best(5, () => Parallel.For(0, Threads, t => from.AsSpan(t * piece, piece).CopyTo(to.AsSpan(t * piece))));
    }

    private static double Best(int runs, Action work)
    {
        double best = double.PositiveInfinity;
        for (int run = 0; run <= runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            if (run > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
