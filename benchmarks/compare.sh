#!/usr/bin/env bash
# The same work in other people's software, side by side in one run, as a table in benchmarks/results/<date>-<machine>.md.
# Peers come from Debian: python3-numpy python3-scipy python3-sklearn python3-torch libopenblas0-pthread; one that is missing is named in the table.
# Usage: bash benchmarks/compare.sh [--quick] [--large] [--only product|inner|kernel|neighbors|sparse|encoder|randomised|context|start-up] [--output FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
machine=$(uname -m)-$(nproc)cores
[[ " $* " == *" --output "* ]] || set -- "$@" --output "benchmarks/results/$(date +%F)-$machine.md"
dotnet build -c Release --nologo -v quiet
exec dotnet run -c Release --no-build --project benchmarks/ContextureGpu.Benchmarks -- compare "$@"
