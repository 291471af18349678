using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Teams for tests: they share however small work is, and each member has some of it whatever else the machine is doing.</summary>
public static class TestTeam
{
    /// <summary>A team of equals.</summary>
    /// <param name="devices">The leader and the others; the team takes them over.</param>
    public static DeviceTeam Of(params ComputeDevice[] devices) => new([.. devices.Select(device => new TeamMember(device, 1))]) { LeastWork = 1, Granule = 64, EachTakesPart = true };
}
