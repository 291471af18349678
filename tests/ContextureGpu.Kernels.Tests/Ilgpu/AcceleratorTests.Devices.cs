using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

[Collection("ilgpu-cpu")]
public sealed class IlgpuCpuSingleTests() : AcceleratorTests<float>(BackendKind.IlgpuCpu);

[Collection("ilgpu-cpu")]
public sealed class IlgpuCpuDoubleTests() : AcceleratorTests<double>(BackendKind.IlgpuCpu);

[Collection("opencl")]
public sealed class OpenClSingleTests() : AcceleratorTests<float>(BackendKind.OpenCl);

[Collection("opencl")]
public sealed class OpenClDoubleTests() : AcceleratorTests<double>(BackendKind.OpenCl);

[Collection("cuda")]
public sealed class CudaSingleTests() : AcceleratorTests<float>(BackendKind.Cuda);

[Collection("cuda")]
public sealed class CudaDoubleTests() : AcceleratorTests<double>(BackendKind.Cuda);
