using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// An accelerator in use: its ILGPU context, its kernels, its memory, and one lock around every compilation, launch, copy and allocation, because ILGPU's
/// OpenCL launches are not thread-safe. After a failure of the driver or of the code generator every later call fails with the first reason: a failed
/// compilation leaves an ILGPU context unusable. Want of memory is no such failure.
/// <para>Memory is reused: work is queued in order, so what a released buffer was still needed for is done before what its next user queues. Copies on a <see cref="TransferLane"/> are not
/// in that order: see <see cref="SideTransfers{T}"/>.</para>
/// </summary>
internal sealed class AcceleratorSession : IDisposable
{
    // Part of the memory that is kept for reuse at most.
    private const int MostIdleShare = 4;

    private readonly Context _context;
    private readonly KernelLoader _loader;
    private readonly MemoryLedger _ledger;
    private readonly BlockPool<MemoryBuffer1D<byte, Stride1D.Dense>> _pool;
    private readonly Stack<TransferLane> _lanes = [];
    private bool _hasNoLanes;
    private DeviceFailureException? _failure;
    private bool _disposed;

    /// <summary>Takes over a context and its accelerator.</summary>
    /// <param name="context">The context.</param>
    /// <param name="accelerator">Its accelerator.</param>
    /// <param name="selector">The device's name on the command line.</param>
    /// <param name="ledger">The device's account.</param>
    /// <param name="allocate">Where memory comes from, by bytes; null for the accelerator.</param>
    public AcceleratorSession(
        Context context, Accelerator accelerator, string selector, MemoryLedger ledger, Func<long, MemoryBuffer1D<byte, Stride1D.Dense>>? allocate = null)
    {
        _context = context;
        _ledger = ledger;
        _loader = new KernelLoader(accelerator);
        _pool = new BlockPool<MemoryBuffer1D<byte, Stride1D.Dense>>(allocate ?? accelerator.Allocate1D<byte>, block => block.Dispose(), accelerator.MemorySize / MostIdleShare);
        Accelerator = accelerator;
        Selector = selector;
    }

    /// <summary>The accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The device's name on the command line.</summary>
    public string Selector { get; }

    /// <summary>The stream all work goes to, and all copies but those of lanes.</summary>
    public AcceleratorStream Stream => Accelerator.DefaultStream;

    /// <summary>Held around everything that touches the accelerator.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Bytes of the accelerator that are kept for reuse.</summary>
    public long IdleBytes
    {
        get
        {
            lock (Gate)
                return _pool.IdleBytes;
        }
    }

