using System.Numerics;
using System.Runtime.CompilerServices;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Allocation, views, copies between host and device, and the ledger.</summary>
internal static class MemoryChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What goes up comes down, special values included; views are columns of the same storage.</summary>
    public static void UploadAndDownload(ContractBench<T> bench)
    {
        T[] special = [T.NaN, T.PositiveInfinity, T.NegativeInfinity, T.NegativeZero, T.Epsilon, T.CreateTruncating(Tolerance.Smallest<T>())];
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                T[] values = scene.Normals(rows * columns);
                for (int i = 0; i < values.Length; i += 3)
                    values[i] = special[i / 3 % special.Length];
                T[] read = scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.Upload(values, y));
                for (int i = 0; i < values.Length; i++)
                    Assert.True(double.CreateTruncating(values[i]).Equals(double.CreateTruncating(read[i])) && T.IsNegative(values[i]) == T.IsNegative(read[i]), $"element {i} went up as {values[i]} and came down as {read[i]}");
            });
        }
        bench.Case("wrong lengths", scene =>
        {
            HostileMatrix<T> y = scene.Output(3, 2);
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Upload(new T[5], y.Matrix));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Download(y.Matrix, new T[7]));
        });
    }

    /// <summary>Every element of the matrix and none beside it.</summary>
    public static void Fill(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                foreach (T value in new[] { T.Zero, T.CreateTruncating(2.5), T.PositiveInfinity, T.NaN })
                    Assert.All(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.Fill(y, value)), e => Assert.Equal(value, e));
            });
        }
    }

    /// <summary>A view of a view is a column range of the first matrix, shares its elements, and may be disposed freely.</summary>
    public static void ColumnRange(ContractBench<T> bench)
    {
        bench.Case("a view of a view", scene =>
        {
            T[] values = scene.Normals(4 * 9);
            T[] read = scene.Run(scene.Output(4, 9), values, y =>
            {
                DeviceMatrix<T> outer = y.ColumnRange(2, 6), inner = outer.ColumnRange(1, 3);
                Assert.Equal((4, 3, y.LeadingDimension), (inner.Rows, inner.Columns, inner.LeadingDimension));
                scene.Arithmetic.Fill(inner, T.One);
                inner.Dispose();
                outer.Dispose();
            });
            for (int i = 0; i < values.Length; i++)
                Assert.Equal(i % 9 is >= 3 and < 6 ? T.One : values[i], read[i]);
            DeviceMatrix<T> matrix = scene.Output(4, 9).Matrix;
            Assert.True(matrix.ColumnRange(9, 0).IsEmpty);
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ColumnRange(-1, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ColumnRange(8, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ColumnRange(int.MaxValue, int.MaxValue));
        });
    }

    /// <summary>The ledger follows allocations and releases; impossible sizes are refused and leave no trace.</summary>
    public static void Ledger(ContractBench<T> bench)
    {
        (Arithmetic<T> arithmetic, MemoryLedger memory) = (bench.Arithmetic, bench.Device.Memory);
        long before = memory.LiveBytes;
        memory.ResetPeak();
        DeviceMatrix<T> first = arithmetic.Allocate(100, 7), second = arithmetic.Allocate(0, 5);
        long bytes = 700L * Unsafe.SizeOf<T>();
        Assert.Equal((100, 7), (first.Rows, first.Columns));
        Assert.True(first.LeadingDimension >= first.Columns && second.IsEmpty);
        Assert.True(memory.LiveBytes >= before + bytes, $"{bytes} bytes were allocated, the ledger shows {memory.LiveBytes - before}");
        first.ColumnRange(1, 2).Dispose();
        Assert.True(memory.LiveBytes >= before + bytes, "disposing a view released its matrix");
        arithmetic.Fill(first, T.One);
        first.Dispose();
        first.Dispose();
        second.Dispose();
        Assert.True(memory.LiveBytes == before, $"{memory.LiveBytes - before} bytes are live after disposal");
        using (arithmetic.CreateSparse(new CompressedRows(2, 2, [0, 1, 2], [0, 1], [1, 1])))
            Assert.True(memory.LiveBytes > before, "a sparse matrix is not in the ledger");
        Assert.True(memory.LiveBytes == before, $"{memory.LiveBytes - before} bytes are live after disposal of a sparse matrix");
        Assert.True(memory.PeakBytes >= before + bytes, $"the peak is {memory.PeakBytes}");
        Assert.Throws<ArgumentOutOfRangeException>(() => arithmetic.Allocate(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => arithmetic.Allocate(2, -1));
        Assert.Throws<InsufficientMemoryException>(() => arithmetic.Allocate(int.MaxValue, int.MaxValue));
        Assert.True(memory.LiveBytes == before, "a refused allocation is in the ledger");
    }
}
