using ContextureGpu.Testing;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>The oracle passes its own examination.</summary>
public sealed class ReferenceContract(DeviceSlot slot) : DeviceContract(slot, () => ReferenceDevice.Open());
