"""Retrieval: exact top 20 of a million candidates, and encoding sentences by length, each against the plain way.

    python bench/retrieval.py top --candidates 1000000 --width 384 --queries 1500 --faiss-python OTHER/bin/python
    python bench/retrieval.py encode --source SOURCES.yaml --langs de,sw,th,zh

`top`: the same file of random unit vectors for all sides, each in a process of its own with one thread; ours may use
8 GiB of address space and no more. `OTHER` is an environment with faiss-cpu (`pip install faiss-cpu`).
`encode`: Tatoeba sentences of a sources file (docs/evaluate.md) by multilingual-e5-small, ours against a plain
Transformers loop: batches of 100 in the order of the file, padded to the longest (as XTREME's script) or to 128, and
all layers run.
Results: docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COUNT = 20
GIB = 1 << 30
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def vectors(path: Path, rows: int, width: int, seed: int) -> None:
    """A file of random vectors of length one, written block by block."""
    import numpy as np

    rng = np.random.default_rng(seed)
    made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, width))  # type: ignore[no-untyped-call]
    for start in range(0, rows, 50_000):
        block = rng.standard_normal((min(50_000, rows - start), width), dtype=np.float32)
        made[start : start + 50_000] = block / np.linalg.norm(block, axis=1, keepdims=True)
    made.flush()


def by_blocks(queries: Path, candidates: Path) -> Any:
    """Ours: the file is mapped and read block by block."""
    import numpy as np

    from synth.evaluate.retrieval import top

    resource.setrlimit(resource.RLIMIT_AS, (8 * GIB, 8 * GIB))
    return top(np.load(queries), np.load(candidates, mmap_mode="r"), COUNT).rows


def by_numpy(queries: Path, candidates: Path) -> Any:
    """Brute force: all candidates in memory, 64 queries at a time against all of them."""
    import numpy as np

    asked, found, pool = np.load(queries), [], np.load(candidates)
    for start in range(0, len(asked), 64):
        scores = asked[start : start + 64] @ pool.T
        best = np.argpartition(scores, -COUNT, axis=1)[:, -COUNT:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        found.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(found)


def by_faiss(queries: Path, candidates: Path) -> Any:
    """faiss's exact index of inner products."""
    import faiss  # type: ignore[import-not-found, import-untyped, unused-ignore]
    import numpy as np

    faiss.omp_set_num_threads(1)
    pool = np.load(candidates)
    index = faiss.IndexFlatIP(pool.shape[1])
    index.add(pool)
    return index.search(np.load(queries), COUNT)[1]


SIDES: dict[str, Callable[[Path, Path], Any]] = {"ours": by_blocks, "numpy": by_numpy, "faiss": by_faiss}


def one_side(side: str, folder: Path) -> None:
    """What a process of its own does: search, write the rows, print time and memory."""
    import numpy as np

    begun, cpu = time.monotonic(), time.process_time()
    rows = SIDES[side](folder / "queries.npy", folder / "candidates.npy")
    spent = {"wall_s": round(time.monotonic() - begun, 1), "cpu_s": round(time.process_time() - cpu, 1)}
    np.save(folder / f"{side}.npy", rows)
    print(json.dumps({**spent, "peak_rss_mib": peak_mib()}))


def peak_mib() -> int:
    """The most memory this process had, pages of mapped files counted (`ru_maxrss` would begin with the parent's)."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def measure_top(args: argparse.Namespace) -> None:
    """All sides one after the other; the share of equal neighbours against numpy's."""
    import numpy as np

    with tempfile.TemporaryDirectory(prefix="synth-bench-", dir=args.folder) as name:
        folder = Path(name)
        vectors(folder / "candidates.npy", args.candidates, args.width, 0)
        vectors(folder / "queries.npy", args.queries, args.width, 1)
        pythons = {"ours": sys.executable, "numpy": sys.executable, "faiss": args.faiss_python}
        for side in ("ours", "numpy", "faiss", "ours"):
            if pythons[side]:
                print(side, _in_process(pythons[side], side, folder), flush=True)
        wanted = np.load(folder / "numpy.npy")
        for side in ("ours", "faiss"):
            if (folder / f"{side}.npy").is_file():
                equal = (np.load(folder / f"{side}.npy") == wanted).mean()
                print(f"{side}: {equal:.6f} of all neighbours are numpy's, in its order")


