using ContextureGpu.Kernels.Ilgpu;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// Tensor cores on the host: a group is 256 threads of the operating system, and a warp's product is computed from the elements that the PTX ISA says each lane holds. The tables are
/// written out from its figures, apart from the kernels' own functions.
/// </summary>
internal readonly struct HostTensorMachine : ITensorMachine
{
    // (row, column) of a0 .. a3, b0 .. b1, c0 .. c3 in lane 4 group + place.
    private static readonly Func<int, int, (int Row, int Column)>[] A = [(g, p) => (g, p), (g, p) => (g + 8, p), (g, p) => (g, p + 4), (g, p) => (g + 8, p + 4)];
    private static readonly Func<int, int, (int Row, int Column)>[] B = [(g, p) => (p, g), (g, p) => (p + 4, g)];
    private static readonly Func<int, int, (int Row, int Column)>[] C = [(g, p) => (g, 2 * p), (g, p) => (g, (2 * p) + 1), (g, p) => (g + 8, 2 * p), (g, p) => (g + 8, (2 * p) + 1)];

    [ThreadStatic]
    private static Warp? _warp;

    [ThreadStatic]
    private static int _lane;

    /// <summary>Runs the threads of one group; each is told its number.</summary>
    public static void RunGroup(Action<int> thread)
    {
        var group = new Meeting(TileGeometry.Threads);
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, TileGeometry.Threads / 32).Select(_ => new Warp(group)).SelectMany((warp, w) => Enumerable.Range(0, 32).Select(lane => new Thread(
            () =>
            {
                (_warp, _lane) = (warp, lane);
                try
                {
                    thread((32 * w) + lane);
                }
                catch (Exception error)
                {
                    failure = error;
                    group.Abandon();
                    warp.Lanes.Abandon();
                }
            },
            256 << 10)))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        if (failure is not null)
            throw new InvalidOperationException($"a thread of the group failed: {failure.Message}", failure);
    }

    public static Four<float> MultiplyAdd(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, Four<float> c)
    {
        Warp warp = _warp!;
        int g = _lane / 4, p = _lane % 4;
        uint[] a = [a0, a1, a2, a3], b = [b0, b1];
        for (int r = 0; r < 4; r++)
            warp.A[A[r](g, p).Row, A[r](g, p).Column] = Tf32(a[r]);
        for (int r = 0; r < 2; r++)
            warp.B[B[r](g, p).Row, B[r](g, p).Column] = Tf32(b[r]);
        warp.Lanes.Wait();
        float[] sums = [c.X, c.Y, c.Z, c.W];
        for (int r = 0; r < 4; r++)
        {
            (int row, int column) = C[r](g, p);
            double sum = sums[r];
            for (int k = 0; k < 8; k++)
                sum += warp.A[row, k] * warp.B[k, column];
            sums[r] = TowardZero(sum);
        }
        warp.Lanes.Wait();
        return new Four<float> { X = sums[0], Y = sums[1], Z = sums[2], W = sums[3] };
    }

    public static uint Round(float x) => float.IsFinite(x) ? (BitConverter.SingleToUInt32Bits(x) + 0x1000u) & 0xFFFFE000u : BitConverter.SingleToUInt32Bits(x) & 0xFFFFE000u;

    public static void Copy(ref Four<float> shared, ref Four<float> global) => shared = global;

    public static void Wait()
    {
    }

    public static void Barrier() => _warp!.Group.Wait();

    // The hardware reads 19 bits.
    private static double Tf32(uint bits) => BitConverter.UInt32BitsToSingle(bits & 0xFFFFE000u);

    private static float TowardZero(double x)
    {
        float near = (float)x;
        return Math.Abs((double)near) > Math.Abs(x) ? (near > 0 ? MathF.BitDecrement(near) : MathF.BitIncrement(near)) : near;
    }

    private sealed class Warp(Meeting group)
    {
        public Meeting Group { get; } = group;

        public Meeting Lanes { get; } = new(32);

        public double[,] A { get; } = new double[16, 8];

        public double[,] B { get; } = new double[8, 8];
    }

    // A barrier that does not spin: there are many more threads than processors.
    private sealed class Meeting(int count)
    {
        private readonly object _gate = new();
        private int _waiting, _round;
        private bool _abandoned;

        public void Wait()
        {
            lock (_gate)
            {
                int round = _round;
                if (++_waiting == count)
                {
                    (_waiting, _round) = (0, round + 1);
                    Monitor.PulseAll(_gate);
                }
                while (round == _round && !_abandoned)
                    Monitor.Wait(_gate);
                if (_abandoned)
                    throw new OperationCanceledException("another thread failed");
            }
        }

        public void Abandon()
        {
            lock (_gate)
            {
                _abandoned = true;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
