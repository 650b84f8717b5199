#!/usr/bin/env bash
# Writes the lock files. cpu.txt: resolved afresh by pip into a scratch environment, less the CUDA builds that break
# transformers beside a CPU build of torch. gpu.txt: resolved by uv for Linux with a GPU, from metadata alone.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unwanted='^(torchvision|torchaudio|torchcodec|triton|nvidia-.*|cuda-.*|synth-xtreme|pip)(==| @|$)'
header() { echo "# Written by tools/lock.sh ($1); installed with --no-deps."; }

python3.11 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet uv torch==2.13.0
groups=$("$scratch/venv/bin/python" - <<'PY'
import tomllib
data = tomllib.load(open("pyproject.toml", "rb"))
print("\n".join(data["dependency-groups"]["dev"]))
PY
)
echo "$groups" > "$scratch/dev.txt"
"$scratch/venv/bin/pip" install --quiet ".[cpu,embedded,lid,align,cluster,train]" -r "$scratch/dev.txt" setuptools
{ header "CPU"; "$scratch/venv/bin/pip" freeze --all | grep -vE "$unwanted" | sed 's/^torch==\([0-9.]*\).*/torch==\1/'; } > locks/cpu.txt
{ header "GPU"; "$scratch/venv/bin/uv" pip compile --quiet --no-header --no-annotate --python-version 3.11 \
  --python-platform x86_64-manylinux_2_28 --extra gpu --extra embedded --extra lid --extra align --extra cluster --extra train \
  pyproject.toml "$scratch/dev.txt"; } > locks/gpu.txt
wc -l locks/*.txt