def _in_process(python: str, side: str, folder: Path) -> str:
    command = [python, __file__, "side", side, str(folder)]
    ended = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or ended.stderr.strip()[-300:]


def plain(texts: list[str], student: Any, layer: int, padding: int | None) -> Any:
    """The plain loop: batches of 100 in the order of the file, every layer kept, the wanted one averaged."""
    import numpy as np
    import torch

    found = []
    for start in range(0, len(texts), 100):
        pad: dict[str, Any] = {"padding": True} if padding is None else {"padding": "max_length"}
        batch = student.tokenizer(
            texts[start : start + 100], truncation=True, max_length=padding or 512, return_tensors="pt", **pad
        )
        with torch.inference_mode():
            hidden = student.backbone(**batch, output_hidden_states=True).hidden_states[layer]
        mask = batch["attention_mask"].unsqueeze(-1)
        found.append(np.asarray((hidden * mask).sum(1) / mask.sum(1)))
    return np.concatenate(found)


def measure_encode(args: argparse.Namespace) -> None:
    """Seconds of each way over the same sentences, and whether the same counterparts are found."""
    import torch

    from synth.evaluate.data.local import LocalEval
    from synth.evaluate.embed import VectorSettings, bitext_layer, depth, encode
    from synth.evaluate.tasks.items import QueryItem
    from synth.train.student import load_student

    torch.set_num_threads(args.threads)
    student = load_student("", architecture="e5-small")
    student.backbone.eval()
    layer = bitext_layer(depth(student))
    source = LocalEval(args.source)
    sets = [source.load("tatoeba", lang, "test") for lang in args.langs.split(",")]
    pairs = [
        ([one.text for one in data.items if isinstance(one, QueryItem)], [one.text for one in data.candidates])
        for data in sets
    ]
    ways: dict[str, Callable[[list[str]], Any]] = {
        "ours": lambda texts: encode(texts, student, VectorSettings(layer)),
        "plain, padded to the longest": lambda texts: plain(texts, student, layer, None),
        f"plain, padded to {args.fixed}": lambda texts: plain(texts, student, layer, args.fixed),
        "ours again": lambda texts: encode(texts, student, VectorSettings(layer)),
    }
    if not args.fixed:
        del ways["plain, padded to 0"]
    ways["ours"](pairs[0][0][:100])
    answers = {}
    for name, way in ways.items():
        begun, cpu = time.monotonic(), time.process_time()
        answers[name] = [_nearest(way(queries), way(candidates)) for queries, candidates in pairs]
        count = sum(len(one) + len(other) for one, other in pairs)
        print(f"{name}: {count:,} sentences, {time.monotonic() - begun:.1f} s, {time.process_time() - cpu:.1f} CPU s")
    for name, found in answers.items():
        same = sum(int((one == other).sum()) for one, other in zip(found, answers["ours"], strict=True))
        print(f"{name}: {same:,} of {sum(map(len, found)):,} counterparts as ours")


def _nearest(queries: Any, candidates: Any) -> Any:
    from synth.evaluate.retrieval import nearest_foreign

    return nearest_foreign(queries, candidates)


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    top = commands.add_parser("top")
    top.add_argument("--candidates", type=int, default=1_000_000)
    top.add_argument("--width", type=int, default=384)
    top.add_argument("--queries", type=int, default=1_500)
    top.add_argument("--faiss-python", default="")
    top.add_argument("--folder", default=None, help="where the vectors go for the time of the run")
    encode = commands.add_parser("encode")
    encode.add_argument("--source", type=Path, required=True)
    encode.add_argument("--langs", default="de,sw,th,zh")
    encode.add_argument("--threads", type=int, default=2)
    encode.add_argument("--fixed", type=int, default=128, help="pieces of the fixed padding; 0: leave that way out")
    side = commands.add_parser("side")
    side.add_argument("name")
    side.add_argument("folder", type=Path)
    args = parser.parse_args()
    if args.command == "side":
        one_side(args.name, args.folder)
    elif args.command == "top":
        measure_top(args)
    else:
        measure_encode(args)


if __name__ == "__main__":
    main()
