using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>How laws that are averages of many are kept.</summary>
internal enum LawStorage
{
    /// <summary>Entry by entry where the sample is small: products are far quicker than exponentials and sparse sums.</summary>
    StoredWhereSmall,

    /// <summary>By their parts, each applied in turn.</summary>
    Parts,
}

/// <summary>What devices prefer.</summary>
internal static class LawStorages
{
    /// <summary>Stored on a processor; an accelerator computes entries as quickly as it reads them.</summary>
    public static LawStorage PreferredStorage(this DeviceDescription device) => device.Backend == BackendKind.Cpu ? LawStorage.StoredWhereSmall : LawStorage.Parts;
}
