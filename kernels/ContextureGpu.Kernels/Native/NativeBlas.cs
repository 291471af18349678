using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// A BLAS and LAPACK found at run time, called through their Fortran names (<c>sgemm_</c>, <c>dsyevd_</c>: 32-bit integers, column-major). Row-major matrices are passed as
/// their transposes. The library computes on the calling thread: work is shared out by <see cref="Workers"/>, since a library's own threads go on spinning after a call and then
/// take the cores from managed ones. Only a large eigenproblem is given the library's threads.
/// </summary>
internal sealed unsafe class NativeBlas
{
    /// <summary>Order of an eigenproblem from which the library's own threads pay.</summary>
    private const int LargeEigenproblem = 320;

    // Rows of a product that a thread computes at a time.
    private const int Band = 512;

    private readonly Lock _threading = new();
    private readonly delegate* unmanaged<int, void> _setThreads;
    private readonly int _threads;
    private readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void> _sgemm;
    private readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, double*, double*, int*, double*, int*, double*, double*, int*, void> _dgemm;
    private readonly delegate* unmanaged<byte*, byte*, int*, double*, int*, double*, double*, int*, int*, int*, int*, void> _dsyevd;

    /// <summary>Binds the functions of a loaded library.</summary>
    /// <param name="library">Its handle.</param>
    /// <param name="name">The library, for people.</param>
    /// <param name="threadSetter">The name of its function that sets the number of threads.</param>
    /// <param name="threads">Threads that a large eigenproblem is computed with.</param>
    /// <exception cref="EntryPointNotFoundException">It lacks one of them.</exception>
    internal NativeBlas(nint library, string name, string threadSetter, int threads)
    {
        (Name, _threads) = (name, threads);
        _setThreads = (delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, threadSetter);
        _setThreads(1);
        _sgemm = (delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)NativeLibrary.GetExport(library, "sgemm_");
        _dgemm = (delegate* unmanaged<byte*, byte*, int*, int*, int*, double*, double*, int*, double*, int*, double*, double*, int*, void>)NativeLibrary.GetExport(library, "dgemm_");
        _dsyevd = (delegate* unmanaged<byte*, byte*, int*, double*, int*, double*, double*, int*, int*, int*, int*, void>)NativeLibrary.GetExport(library, "dsyevd_");
    }

    /// <summary>The library, for people: file and version.</summary>
    public string Name { get; }

    /// <summary><c>C = alpha op(A) op(B) + beta C</c> for row-major matrices of float or double.</summary>
    public void Multiply<T>(
        T alpha, T* a, int leadingA, Orientation orientationA, T* b, int leadingB, Orientation orientationB, T beta, T* c, int leadingC, int m, int n, int k)
        where T : unmanaged
    {
        // C^T = op(B)^T op(A)^T, and a row-major matrix is its column-major transpose.
        byte first = Letter(orientationB), second = Letter(orientationA);
        leadingA = Math.Max(1, leadingA);
        leadingB = Math.Max(1, leadingB);
        leadingC = Math.Max(1, leadingC);
        if (typeof(T) == typeof(float))
            _sgemm(&first, &second, &n, &m, &k, (float*)&alpha, (float*)b, &leadingB, (float*)a, &leadingA, (float*)&beta, (float*)c, &leadingC);
        else
            _dgemm(&first, &second, &n, &m, &k, (double*)&alpha, (double*)b, &leadingB, (double*)a, &leadingA, (double*)&beta, (double*)c, &leadingC);
    }

    /// <summary>As <see cref="Multiply{T}(T, T*, int, Orientation, T*, int, Orientation, T, T*, int, int, int, int)"/>, with bands of rows of C shared out over threads.</summary>
    public void Multiply<T>(
        Workers workers, T alpha, T* a, int leadingA, Orientation orientationA, T* b, int leadingB, Orientation orientationB, T beta, T* c, int leadingC, int m, int n, int k)
        where T : unmanaged
    {
        int bands = (m + Band - 1) / Band;
        bands = Math.Min(m, (bands + workers.Count - 1) / workers.Count * workers.Count);
        int rows = (m + bands - 1) / bands;
        workers.Run((m + rows - 1) / rows, 2L * m * n * k, band =>
        {
            nint first = (nint)band * rows;
            T* left = a + (orientationA == Orientation.Normal ? first * leadingA : first);
            Multiply(alpha, left, leadingA, orientationA, b, leadingB, orientationB, beta, c + (first * leadingC), leadingC, (int)Math.Min(rows, m - first), n, k);
        });
    }

    /// <summary>As <see cref="HostLinearAlgebra.SymmetricEigen"/>, with checked and scaled arguments.</summary>
    /// <exception cref="InvalidOperationException">The library reports that it did not converge.</exception>
    public void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues)
    {
        if (n < LargeEigenproblem || _threads == 1)
        {
            SymmetricEigenCore(a, n, eigenvalues);
            return;
        }
        lock (_threading)
        {
            _setThreads(_threads);
            try
            {
                SymmetricEigenCore(a, n, eigenvalues);
            }
            finally
            {
                _setThreads(1);
            }
        }
    }

    private void SymmetricEigenCore(Span<double> a, int n, Span<double> eigenvalues)
    {
        byte vectors = (byte)'V', upper = (byte)'U';
        int info = 0, query = -1, integerSize = 0;
        double size = 0;
        fixed (double* pa = a, values = eigenvalues)
        {
            _dsyevd(&vectors, &upper, &n, pa, &n, values, &size, &query, &integerSize, &query, &info);
            int length = checked((int)Math.Max(size, 1 + (6.0 * n) + (2.0 * n * n))), integers = Math.Max(integerSize, 3 + (5 * n));
            double* work = (double*)NativeMemory.AlignedAlloc((nuint)length * sizeof(double), CpuStorage.Alignment);
            int* integerWork = (int*)NativeMemory.AlignedAlloc((nuint)integers * sizeof(int), CpuStorage.Alignment);
            _dsyevd(&vectors, &upper, &n, pa, &n, values, work, &length, integerWork, &integers, &info);
            NativeMemory.AlignedFree(work);
            NativeMemory.AlignedFree(integerWork);
        }
        if (info != 0)
            throw new InvalidOperationException($"{Name}: dsyevd of order {n} returned {info}");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Letter(Orientation orientation) => orientation == Orientation.Normal ? (byte)'N' : (byte)'T';
}
