using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>The device of an engine, and those that take its place when it is lost in the middle of the work.</summary>
internal sealed class DeviceSuccession : IDisposable
{
    private readonly Queue<Func<ComputeDevice>> _next;
    private int _toldLosses;

    /// <summary>Takes over an open device.</summary>
    /// <param name="first">The device.</param>
    /// <param name="reason">Why it was chosen.</param>
    /// <param name="next">Open the devices that follow it, best first; none where the device was asked for by name.</param>
    public DeviceSuccession(ComputeDevice first, string reason, IEnumerable<Func<ComputeDevice>> next) => (Current, Reason, _next) = (first, reason, new(next));

    /// <summary>The device in use.</summary>
    public ComputeDevice Current { get; private set; }

    /// <summary>Why it is in use.</summary>
    public string Reason { get; private set; }

    /// <summary>Whether another would take its place.</summary>
    public bool HasNext => _next.Count > 0;

    /// <summary>Does work on the device; when the device is lost it is closed, the next one that opens takes its place, and the work is done again there.</summary>
    /// <param name="work">Is handed the device; may be called several times, and keeps what it wants to go on from.</param>
    /// <param name="warnings">Receives a sentence on each device lost, and on each partner that was left out.</param>
    /// <exception cref="DeviceFailureException">The last device was lost.</exception>
    public TResult Run<TResult>(Func<ComputeDevice, TResult> work, List<string> warnings)
    {
        while (true)
        {
            try
            {
                TResult result = work(Current);
                if (Current is DeviceTeam team)
                {
                    warnings.AddRange(team.Losses.Skip(_toldLosses).Select(loss => $"a partner was left out: {loss.Message}"));
                    _toldLosses = team.Losses.Count;
                }
                return result;
            }
            catch (DeviceFailureException failure) when (HasNext)
            {
                warnings.Add(Replace(failure));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Current.Dispose();

    private string Replace(DeviceFailureException failure)
    {
        string lost = Current.Description.Selector;
        Current.Dispose();
        while (true)
        {
            try
            {
                Current = _next.Dequeue()();
                Reason = $"{lost} was lost";
                return $"{lost} was lost in the middle of the work and {Current.Description.Selector} took its place: {failure.Message}";
            }
            catch (Exception refusal) when (refusal is DeviceException or DeviceFailureException && HasNext)
            {
                // Not this one either.
            }
            catch (Exception refusal) when (refusal is DeviceException or DeviceFailureException)
            {
                throw new DeviceFailureException(failure.Selector, $"{failure.Message}; no other device could be opened ({refusal.Message})", failure);
            }
        }
    }
}
