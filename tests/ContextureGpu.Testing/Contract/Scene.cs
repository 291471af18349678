using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>
/// One case of a check: it owns the matrices of the case, runs an operation twice on fresh outputs, and at its end sees to it that nothing beside
/// the outputs was written and that all memory came back.
/// </summary>
public sealed class Scene<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<HostileMatrix<T>> _matrices = [];
    private readonly ContractBench<T> _bench;
    private readonly string _name;
    private readonly Philox _random;
    private long _drawn;

    internal Scene(ContractBench<T> bench, string name, Placement placement, ulong seed)
    {
        _bench = bench;
        _name = name;
        Placement = placement;
        _random = new Philox(seed, 0xC0);
    }

    /// <summary>Where the matrices of this case lie.</summary>
    public Placement Placement { get; }

    /// <summary>The operations under test.</summary>
    public Arithmetic<T> Arithmetic => _bench.Arithmetic;

    /// <summary>Standard normal values times <paramref name="scale"/> plus <paramref name="shift"/>, in the element type.</summary>
    public T[] Normals(int count, double scale = 1, double shift = 0)
    {
        var values = new double[count];
        _random.Normals(_drawn, values.AsSpan());
        _drawn += count + (count & 1);
        return Array.ConvertAll(values, v => T.CreateTruncating(shift + scale * v));
    }

    /// <summary>Integers from -3 to 3: their sums of products are exact in every type and order.</summary>
    public T[] SmallIntegers(int count)
    {
        var values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = T.CreateTruncating(Math.Floor(7 * _random.Uniform(_drawn++)) - 3);
        return values;
    }

    /// <summary>An input matrix of this case.</summary>
    public DeviceMatrix<T> Input(T[] values, int rows, int columns) => Keep(HostileMatrix<T>.Input(Arithmetic, values, rows, columns, Placement)).Matrix;

    /// <summary>An input column, or null for null.</summary>
    public DeviceMatrix<T>? Column(T[]? values) => values is null ? null : Input(values, values.Length, 1);

    /// <summary>An output matrix of this case.</summary>
    public HostileMatrix<T> Output(int rows, int columns) => Keep(HostileMatrix<T>.Output(Arithmetic, rows, columns, Placement));

    /// <summary>Runs <paramref name="operation"/> from the same initial output twice (null: full of NaN) and fails unless both runs give the same bits.</summary>
    public T[] Run(HostileMatrix<T> output, T[]? initial, Action<DeviceMatrix<T>> operation)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(operation);
        var results = new T[2][];
        for (int run = 0; run < 2; run++)
        {
            output.Write(initial);
            operation(output.Matrix);
            results[run] = output.Read();
        }
        for (int i = 0; i < results[0].Length; i++)
            Assert.True(results[0][i].Equals(results[1][i]), $"element {i} of {results[0].Length} is {results[0][i]} at first and {results[1][i]} the second time");
        return results[0];
    }

    /// <summary>Runs an operation that fills host memory twice, between guards, and fails unless both runs give the same bits.</summary>
    public static double[] RunOnHost(int length, Action<Span<double>> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        (HostileBuffer<double> first, HostileBuffer<double> second) = (new(length), new(length));
        foreach (HostileBuffer<double> buffer in new[] { first, second })
        {
            operation(buffer.Span);
            buffer.AssertIntact();
        }
        for (int i = 0; i < length; i++)
            Assert.True(first.Span[i].Equals(second.Span[i]), $"element {i} of {length} is {first.Span[i]:g17} at first and {second.Span[i]:g17} the second time");
        return first.Span.ToArray();
    }

    /// <summary>Fails unless the values are as expected, within the tolerance of the element type.</summary>
    public void Near(ReadOnlySpan<T> actual, Expected expected) => _bench.Used(_name, Tolerance.Fraction("value", actual, expected));

    /// <summary>Fails unless the values are as expected, within the tolerance of sums formed with <paramref name="epsilon"/>.</summary>
    public void NearWith(ReadOnlySpan<double> actual, Expected expected, double epsilon) =>
        _bench.Used(_name, Tolerance.Fraction("value", actual, expected, epsilon));

    /// <summary>Fails unless the values are exactly as expected.</summary>
    public static void Exactly(ReadOnlySpan<T> actual, Expected expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        for (int i = 0; i < actual.Length; i++)
            Assert.True(double.CreateTruncating(actual[i]) == expected.Value[i], $"element {i} of {actual.Length} is {actual[i]}, expected exactly {expected.Value[i]}");
    }

    internal void AssertIntact()
    {
        foreach (HostileMatrix<T> matrix in _matrices)
            matrix.AssertIntact();
    }

    internal void Release()
    {
        foreach (HostileMatrix<T> matrix in _matrices)
            matrix.Dispose();
    }

    private HostileMatrix<T> Keep(HostileMatrix<T> matrix)
    {
        _matrices.Add(matrix);
        return matrix;
    }
}
