"""Runs in an environment that has datatrove: its inference runner over rows whose prompts are given as JSON lines.

python bench/datatrove_job.py JOB.json      (started by bench/walltime.py)
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
from datatrove.pipeline.writers import JsonlWriter


async def rollout(document: Document, generate: Any) -> list[str]:
    """Every text of a row is one request, as in a hand-written script."""
    results = await asyncio.gather(*(generate(payload) for payload in document.metadata["payloads"]))
    return [result.text for result in results]


def main() -> None:
    """Run the job and write the seconds beside it."""
    path = Path(sys.argv[1])
    job = json.loads(path.read_text(encoding="utf-8"))
    documents = [Document(text="", id=row["id"], metadata={"payloads": row["payloads"]}) for row in job["rows"]]
    config = InferenceConfig(
        server_type="endpoint",
        endpoint_url=job["url"],
        model_name_or_path=job["model"],
        use_chat=False,
        max_concurrent_generations=job["in_flight"],
        metric_interval=3600,
    )
    folder = path.parent / "datatrove"
    writer = JsonlWriter(str(folder / "out"), output_filename="${rank}.jsonl", compression=None)
    runner = InferenceRunner(rollout, config, writer, skip_bad_requests=True)
    started = time.monotonic()
    LocalPipelineExecutor([documents, runner], logging_dir=str(folder / "logs"), tasks=1).run()
    path.with_suffix(".out").write_text(json.dumps({"seconds": time.monotonic() - started}), encoding="utf-8")


if __name__ == "__main__":
    main()
