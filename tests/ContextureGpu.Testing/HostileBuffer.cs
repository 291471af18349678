using System.Numerics;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>
/// Host memory for an output: it starts full of NaN (int.MinValue for integers), and a guard on each side must still be there afterwards.
/// </summary>
public sealed class HostileBuffer<T>
    where T : unmanaged, INumber<T>
{
    private const int Guard = 16;
    private readonly T[] _storage;

    /// <summary>A buffer of <paramref name="length"/> elements.</summary>
    public HostileBuffer(int length)
    {
        _storage = new T[length + 2 * Guard];
        for (int i = 0; i < _storage.Length; i++)
            _storage[i] = Sentinel(i);
        Poison();
    }

    /// <summary>The elements between the guards.</summary>
    public Span<T> Span => _storage.AsSpan(Guard, _storage.Length - 2 * Guard);

    /// <summary>What the elements hold before they are written: NaN, or int.MinValue.</summary>
    public static T Stale { get; } = typeof(T) == typeof(int) ? T.CreateChecked(int.MinValue) : T.CreateChecked(double.NaN);

    /// <summary>Makes the elements stale again.</summary>
    public void Poison() => Span.Fill(Stale);

    /// <summary>Fails if anything outside the buffer was written.</summary>
    public void AssertIntact()
    {
        for (int i = 0; i < _storage.Length; i++)
        {
            if (i >= Guard && i < _storage.Length - Guard)
                continue;
            Assert.True(_storage[i] == Sentinel(i), $"element {i - Guard} of a buffer of {_storage.Length - 2 * Guard} was overwritten with {_storage[i]}");
        }
    }

    private static T Sentinel(int i) => T.CreateChecked(-1001 - i % 64);
}
