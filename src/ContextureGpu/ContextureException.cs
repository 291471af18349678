namespace ContextureGpu;

/// <summary>
/// The base of the errors this library raises on purpose: the message says what is wrong, where, and what would be right.
/// </summary>
public abstract class ContextureException : Exception
{
    /// <summary>An error with its message and, where another error led to it, that one.</summary>
    protected ContextureException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>
/// An input or an argument was refused. The message names the file, the row, the column or the argument, and what would be accepted.
/// The command line ends with exit code 2.
/// </summary>
public class InputException : ContextureException
{
    /// <summary>A refusal with its reason.</summary>
    public InputException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The device that was asked for is missing or has failed. The command line ends with exit code 3.</summary>
public sealed class DeviceException : ContextureException
{
    /// <summary>A failure with its reason.</summary>
    public DeviceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The numbers did not allow a result that could be certified (an iteration that did not converge, a value that is not finite).</summary>
public sealed class NumericalException : ContextureException
{
    /// <summary>A failure with its reason.</summary>
    public NumericalException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
