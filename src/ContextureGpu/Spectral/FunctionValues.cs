using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ContextureGpu.Kernels;

namespace ContextureGpu.Spectral;

/// <summary>Values of some functions at some points, row-major (points, functions), in the precision they were computed in. At most 2^31 - 57 of them: an array's limit.</summary>
internal sealed class FunctionValues
{
    private readonly float[]? _single;
    private readonly double[]? _double;

    private FunctionValues(Array values, int points, int functions)
    {
        (_single, _double, Points, Functions) = (values as float[], values as double[], points, functions);
    }

    /// <summary>Rows.</summary>
    public int Points { get; }

    /// <summary>Columns.</summary>
    public int Functions { get; }

    /// <summary>Whether they are float32.</summary>
    public bool IsSingle => _single is not null;

    /// <summary>Zeros.</summary>
    /// <exception cref="InputException">There would be too many values for one array.</exception>
    public static FunctionValues Zeros<T>(int points, int functions)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        CheckSize(points, functions);
        return new FunctionValues(new T[(long)points * functions], points, functions);
    }

    /// <summary>Takes ownership of row-major values.</summary>
    public static FunctionValues Of(double[] values, int points, int functions) => new(values, points, functions);

    /// <summary>The values of a matrix on a device.</summary>
    /// <exception cref="InputException">There are too many values for one array.</exception>
    public static FunctionValues Download<T>(Arithmetic<T> on, DeviceMatrix<T> matrix)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        CheckSize(matrix.Rows, matrix.Columns);
        T[] values = GC.AllocateUninitializedArray<T>(matrix.Rows * matrix.Columns);
        on.Download(matrix, values);
        return new FunctionValues(values, matrix.Rows, matrix.Columns);
    }

    /// <summary>Functions of several contexts at the same points, side by side; the only one as it is.</summary>
    public static FunctionValues SideBySide(IReadOnlyList<FunctionValues> parts)
    {
        if (parts.Count == 1)
            return parts[0];
        int points = parts[0].Points, functions = parts.Sum(p => p.Functions), start = 0;
        FunctionValues all = parts.All(p => p.IsSingle) ? Zeros<float>(points, functions) : Zeros<double>(points, functions);
        foreach (FunctionValues part in parts)
        {
            for (int i = 0; i < points; i++)
            {
                if (all._single is not null)
                    part._single.AsSpan(i * part.Functions, part.Functions).CopyTo(all._single.AsSpan((i * functions) + start));
                else
                    part.CopyTo(i * part.Functions, all._double.AsSpan((i * functions) + start, part.Functions));
            }
            start += part.Functions;
        }
        return all;
    }

    /// <summary>The values themselves; T is the type they are stored in.</summary>
    public Span<T> Values<T>()
        where T : unmanaged =>
        _single is not null ? MemoryMarshal.Cast<float, T>(_single.AsSpan()) : MemoryMarshal.Cast<double, T>(_double.AsSpan());

    /// <summary>The values in float64: the stored ones, or a copy.</summary>
    public double[] ToDouble()
    {
        if (_double is not null)
            return _double;
        double[] wide = GC.AllocateUninitializedArray<double>(_single!.Length);
        CopyTo(0, wide);
        return wide;
    }

    /// <summary>Copies values from a place on.</summary>
    public void CopyTo(int start, Span<double> destination)
    {
        if (_single is not null)
            TensorPrimitives.ConvertTruncating<float, double>(_single.AsSpan(start, destination.Length), destination);
        else
            _double.AsSpan(start, destination.Length).CopyTo(destination);
    }

    /// <summary>Copies values from a place on, rounded.</summary>
    public void CopyTo(int start, Span<float> destination)
    {
        if (_single is not null)
            _single.AsSpan(start, destination.Length).CopyTo(destination);
        else
            TensorPrimitives.ConvertTruncating<double, float>(_double.AsSpan(start, destination.Length), destination);
    }

    private static void CheckSize(int points, int functions)
    {
        if ((long)points * functions > Array.MaxLength)
            throw new InputException($"{functions} functions at {points} points are {(long)points * functions} values; at most {Array.MaxLength} can be held: at most {Array.MaxLength / points} functions");
    }
}
