#!/usr/bin/env bash
# The tests of the kernels and the benchmark beside PyTorch on a GPU, in one command, with the table in benchmarks/results/<date>-<gpu>.md.
#   bash benchmarks/gpu.sh --prepare     with the .NET SDK: publishes both programs, self-contained, to artifacts/gpu
#   bash benchmarks/gpu.sh [cuda:0]      without it, on the machine with the GPU: runs what is there (and prepares it first if it is not and there is an SDK)
# PyTorch is looked for in the interpreter that CONTEXTURE_PYTHON names, python3 otherwise. The correctness tests come first; the benchmark checks every result before it times it.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
programs=artifacts/gpu

prepare() {
    local project
    for project in tests/ContextureGpu.Kernels.Tests benchmarks/ContextureGpu.Benchmarks; do
        dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:InvariantGlobalization=true -o "$programs/$(basename "$project")" --nologo -v quiet
    done
}

if [ "${1:-}" = --prepare ]; then prepare; exit; fi
[ -d "$programs" ] || prepare
device=${1:-cuda:0}

# ILGPU looks for the names without a version, which only development packages bring.
links=$(mktemp -d)
trap 'rm -rf "$links"' EXIT
for library in libcuda libOpenCL; do
    ldconfig -p | grep -q "$library\.so " && continue
    found=$(ldconfig -p | grep -o "/[^ ]*/$library\.so\.1$" | head -1 || true)
    [ -z "$found" ] || ln -s "$found" "$links/$library.so"
done
export LD_LIBRARY_PATH="$links${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export CONTEXTURE_PYTHON=${CONTEXTURE_PYTHON:-$(command -v python3)}

name=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1 | tr -cs 'A-Za-z0-9' - | sed 's/-*$//' || true)
case $device in cuda*) tests=Cuda ;; *) tests=OpenCl ;; esac

echo "==== Kernels on $device"
"$programs/ContextureGpu.Kernels.Tests/ContextureGpu.Kernels.Tests" -class "*$tests*"
if [ "$tests" = Cuda ]; then
    echo "==== The same with products by cuBLAS, where it is found, and on tensor cores"
    CONTEXTURE_CUBLAS=1 "$programs/ContextureGpu.Kernels.Tests/ContextureGpu.Kernels.Tests" -class "*CudaSingleTests"
    CONTEXTURE_TENSOR_CORES=single "$programs/ContextureGpu.Kernels.Tests/ContextureGpu.Kernels.Tests" -class "*CudaSingleTests"
fi

echo "==== Benchmark on $device"
"$programs/ContextureGpu.Benchmarks/ContextureGpu.Benchmarks" accelerator --device "$device" "${@:2}" --output "benchmarks/results/$(date +%F)-${name:-$device}.md"
