using System.Reflection;
using ContextureGpu.Kernels.Ilgpu;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Every kernel of the library in every combination of types that a device uses, found by reflection.</summary>
internal static class KernelRegistry
{
    /// <summary>All methods that bear the mark, open.</summary>
    public static IReadOnlyList<MethodInfo> Marked { get; } =
    [
        .. typeof(KernelLoader).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttribute<DeviceKernelAttribute>() is not null)
            .OrderBy(method => $"{method.DeclaringType!.Name}.{method.Name}", StringComparer.Ordinal),
    ];

    /// <summary>All kernels, closed, by name.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Closed { get; } = Marked.SelectMany(Close).ToDictionary(
        method => $"{method.DeclaringType!.Name}.{method.Name}<{string.Join(",", method.GetGenericArguments().Where(t => t.IsPrimitive || IsFunctor(t)).Select(t => t.Name.Split('`')[0]))}>");

    /// <summary>Those that every accelerator can run.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Portable { get; } =
        Closed.Where(kernel => !kernel.Value.GetCustomAttribute<DeviceKernelAttribute>()!.CudaOnly).ToDictionary();

    private static bool IsFunctor(Type type) => type.Name.Split('`')[0] is "SquaredDifference" or "AbsoluteDifference" or "Magnitude" or "FeatureProduct" or "SumWeight" or "RootWeight" or "OneColumn" or "FourColumns" or "OneSlab" or "ManySlabs" or "AlongInner" or "AlongOuter" or "TensorAlongInner" or "TensorAlongOuter" or "ThreeTerms" or "OneTerm";

    private static IEnumerable<MethodInfo> Close(MethodInfo method)
    {
        Type[][] choices = string.Join(",", method.GetGenericArguments().Select(type => type.Name)) switch
        {
            "" => [[]],
            "T" or "TSum" => [[typeof(float)], [typeof(double)]],
            "TOperand" => [[typeof(AlongInner)], [typeof(AlongOuter)]],
            "TLeft,TRight" =>
            [
                [typeof(AlongInner), typeof(AlongOuter)], [typeof(AlongInner), typeof(AlongInner)], [typeof(AlongOuter), typeof(AlongOuter)], [typeof(AlongOuter), typeof(AlongInner)],
            ],
            "TLeft,TRight,TTerms" =>
            [
                .. from left in new[] { typeof(TensorAlongInner), typeof(TensorAlongOuter) }
                   from right in new[] { typeof(TensorAlongInner), typeof(TensorAlongOuter) }
                   from terms in new[] { typeof(ThreeTerms), typeof(OneTerm) }
                   select new[] { left, right, terms },
            ],
            "TTerm" => [[typeof(SquaredDifference<float, SingleReal>)], [typeof(Magnitude)]],
            "TTerm,TWeight,TSlabs" =>
            [
                .. new[] { typeof(OneSlab), typeof(ManySlabs) }.SelectMany(slabs => (Type[][])
                [
                    [typeof(SquaredDifference<float, SingleReal>), typeof(SumWeight<float, ShortExponential>), slabs],
                    [typeof(SquaredDifference<float, SingleReal>), typeof(RootWeight<float, ShortExponential>), slabs],
                    [typeof(Magnitude), typeof(SumWeight<float, ShortExponential>), slabs],
                    [typeof(FeatureProduct<float, SingleReal>), typeof(PolynomialWeight<float, SingleReal>), slabs],
                ]),
            ],
            "T,TPack,TColumns" =>
            [
                [typeof(float), typeof(float), typeof(OneColumn<float, SingleReal>)],
                [typeof(float), typeof(Four<float>), typeof(FourColumns<float, SingleReal>)],
                [typeof(double), typeof(double), typeof(OneColumn<double, DoubleReal>)],
                [typeof(double), typeof(Four<double>), typeof(FourColumns<double, DoubleReal>)],
            ],
            "T,TReal" => [[typeof(float), typeof(SingleReal)], [typeof(double), typeof(DoubleReal)]],
            "T,TReal,TTerm" =>
            [
                .. Distances<float, SingleReal>(),
                .. Distances<double, DoubleReal>(),
            ],
            "T,TReal,TTerm,TWeight" =>
            [
                .. Distances<double, DoubleReal>().Select(types => (Type[])[.. types, typeof(RadialWeight<double, DoubleReal>)]),
                [typeof(double), typeof(DoubleReal), typeof(FeatureProduct<double, DoubleReal>), typeof(PolynomialWeight<double, DoubleReal>)],
            ],
            "T,TSum,TReal,TWidening" =>
            [
                [typeof(float), typeof(double), typeof(DoubleReal), typeof(SingleToDouble)],
                [typeof(double), typeof(double), typeof(DoubleReal), typeof(Unchanged<double>)],
                [typeof(float), typeof(float), typeof(SingleReal), typeof(Unchanged<float>)],
            ],
            var other => throw new InvalidOperationException($"{method.DeclaringType!.Name}.{method.Name}: how is <{other}> used?"),
        };
        return choices.Select(choice => choice.Length == 0 ? method : method.MakeGenericMethod(choice));
    }

    private static Type[][] Distances<T, TReal>()
        where T : unmanaged, System.Numerics.INumber<T>
        where TReal : struct, IReal<T> =>
        [[typeof(T), typeof(TReal), typeof(SquaredDifference<T, TReal>)], [typeof(T), typeof(TReal), typeof(AbsoluteDifference<T>)]];
}