    /// <summary>Loads a kernel on first use, then hands its launcher to <paramref name="launch"/>, all under the lock.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="launch">Calls the launcher.</param>
    /// <exception cref="DeviceFailureException">The kernel does not compile or launch, or the device failed before.</exception>
    /// <exception cref="InsufficientMemoryException">The driver has no memory for the launch: some find room for buffers only when they are used.</exception>
    public void Launch<TLauncher>(Delegate kernel, Action<TLauncher, AcceleratorStream> launch)
        where TLauncher : Delegate
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                TLauncher launcher = _loader.Load<TLauncher>(kernel);
                try
                {
                    launch(launcher, Stream);
                }
                catch (Exception error) when (DriverError.IsLackOfMemory(error) && _pool.IdleBytes > 0)
                {
                    Stream.Synchronize();
                    _pool.Trim();
                    launch(launcher, Stream);
                }
            }
            catch (Exception error) when (DriverError.IsLackOfMemory(error))
            {
                throw new InsufficientMemoryException($"{Selector} has no room to launch {kernel.Method.DeclaringType?.Name}.{kernel.Method.Name}; {InUse()} ({DriverError.Describe(error)})", error);
            }
            catch (Exception error) when (error is not (DeviceFailureException or ObjectDisposedException))
            {
                throw Fail($"the kernel {kernel.Method.DeclaringType?.Name}.{kernel.Method.Name} could not be compiled or launched: {DriverError.Describe(error)}", error);
            }
        }
    }

    /// <summary>An uninitialised buffer that starts on a 256-byte boundary where the accelerator has addresses of its own, entered in the memory account.</summary>
    /// <exception cref="InsufficientMemoryException">There is no room for it, also after all idle memory was given back.</exception>
    /// <exception cref="DeviceFailureException">The device failed, now or before.</exception>
    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            long bytes = checked(length * Interop.SizeOf<T>());
            MemoryBuffer1D<byte, Stride1D.Dense> block;
            try
            {
                block = _pool.Take(BlockPool<byte>.Capacity(bytes));
            }
            catch (AcceleratorException error) when (!DriverError.IsLackOfMemory(error))
            {
                throw Fail($"asking for {bytes} bytes failed: {DriverError.Describe(error)}", error);
            }
            catch (Exception error)
            {
                throw new InsufficientMemoryException($"{Selector} has no room for another {bytes} bytes; {InUse()} ({DriverError.Describe(error)})", error);
            }
            if (Accelerator.AcceleratorType == AcceleratorType.Cuda && block.NativePtr % BlockPool<byte>.Boundary != 0)
                throw Fail($"the driver gave memory at {block.NativePtr:x}, which is no multiple of {BlockPool<byte>.Boundary}");
            _ledger.Add(bytes);
            return new DeviceBuffer<T>(this, block, length);
        }
    }

    /// <summary>Takes the memory of a buffer back.</summary>
    /// <param name="block">Its block.</param>
    /// <param name="bytes">Bytes that were asked for.</param>
    public void Release(MemoryBuffer1D<byte, Stride1D.Dense> block, long bytes)
    {
        lock (Gate)
        {
            _ledger.Remove(bytes);
            // The memory of a device that failed goes with the accelerator: its driver may refuse every call.
            if (!_disposed && _failure is null)
                _pool.Return(block, block.LengthInBytes);
        }
    }

    /// <summary>Gives the memory that is kept for reuse back to the driver.</summary>
    public void Trim()
    {
        lock (Gate)
            _pool.Trim();
    }

    /// <summary>Copies host values to the start of a buffer, or to <paramref name="offset"/>, and waits; on a lane beside the work that is queued, and without waiting for that.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, DeviceBuffer<T> target, long offset = 0, TransferLane? lane = null)
        where T : unmanaged
    {
        if (source.IsEmpty)
            return;
        Guarded("copying to the device", source, values =>
        {
            ArrayView<T> view = target.View.SubView(offset, values.Length);
            if (lane is null)
            {
                view.CopyFromCPU(Stream, values);
                Stream.Synchronize();
                return;
            }
            SendOff();
            lane.Upload(values, view);
        });
    }

    /// <summary>Waits for all work and copies from <paramref name="offset"/> of a buffer to the host; on a lane beside the work that is queued, and without waiting for that.</summary>
    public void Download<T>(DeviceBuffer<T> source, long offset, Span<T> target, TransferLane? lane = null)
        where T : unmanaged
    {
        if (target.IsEmpty)
            return;
        Guarded("work on the device, or copying from it,", target, values =>
        {
            ArrayView<T> view = source.View.SubView(offset, values.Length);
            if (lane is null)
            {
                view.CopyToCPU(Stream, values);
                Stream.Synchronize();
                return;
            }
            SendOff();
            lane.Download(view, values);
        });
    }

    /// <summary>A lane for copies beside the work, or null where the driver gives none: work is done without one as well. Lanes are kept for the next who asks.</summary>
    public TransferLane? RentLane()
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            if (_lanes.TryPop(out TransferLane? lane) || _hasNoLanes)
                return lane;
            try
            {
                return new TransferLane(Accelerator);
            }
            catch (Exception error) when (error is AcceleratorException or NotSupportedException or OutOfMemoryException)
            {
                _hasNoLanes = true;
                return null;
            }
        }
    }

    /// <summary>Takes a lane back.</summary>
    public void ReturnLane(TransferLane lane)
    {
        lock (Gate)
        {
            // Those of a device that failed go with the accelerator.
            if (!_disposed && _failure is null)
                _lanes.Push(lane);
        }
    }

    /// <summary>Has something queued by others than a kernel launcher, under the lock.</summary>
    /// <param name="what">What, for people.</param>
    /// <param name="queue">Queues it on <see cref="Stream"/>.</param>
    public void Queue(string what, Action queue) => Guarded(what, queue, call => call());

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
                throw Fail($"work on the device failed: {DriverError.Describe(error)}", error);
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
            try
            {
                _pool.Trim();
                foreach (TransferLane lane in _lanes)
                    lane.Dispose();
                Accelerator.Dispose();
                _context.Dispose();
            }
            catch (Exception) when (_failure is not null)
            {
                // What a lost device still holds is the driver's to take back.
            }
        }
    }

    // Under the lock; whatever goes wrong is a failure of the device.
    private void Guarded<TArgument>(string what, TArgument argument, Action<TArgument> body)
        where TArgument : allows ref struct
    {
        lock (Gate)
        {
            ThrowIfUnusable();
            try
            {
                body(argument);
            }
            catch (Exception error) when (error is not (DeviceFailureException or ObjectDisposedException))
            {
                throw Fail($"{what} failed: {DriverError.Describe(error)}", error);
            }
        }
    }

    // OpenCL may keep what is queued to itself until it is told to begin, or somebody waits.
    private void SendOff()
    {
        if (Stream is CLStream queue)
            CLException.ThrowIfFailed(CLAPI.CurrentAPI.FlushCommandQueue(queue.CommandQueue));
    }

    private string InUse() => $"{_ledger.LiveBytes} of {Accelerator.MemorySize} bytes are in use here";
}
