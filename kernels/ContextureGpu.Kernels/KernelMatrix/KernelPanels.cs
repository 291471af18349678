using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// The innermost loops of kernel matrices, on a panel of two vectors of points x (packed feature by feature) against rows y in place: entries (y_j, x_i) lie in a tile
/// with row j at <c>j Width</c>. Tile, panel and the rows of V that the tile meets stay in the first-level cache from the differences to the product.
/// </summary>
internal static unsafe class KernelPanels<T, TLanes, TVector>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, IVectorLanes<TVector, T>
    where TVector : unmanaged
{
    /// <summary>Rows at a time: 12 accumulators, 2 vectors and 1 broadcast value fit 16 registers.</summary>
    public const int Rows = 6;

    /// <summary>Rows of a tile, a multiple of <see cref="Rows"/>.</summary>
    public const int TileRows = 72;

    // Features at a time: so many of a panel and of a few rows fit the first-level cache.
    private const int Depth = 128;

    /// <summary>Points of a panel.</summary>
    public static int Width => 2 * TLanes.Count;

    /// <summary>The sums over all features of <paramref name="rows"/> points y, at most <see cref="TileRows"/>, against the panel. Rows of the tile up to the next multiple of 6 are written.</summary>
    public static void Sums<TKernel>(T* panel, int dimension, T* y, nint leadingY, int rows, T* tile)
        where TKernel : struct, IPairwiseKernel<T>
    {
        for (int f = 0; f < dimension || f == 0; f += Depth)
        {
            int depth = Math.Min(Depth, dimension - f);
            for (int r = 0; r < rows; r += Rows)
                AddFeatures<TKernel>(panel + ((nint)f * Width), depth, y + (r * leadingY) + f, leadingY, rows - r, f > 0, tile + (r * Width));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFeatures<TKernel>(T* x, int depth, T* y, nint leadingY, int rows, bool more, T* tile)
        where TKernel : struct, IPairwiseKernel<T>
    {
        int lanes = TLanes.Count;
        T* y0 = y, y1 = rows > 1 ? y + leadingY : y, y2 = rows > 2 ? y + (2 * leadingY) : y;
        T* y3 = rows > 3 ? y + (3 * leadingY) : y, y4 = rows > 4 ? y + (4 * leadingY) : y, y5 = rows > 5 ? y + (5 * leadingY) : y;
        TVector s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        TVector s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        if (more)
        {
            (s00, s01, s10, s11) = (TLanes.Load(tile), TLanes.Load(tile + lanes), TLanes.Load(tile + (2 * lanes)), TLanes.Load(tile + (3 * lanes)));
            (s20, s21, s30, s31) = (TLanes.Load(tile + (4 * lanes)), TLanes.Load(tile + (5 * lanes)), TLanes.Load(tile + (6 * lanes)), TLanes.Load(tile + (7 * lanes)));
            (s40, s41, s50, s51) = (TLanes.Load(tile + (8 * lanes)), TLanes.Load(tile + (9 * lanes)), TLanes.Load(tile + (10 * lanes)), TLanes.Load(tile + (11 * lanes)));
        }
        for (nint f = 0; f < depth; f++)
        {
            TVector x0 = TLanes.Load(x), x1 = TLanes.Load(x + lanes);
            x += 2 * lanes;
            TVector value = TLanes.Broadcast(y0[f]);
            s00 = TKernel.Add<TLanes, TVector>(s00, x0, value);
            s01 = TKernel.Add<TLanes, TVector>(s01, x1, value);
            value = TLanes.Broadcast(y1[f]);
            s10 = TKernel.Add<TLanes, TVector>(s10, x0, value);
            s11 = TKernel.Add<TLanes, TVector>(s11, x1, value);
            value = TLanes.Broadcast(y2[f]);
            s20 = TKernel.Add<TLanes, TVector>(s20, x0, value);
            s21 = TKernel.Add<TLanes, TVector>(s21, x1, value);
            value = TLanes.Broadcast(y3[f]);
            s30 = TKernel.Add<TLanes, TVector>(s30, x0, value);
            s31 = TKernel.Add<TLanes, TVector>(s31, x1, value);
            value = TLanes.Broadcast(y4[f]);
            s40 = TKernel.Add<TLanes, TVector>(s40, x0, value);
            s41 = TKernel.Add<TLanes, TVector>(s41, x1, value);
            value = TLanes.Broadcast(y5[f]);
            s50 = TKernel.Add<TLanes, TVector>(s50, x0, value);
            s51 = TKernel.Add<TLanes, TVector>(s51, x1, value);
        }
        TLanes.Store(s00, tile);
        TLanes.Store(s01, tile + lanes);
        TLanes.Store(s10, tile + (2 * lanes));
        TLanes.Store(s11, tile + (3 * lanes));
        TLanes.Store(s20, tile + (4 * lanes));
        TLanes.Store(s21, tile + (5 * lanes));
        TLanes.Store(s30, tile + (6 * lanes));
        TLanes.Store(s31, tile + (7 * lanes));
        TLanes.Store(s40, tile + (8 * lanes));
        TLanes.Store(s41, tile + (9 * lanes));
        TLanes.Store(s50, tile + (10 * lanes));
        TLanes.Store(s51, tile + (11 * lanes));
    }

    /// <summary>Multiplies each sum by the scales of its row and its point, one after the other: where a sum is 0 no product of scales can make it anything else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleSums(int rows, T* scaleY, T* scaleX, T* tile)
    {
        int lanes = TLanes.Count;
        TVector x0 = TLanes.Load(scaleX), x1 = TLanes.Load(scaleX + lanes);
        for (int j = 0; j < rows; j++, tile += 2 * lanes)
        {
            TVector y = TLanes.Broadcast(scaleY[j]);
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(tile), x0), y), tile);
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(tile + lanes), x1), y), tile + lanes);
        }
    }

    /// <summary>Sums to kernel values, in place.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="offsetY">What is added to the logarithm of each row; not read if the kernel has none.</param>
    /// <param name="offsetX">What is added to the logarithm of each point of the panel; not read if the kernel has none.</param>
    /// <param name="tile">The tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values<TKernel>(TKernel kernel, int rows, T* offsetY, T* offsetX, T* tile)
        where TKernel : struct, IPairwiseKernel<T>
    {
        int lanes = TLanes.Count;
        if (!TKernel.IsLogarithm)
        {
            for (int e = 0; e < 2 * rows; e++, tile += lanes)
                TLanes.Store(kernel.Value<TLanes, TVector>(TLanes.Load(tile), default), tile);
            return;
        }
        TVector a0 = TLanes.Load(offsetX), a1 = TLanes.Load(offsetX + lanes);
        for (int j = 0; j < rows; j++, tile += 2 * lanes)
        {
            TVector b = TLanes.Broadcast(offsetY[j]);
            TVector first = kernel.Value<TLanes, TVector>(TLanes.Load(tile), TLanes.Add(a0, b));
            TVector second = kernel.Value<TLanes, TVector>(TLanes.Load(tile + lanes), TLanes.Add(a1, b));
            TLanes.Store(TLanes.Exp2(first), tile);
            TLanes.Store(TLanes.Exp2(second), tile + lanes);
        }
    }

    /// <summary>
    /// Takes the exponents of a tile into <c>sum_i 2^largest_i</c>: with a new largest exponent the old sum is scaled down (Milakov and Gimelshein 2018, "Online normalizer calculation for softmax").
    /// The tile is overwritten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IncludeExponents<TKernel>(TKernel kernel, int rows, T* offsetY, T* tile, T* largest, T* sum)
        where TKernel : struct, IPairwiseKernel<T>
    {
        int lanes = TLanes.Count;
        for (int half = 0; half < 2; half++)
        {
            T* entry = tile + (half * lanes);
            TVector old = TLanes.Load(largest + (half * lanes)), top = old;
            for (int j = 0; j < rows; j++, entry += 2 * lanes)
            {
                TVector exponent = kernel.Value<TLanes, TVector>(TLanes.Load(entry), TLanes.Broadcast(offsetY[j]));
                TLanes.Store(exponent, entry);
                top = TLanes.Max(top, exponent);
            }
            TVector terms = default;
            entry = tile + (half * lanes);
            for (int j = 0; j < rows; j++, entry += 2 * lanes)
                terms = TLanes.Add(terms, TLanes.Exp2(TLanes.Subtract(TLanes.Load(entry), top)));
            TLanes.Store(top, largest + (half * lanes));
            TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(sum + (half * lanes)), TLanes.Exp2(TLanes.Subtract(old, top)), terms), sum + (half * lanes));
        }
    }

    /// <summary><c>sums_ci += sum_j v_jc tile_ji</c>, row c of the sums at <c>c Width</c>. Rows of the sums up to the next multiple of 6 are written.</summary>
    public static void AddProduct(T* tile, int rows, T* v, nint leadingV, int columns, T* sums)
    {
        for (int c = 0; c < columns; c += Rows)
            AddSixColumns(tile, rows, v + c, leadingV, columns - c, sums + ((nint)c * Width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSixColumns(T* tile, int rows, T* v, nint leadingV, int columns, T* sums)
    {
        int lanes = TLanes.Count;
        nint c1 = columns > 1 ? 1 : 0, c2 = columns > 2 ? 2 : 0, c3 = columns > 3 ? 3 : 0, c4 = columns > 4 ? 4 : 0, c5 = columns > 5 ? 5 : 0;
        TVector s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        TVector s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        for (int j = 0; j < rows; j++)
        {
            TVector w0 = TLanes.Load(tile), w1 = TLanes.Load(tile + lanes);
            tile += 2 * lanes;
            TVector value = TLanes.Broadcast(*v);
            s00 = TLanes.MultiplyAdd(value, w0, s00);
            s01 = TLanes.MultiplyAdd(value, w1, s01);
            value = TLanes.Broadcast(v[c1]);
            s10 = TLanes.MultiplyAdd(value, w0, s10);
            s11 = TLanes.MultiplyAdd(value, w1, s11);
            value = TLanes.Broadcast(v[c2]);
            s20 = TLanes.MultiplyAdd(value, w0, s20);
            s21 = TLanes.MultiplyAdd(value, w1, s21);
            value = TLanes.Broadcast(v[c3]);
            s30 = TLanes.MultiplyAdd(value, w0, s30);
            s31 = TLanes.MultiplyAdd(value, w1, s31);
            value = TLanes.Broadcast(v[c4]);
            s40 = TLanes.MultiplyAdd(value, w0, s40);
            s41 = TLanes.MultiplyAdd(value, w1, s41);
            value = TLanes.Broadcast(v[c5]);
            s50 = TLanes.MultiplyAdd(value, w0, s50);
            s51 = TLanes.MultiplyAdd(value, w1, s51);
            v += leadingV;
        }
        Include(s00, s01, sums);
        Include(s10, s11, sums + (2 * lanes));
        Include(s20, s21, sums + (4 * lanes));
        Include(s30, s31, sums + (6 * lanes));
        Include(s40, s41, sums + (8 * lanes));
        Include(s50, s51, sums + (10 * lanes));
    }

    /// <summary>
    /// The other half of a symmetric product: <c>sums_j += sum_i tile_ji v_i</c> over the first <paramref name="points"/> points of the panel, row j of the sums at
    /// <c>j leading</c>.
    /// </summary>
    /// <param name="tile">The tile.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="points">Points of the panel, at most <see cref="Width"/>.</param>
    /// <param name="v">Row i belongs to point i of the panel; columns are padded to whole vectors, as those of the sums.</param>
    /// <param name="leading">From one row to the next, of v and of the sums.</param>
    /// <param name="sums">A row for each row of the tile.</param>
    public static void AddTransposed(T* tile, int rows, int points, T* v, nint leading, T* sums)
    {
        int lanes = TLanes.Count, whole = rows / (2 * Rows) * (2 * Rows);
        for (nint c = 0; c < leading; c += 2 * lanes)
        {
            bool pair = c + lanes < leading;
            for (nint j = 0; j < whole; j += 2 * Rows)
            {
                if (pair)
                {
                    AddSixRows(tile + (j * Width), points, v + c, leading, sums + (j * leading) + c);
                    AddSixRows(tile + ((j + Rows) * Width), points, v + c, leading, sums + ((j + Rows) * leading) + c);
                }
                else
                {
                    AddTwelveRows(tile + (j * Width), points, v + c, leading, sums + (j * leading) + c);
                }
            }
            for (nint j = whole; j < rows; j++)
            {
                AddRow(tile + (j * Width), points, v + c, leading, sums + (j * leading) + c);
                if (pair)
                    AddRow(tile + (j * Width), points, v + c + lanes, leading, sums + (j * leading) + c + lanes);
            }
        }
    }

    // Two vectors of columns: a value of the tile is read once for both.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSixRows(T* tile, int points, T* v, nint leading, T* sums)
    {
        int lanes = TLanes.Count;
        TVector s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        TVector s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        for (nint i = 0; i < points; i++)
        {
            TVector v0 = TLanes.Load(v), v1 = TLanes.Load(v + lanes);
            v += leading;
            TVector value = TLanes.Broadcast(tile[i]);
            s00 = TLanes.MultiplyAdd(value, v0, s00);
            s01 = TLanes.MultiplyAdd(value, v1, s01);
            value = TLanes.Broadcast(tile[i + Width]);
            s10 = TLanes.MultiplyAdd(value, v0, s10);
            s11 = TLanes.MultiplyAdd(value, v1, s11);
            value = TLanes.Broadcast(tile[i + (2 * Width)]);
            s20 = TLanes.MultiplyAdd(value, v0, s20);
            s21 = TLanes.MultiplyAdd(value, v1, s21);
            value = TLanes.Broadcast(tile[i + (3 * Width)]);
            s30 = TLanes.MultiplyAdd(value, v0, s30);
            s31 = TLanes.MultiplyAdd(value, v1, s31);
            value = TLanes.Broadcast(tile[i + (4 * Width)]);
            s40 = TLanes.MultiplyAdd(value, v0, s40);
            s41 = TLanes.MultiplyAdd(value, v1, s41);
            value = TLanes.Broadcast(tile[i + (5 * Width)]);
            s50 = TLanes.MultiplyAdd(value, v0, s50);
            s51 = TLanes.MultiplyAdd(value, v1, s51);
        }
        Include(s00, s01, sums);
        Include(s10, s11, sums + leading);
        Include(s20, s21, sums + (2 * leading));
        Include(s30, s31, sums + (3 * leading));
        Include(s40, s41, sums + (4 * leading));
        Include(s50, s51, sums + (5 * leading));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwelveRows(T* tile, int points, T* v, nint leading, T* sums)
    {
        TVector s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        TVector s6 = default, s7 = default, s8 = default, s9 = default, s10 = default, s11 = default;
        for (nint i = 0; i < points; i++)
        {
            TVector value = TLanes.Load(v);
            v += leading;
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i]), value, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + Width]), value, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (2 * Width)]), value, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (3 * Width)]), value, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (4 * Width)]), value, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (5 * Width)]), value, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (6 * Width)]), value, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (7 * Width)]), value, s7);
            s8 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (8 * Width)]), value, s8);
            s9 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (9 * Width)]), value, s9);
            s10 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (10 * Width)]), value, s10);
            s11 = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i + (11 * Width)]), value, s11);
        }
        IncludeRow(s0, sums);
        IncludeRow(s1, sums + leading);
        IncludeRow(s2, sums + (2 * leading));
        IncludeRow(s3, sums + (3 * leading));
        IncludeRow(s4, sums + (4 * leading));
        IncludeRow(s5, sums + (5 * leading));
        IncludeRow(s6, sums + (6 * leading));
        IncludeRow(s7, sums + (7 * leading));
        IncludeRow(s8, sums + (8 * leading));
        IncludeRow(s9, sums + (9 * leading));
        IncludeRow(s10, sums + (10 * leading));
        IncludeRow(s11, sums + (11 * leading));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(T* tile, int points, T* v, nint leading, T* sums)
    {
        TVector sum = default;
        for (int i = 0; i < points; i++, v += leading)
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(tile[i]), TLanes.Load(v), sum);
        IncludeRow(sum, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void IncludeRow(TVector sum, T* sums) => TLanes.Store(TLanes.Add(TLanes.Load(sums), sum), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Include(TVector first, TVector second, T* sums)
    {
        TLanes.Store(TLanes.Add(TLanes.Load(sums), first), sums);
        TLanes.Store(TLanes.Add(TLanes.Load(sums + TLanes.Count), second), sums + TLanes.Count);
    }
}
