namespace ContextureGpu.Kernels;

/// <summary>
/// A device cannot be used (any longer): it is not there, its driver refused a kernel, or it computed a wrong result in its self-test.
/// The message names the device and what happened.
/// </summary>
public sealed class DeviceFailureException : Exception
{
    /// <summary>A failure with its reason.</summary>
    /// <param name="selector">The device, as in <c>cuda:0</c>.</param>
    /// <param name="message">What happened.</param>
    /// <param name="inner">The error of the driver or of the code generator, if there was one.</param>
    public DeviceFailureException(string selector, string message, Exception? inner = null)
        : base($"{selector}: {message}", inner) => Selector = selector;

    /// <summary>The device, as in <c>cuda:0</c>.</summary>
    public string Selector { get; }
}
