using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <content>
/// The product of points with themselves. The points are cut into blocks, and the pairs of blocks are run in the rounds of a round-robin tournament: in a round every block
/// meets one other, so no two threads add to the same sums, and every sum is added up in the same order whatever the number of threads.
/// </content>
internal sealed unsafe partial class KernelLoops<T, TLanes, TVector>
{
    // Fewer blocks: less to pack and to hand over between them; more: more threads that can take part, half as many as there are blocks.
    private const int MostSymmetricBlocks = 48;

    public override void SymmetricProduct<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, int dimension, T* left, T* right, CpuMatrix<T> v, CpuMatrix<T> output)
    {
        int n = x.Count, p = output.Columns, columns = (p + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
        int size = (int)(((long)n + (SymmetricPoints * MostSymmetricBlocks) - 1) / (SymmetricPoints * MostSymmetricBlocks)) * SymmetricPoints;
        int blocks = (n + size - 1) / size, seats = blocks + (blocks & 1);
        T* scaled = Panel<T>.Allocate(2L * n * columns), sums = scaled + ((nint)n * columns);
        try
        {
            Enter(workers, v, right, scaled, columns);
            workers.Rows(n, 1024, (long)n * columns, (from, to) => Clear(sums + ((nint)from * columns), (nint)(to - from) * columns));
            var pairs = new PairOfBlocks<TKernel>(kernel, x, dimension, p, columns, scaled, sums);
            long work = (long)size * size * (dimension + (2 * p) + 16);
            workers.Run(blocks, blocks * work, block => pairs.Add(Block(block), Block(block)));
            for (int round = 0; round < seats - 1; round++)
            {
                int turn = round;
                workers.Run(seats / 2, seats / 2 * work, seat =>
                {
                    // The last seat stays, the others move round.
                    (int first, int second) = seat == 0 ? (turn, seats - 1) : ((turn + seat) % (seats - 1), (turn + seats - 1 - seat) % (seats - 1));
                    if (first < blocks && second < blocks)
                        pairs.Add(Block(Math.Min(first, second)), Block(Math.Max(first, second)));
                });
            }
            Leave(workers, sums, columns, left, output);
        }
        finally
        {
            NativeMemory.AlignedFree(scaled);
        }

        (int First, int Count) Block(int block) => (block * size, Math.Min(size, n - (block * size)));
    }

    // r_i v_i, rows padded with zeros to whole vectors.
    private static void Enter(Workers workers, CpuMatrix<T> v, T* right, T* to, int columns) =>
        workers.Rows(v.Rows, 1024, (long)v.Rows * columns, (start, end) =>
        {
            for (nint i = start; i < end; i++)
            {
                T* row = v.Pointer + (i * v.LeadingDimension), scaled = to + (i * columns);
                T factor = right is null ? T.One : right[i];
                for (int c = 0; c < columns; c++)
                    scaled[c] = c < v.Columns ? factor * row[c] : T.Zero;
            }
        });

    private static void Leave(Workers workers, T* sums, int columns, T* left, CpuMatrix<T> output) =>
        workers.Rows(output.Rows, 1024, (long)output.Rows * columns, (start, end) =>
        {
            for (nint i = start; i < end; i++)
            {
                T* row = output.Pointer + (i * output.LeadingDimension), sum = sums + (i * columns);
                T factor = left is null ? T.One : left[i];
                for (int c = 0; c < output.Columns; c++)
                    row[c] = factor * sum[c];
            }
        });

    private static void Clear(T* start, nint count) => NativeMemory.Clear(start, (nuint)count * (nuint)sizeof(T));

    /// <summary>Adds what two blocks of points are to each other, or one to itself, to the sums of both.</summary>
    private readonly struct PairOfBlocks<TKernel>(TKernel kernel, PointSet<T> x, int dimension, int p, int columns, T* v, T* sums)
        where TKernel : struct, IPairwiseKernel<T>
    {
        public void Add((int First, int Count) a, (int First, int Count) b)
        {
            bool apart = a.First != b.First;
            int sumRows = (p + KernelPanels<T, TLanes, TVector>.Rows - 1) / KernelPanels<T, TLanes, TVector>.Rows * KernelPanels<T, TLanes, TVector>.Rows;
            T* transposed = apart ? Panel<T>.Allocate((long)b.Count * columns) : null;
            try
            {
                if (apart)
                    Clear(transposed, (nint)b.Count * columns);
                for (int first = a.First; first < a.First + a.Count; first += SymmetricPoints)
                    AddPoints(first, Math.Min(SymmetricPoints, a.First + a.Count - first), b, sumRows, transposed);
                T* to = sums + ((nint)b.First * columns);
                for (nint e = 0; apart && e < (nint)b.Count * columns; e += TLanes.Count)
                    TLanes.Store(TLanes.Add(TLanes.Load(to + e), TLanes.Load(transposed + e)), to + e);
            }
            finally
            {
                NativeMemory.AlignedFree(transposed);
            }
        }

        private void AddPoints(int first, int count, (int First, int Count) b, int sumRows, T* transposed)
        {
            int panels = (count + Width - 1) / Width;
            using var scratch = new Scratch(panels, dimension, sumRows);
            Pack(x, first, count, dimension, scratch);
            Clear(scratch.Sums, (nint)panels * sumRows * Width);
            for (int j = 0; j < b.Count; j += TileRows)
            {
                int rows = Math.Min(TileRows, b.Count - j);
                nint row = b.First + j;
                for (int panel = 0; panel < panels; panel++)
                {
                    KernelPanels<T, TLanes, TVector>.Sums<TKernel>(scratch.Points + ((nint)panel * dimension * Width), dimension, x.Start + (row * x.Leading), x.Leading, rows, scratch.Tile);
                    if (x.Scale is not null)
                        KernelPanels<T, TLanes, TVector>.ScaleSums(rows, x.Scale + row, scratch.Scales + (panel * Width), scratch.Tile);
                    KernelPanels<T, TLanes, TVector>.Values(kernel, rows, x.Offset + row, scratch.Offsets + (panel * Width), scratch.Tile);
                    KernelPanels<T, TLanes, TVector>.AddProduct(scratch.Tile, rows, v + (row * columns), columns, p, scratch.Sums + ((nint)panel * sumRows * Width));
                    if (transposed is not null)
                    {
                        int points = Math.Min(Width, count - (panel * Width));
                        KernelPanels<T, TLanes, TVector>.AddTransposed(scratch.Tile, rows, points, v + ((nint)(first + (panel * Width)) * columns), columns, transposed + ((nint)j * columns));
                    }
                }
            }
            for (int i = 0; i < count; i++)
            {
                T* sum = scratch.Sums + ((nint)(i / Width) * sumRows * Width) + (i % Width), to = sums + ((nint)(first + i) * columns);
                for (int c = 0; c < p; c++)
                    to[c] += sum[c * Width];
            }
        }
    }
}
