using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>What lies between the products of a network, and the step of its optimiser.</summary>
internal static class NetworkChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // More rows than one block of a tree of sums, and than one block of blocks.
    private static readonly (int Rows, int Columns)[] Tall = [(257, 33), (600, 5), (66000, 1)];

    /// <summary>Every activation, with and without a skip connection, also in place; far arguments saturate.</summary>
    public static void Activate(ContractBench<T> bench)
    {
        foreach ((Activation activation, int rows, int columns) in Layers(bench))
        {
            bench.Case($"{activation}, ({rows}, {columns})", scene =>
            {
                (T[] z, T[] b, T[] past) = (scene.Normals(rows * columns, 2), scene.Normals(columns), scene.Normals(rows * columns));
                DeviceMatrix<T> input = scene.Input(z, rows, columns), bias = scene.Input(b, 1, columns), skip = scene.Input(past, rows, columns);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.Activate(activation, input, bias, null, y)), NetworkTruth.Activated(activation, z, b, null));
                Expected expected = NetworkTruth.Activated(activation, z, b, past);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.Activate(activation, input, bias, skip, y)), expected);
                scene.Near(scene.Run(scene.Output(rows, columns), z, y => scene.Arithmetic.Activate(activation, y, bias, skip, y)), expected);
                scene.Near(scene.Run(scene.Output(rows, columns), past, y => scene.Arithmetic.Activate(activation, input, bias, y, y)), expected);
            });
        }
        bench.Case("far from zero", scene =>
        {
            T[] z = [.. new[] { -1e4, -200, -90, 0, 90, 200, 1e4 }.Select(T.CreateTruncating)], b = new T[z.Length];
            DeviceMatrix<T> input = scene.Input(z, 1, z.Length), bias = scene.Input(b, 1, z.Length);
            foreach (Activation activation in Enum.GetValues<Activation>())
                scene.Near(scene.Run(scene.Output(1, z.Length), null, y => scene.Arithmetic.Activate(activation, input, bias, null, y)), NetworkTruth.Activated(activation, z, b, null));
        });
        bench.Case("NaN is not hidden", scene =>
        {
            DeviceMatrix<T> input = scene.Input([T.NaN], 1, 1), bias = scene.Input([T.One], 1, 1);
            foreach (Activation activation in Enum.GetValues<Activation>())
                Assert.True(T.IsNaN(scene.Run(scene.Output(1, 1), null, y => scene.Arithmetic.Activate(activation, input, bias, null, y))[0]), $"{activation} of NaN is a number");
        });
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> z = scene.Input(scene.Normals(6), 2, 3), bias = scene.Input(scene.Normals(3), 1, 3), column = scene.Input(scene.Normals(3), 3, 1), y = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Activate(Activation.Tanh, z, column, null, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Activate(Activation.Tanh, z, bias, column, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Activate(Activation.Tanh, z, bias, null, column));
            Assert.ThrowsAny<ArgumentException>(() => scene.Arithmetic.Activate((Activation)17, z, bias, null, y));
        });
    }

    /// <summary>The slope of every activation at its argument, also in place of the argument and of the gradient.</summary>
    public static void ActivateBackward(ContractBench<T> bench)
    {
        foreach ((Activation activation, int rows, int columns) in Layers(bench))
        {
            bench.Case($"{activation}, ({rows}, {columns})", scene =>
            {
                (T[] z, T[] b, T[] g) = (scene.Normals(rows * columns, 2), scene.Normals(columns), scene.Normals(rows * columns));
                DeviceMatrix<T> input = scene.Input(z, rows, columns), bias = scene.Input(b, 1, columns), gradient = scene.Input(g, rows, columns);
                Expected expected = NetworkTruth.Sloped(activation, z, b, g);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.ActivateBackward(activation, input, bias, gradient, y)), expected);
                scene.Near(scene.Run(scene.Output(rows, columns), z, y => scene.Arithmetic.ActivateBackward(activation, y, bias, gradient, y)), expected);
                scene.Near(scene.Run(scene.Output(rows, columns), g, y => scene.Arithmetic.ActivateBackward(activation, input, bias, y, y)), expected);
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> z = scene.Input(scene.Normals(6), 2, 3), bias = scene.Input(scene.Normals(3), 1, 3), g = scene.Input(scene.Normals(6), 3, 2), y = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ActivateBackward(Activation.Tanh, z, bias, g, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ActivateBackward(Activation.Tanh, z, g, y, y));
        });
    }

    /// <summary>Rows of mean 0 and variance 1, times the gain; rows far from zero, and constant ones, which become zeros.</summary>
    public static void LayerNorm(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                T[] x = scene.Normals(rows * columns), g = scene.Normals(columns);
                for (int e = 0; e < columns && rows > 1; e++)
                    x[e] = rows % 2 == 0 ? T.One : x[e] + T.CreateTruncating(10);
                DeviceMatrix<T> input = scene.Input(x, rows, columns), gain = scene.Input(g, 1, columns);
                HostileMatrix<T> statistics = scene.Output(rows, 2);
                (Expected value, Expected found) = NetworkTruth.Normed(x, g);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.LayerNorm(input, gain, statistics.Matrix, y)), value);
                if (columns > 0)
                    scene.Near(statistics.Read(), found);
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 2, 3), gain = scene.Input(scene.Normals(3), 1, 3), y = scene.Output(2, 3).Matrix, two = scene.Output(2, 2).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.LayerNorm(x, x, two, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.LayerNorm(x, gain, y, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.LayerNorm(x, gain, two, two));
        });
    }

    /// <summary>Both gradients of a layer norm, also in place of what they come from.</summary>
    public static void LayerNormBackward(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                (T[] x, T[] g, T[] d) = (scene.Normals(rows * columns, 2), scene.Normals(columns), scene.Normals(rows * columns));
                T[] statistics = columns == 0 ? new T[2 * rows] : Array.ConvertAll(NetworkTruth.Normed(x, g).Statistics.Value, T.CreateTruncating);
                (Expected byInput, Expected byGain) = NetworkTruth.NormedBackward(x, g, statistics, d);
                DeviceMatrix<T> input = scene.Input(x, rows, columns), gain = scene.Input(g, 1, columns), found = scene.Input(statistics, rows, 2), gradient = scene.Input(d, rows, columns);
                HostileMatrix<T> terms = scene.Output(rows, columns);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.LayerNormBackward(input, gain, found, gradient, y, terms.Matrix)), byInput);
                scene.Near(terms.Read(), byGain);
                HostileMatrix<T> own = scene.Output(rows, columns);
                scene.Near(
                    scene.Run(scene.Output(rows, columns), d, y =>
                    {
                        own.Write(x);
                        scene.Arithmetic.LayerNormBackward(own.Matrix, gain, found, y, y, own.Matrix);
                    }),
                    byInput);
                scene.Near(own.Read(), byGain);
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 2, 3), gain = scene.Input(scene.Normals(3), 1, 3), two = scene.Input(scene.Normals(4), 2, 2), y = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.LayerNormBackward(x, gain, two, two, y, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.LayerNormBackward(x, gain, x, x, y, y));
        });
    }

    /// <summary>Sums over rows: exactly on small integers, within the tolerance on random numbers; more than one block.</summary>
    public static void ColumnSums(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit).Concat(Tall).Where(s => s.Rows <= 600 || bench.Limit > 300))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                foreach (bool exactly in new[] { true, false })
                {
                    T[] x = exactly ? scene.SmallIntegers(rows * columns) : scene.Normals(rows * columns);
                    DeviceMatrix<T> input = scene.Input(x, rows, columns);
                    T[] sums = scene.Run(scene.Output(1, columns), null, y => scene.Arithmetic.ColumnSums(input, y));
                    T[] ones = [.. Enumerable.Repeat(T.One, rows)];
                    Expected expected = Truth.Product(1, ones, Orientation.Normal, x, Orientation.Normal, 0, null, 1, columns, rows);
                    if (exactly)
                        Scene<T>.Exactly(sums, expected);
                    else
                        scene.Near(sums, expected);
                }
            });
        }
        bench.Case("bad shapes", scene =>
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ColumnSums(scene.Input(scene.Normals(6), 3, 2), scene.Output(1, 3).Matrix)));
    }

    /// <summary>The squared Frobenius norm to the accuracy of float64 sums.</summary>
    public static void SumOfSquares(ContractBench<T> bench)
    {
        double epsilon = bench.Device.Description.SupportsDouble ? Tolerance.Epsilon<double>() : Tolerance.Epsilon<T>();
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                T[] x = scene.Normals(rows * columns, 3);
                DeviceMatrix<T> input = scene.Input(x, rows, columns);
                Expected expected = Truth.Product(1, x, Orientation.Normal, x, Orientation.Normal, 0, null, 1, 1, x.Length);
                scene.NearWith(Scene<T>.RunOnHost(1, sum => sum[0] = scene.Arithmetic.SumOfSquares(input)), expected, epsilon);
            });
        }
    }

    /// <summary>Parameters and both moments after a first and a later step, with weight decay and a scaled gradient.</summary>
    public static void Adam(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            foreach (AdamStep step in new[] { new AdamStep(1, 0.01), new AdamStep(7, 0.1) { WeightDecay = 0.3, GradientScale = 0.25, FirstDecay = 0.8, SecondDecay = 0.95 } })
            {
                bench.Case($"step {step.Number}, ({rows}, {columns})", scene =>
                {
                    int count = rows * columns;
                    (T[] g, T[] p, T[] m) = (scene.Normals(count), scene.Normals(count), scene.Normals(count));
                    T[] v = Array.ConvertAll(scene.Normals(count), value => T.Abs(value) + T.CreateTruncating(0.01));
                    (Expected parameters, Expected first, Expected second) = NetworkTruth.Adam(step, g, m, v, p);
                    DeviceMatrix<T> gradient = scene.Input(g, rows, columns);
                    HostileMatrix<T> ownM = scene.Output(rows, columns), ownV = scene.Output(rows, columns);
                    T[] result = scene.Run(scene.Output(rows, columns), p, y =>
                    {
                        ownM.Write(m);
                        ownV.Write(v);
                        scene.Arithmetic.Adam(step, gradient, ownM.Matrix, ownV.Matrix, y);
                    });
                    scene.Near(ownM.Read(), first);
                    scene.Near(ownV.Read(), second);
                    scene.Near(result, parameters);
                });
            }
        }
        bench.Case("bad steps and shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), other = scene.Input(scene.Normals(6), 2, 3);
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Adam(new AdamStep(1, 0.1), x, x, x, other));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Adam(new AdamStep(0, 0.1), x, x, x, x));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Adam(new AdamStep(1, double.NaN), x, x, x, x));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Adam(new AdamStep(1, 0.1) { SecondDecay = 1 }, x, x, x, x));
        });
    }

    private static IEnumerable<(Activation Activation, int Rows, int Columns)> Layers(ContractBench<T> bench) =>
        Shapes.Pairs(bench.Limit).SelectMany(_ => Enum.GetValues<Activation>(), (shape, activation) => (activation, shape.Rows, shape.Columns));
}
