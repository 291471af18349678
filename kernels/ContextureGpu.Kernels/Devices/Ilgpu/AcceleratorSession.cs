using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// An accelerator in use: its ILGPU context, its kernels, its memory account, and one lock around every compilation, launch, copy and allocation, because ILGPU's
/// OpenCL launches are not thread-safe. After a failure of the driver or of the code generator every later call fails with the first reason: a failed
/// compilation leaves an ILGPU context unusable.
/// </summary>
internal sealed class AcceleratorSession : IDisposable
{
    private readonly Context _context;
    private readonly KernelLoader _loader;
    private readonly MemoryLedger _ledger;
    private DeviceFailureException? _failure;
    private bool _disposed;

    /// <summary>Takes over a context and its accelerator.</summary>
    public AcceleratorSession(Context context, Accelerator accelerator, string selector, MemoryLedger ledger)
    {
        _context = context;
        _ledger = ledger;
        _loader = new KernelLoader(accelerator);
        Accelerator = accelerator;
        Selector = selector;
    }

    /// <summary>The accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The device's name on the command line.</summary>
    public string Selector { get; }

    /// <summary>The stream all work goes to.</summary>
    public AcceleratorStream Stream => Accelerator.DefaultStream;

    /// <summary>Held around everything that touches the accelerator.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Loads a kernel on first use, then hands its launcher to <paramref name="launch"/>, all under the lock.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="launch">Calls the launcher.</param>
    /// <exception cref="DeviceFailureException">The kernel does not compile or launch, or the device failed before.</exception>
    public void Launch<TLauncher>(Delegate kernel, Action<TLauncher, AcceleratorStream> launch)
        where TLauncher : Delegate
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                launch(_loader.Load<TLauncher>(kernel), Stream);
            }
            catch (Exception error) when (error is not (DeviceFailureException or ObjectDisposedException))
            {
                throw Fail($"the kernel {kernel.Method.DeclaringType?.Name}.{kernel.Method.Name} could not be compiled or launched: {Describe(error)}", error);
            }
        }
    }

    /// <summary>An uninitialised buffer that starts on a 256-byte boundary, entered in the memory account.</summary>
    /// <exception cref="InsufficientMemoryException">There is no room for it.</exception>
    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            long bytes = checked(length * Interop.SizeOf<T>());
            try
            {
                var buffer = new DeviceBuffer<T>(this, Accelerator.Allocate1D<T>(length));
                _ledger.Add(bytes);
                return buffer;
            }
            catch (Exception error)
            {
                throw new InsufficientMemoryException($"{Selector} has no room for another {bytes} bytes; {_ledger.LiveBytes} of {Accelerator.MemorySize} are in use here ({Describe(error)})", error);
            }
        }
    }

    /// <summary>Gives a buffer back.</summary>
    public void Release<T>(MemoryBuffer1D<T, Stride1D.Dense> buffer)
        where T : unmanaged
    {
        lock (Gate)
        {
            _ledger.Remove(buffer.LengthInBytes);
            if (!_disposed)
                buffer.Dispose();
        }
    }

    /// <summary>Copies host values to the start of a buffer, or to <paramref name="offset"/>, and waits.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, DeviceBuffer<T> target, long offset = 0)
        where T : unmanaged
    {
        if (source.IsEmpty)
            return;
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                target.View.SubView(offset, source.Length).CopyFromCPU(Stream, source);
                Stream.Synchronize();
            }
            catch (Exception error) when (error is not (DeviceFailureException or ObjectDisposedException))
            {
                throw Fail($"copying to the device failed: {Describe(error)}", error);
            }
        }
    }

    /// <summary>Waits for all work and copies from <paramref name="offset"/> of a buffer to the host.</summary>
    public void Download<T>(DeviceBuffer<T> source, long offset, Span<T> target)
        where T : unmanaged
    {
        if (target.IsEmpty)
            return;
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                source.View.SubView(offset, target.Length).CopyToCPU(Stream, target);
                Stream.Synchronize();
            }
            catch (Exception error) when (error is not (DeviceFailureException or ObjectDisposedException))
            {
                throw Fail($"work on the device, or copying from it, failed: {Describe(error)}", error);
            }
        }
    }

    /// <summary>Waits for all work.</summary>
    public void Synchronize()
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                Stream.Synchronize();
            }
            catch (Exception error)
            {
                throw Fail($"work on the device failed: {Describe(error)}", error);
            }
        }
    }

    /// <summary>Marks the device as failed and returns the exception to throw.</summary>
    public DeviceFailureException Fail(string message, Exception? inner = null) => Fail(new DeviceFailureException(Selector, message, inner));

    /// <summary>Marks the device as failed, for the first reason given, and returns the exception to throw.</summary>
    public DeviceFailureException Fail(DeviceFailureException failure) => _failure ??= failure;

    /// <summary>Refuses use after a failure or after disposal.</summary>
    public void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(IlgpuDevice));
        if (_failure is not null)
            throw new DeviceFailureException(Selector, $"the device failed earlier and must be opened again: {_failure.Message}", _failure);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            Accelerator.Dispose();
            _context.Dispose();
        }
    }

    // OpenCL errors have a code and no message worth reading.
    private static string Describe(Exception error) => error is CLException opencl ? opencl.Error.ToString() : error.Message;
}
