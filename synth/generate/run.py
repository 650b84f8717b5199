"""`synth generate`, from configuration to corpus: read, plan, skip what is done, ask, write, tell."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import locked
from synth.corpus.identity import describe, read_description
from synth.corpus.layout import Layout
from synth.errors import BadFlag, BadFolder, BadSource
from synth.generate.chunk_run import Tools, is_done, write_source_chunk
from synth.generate.chunks import Chunk, make_chunks, source_chunks
from synth.generate.config import GenerateConfig
from synth.generate.progress import Progress, tell, told_now_and_then
from synth.generate.rounds import drop_journals
from synth.generate.teachers import Teacher, choose_teacher, make_client, running
from synth.languages import parse_languages
from synth.outcomes import Kind
from synth.sources import open_source
from synth.sources.base import Example, SourceData
from synth.sources.sampling import sample, sample_rule
from synth.tasks import TASKS, get_task, parse_tasks
from synth.tasks.base import Shape

_OURS = ("corpus.yaml", "logs", "plan.json")  # what a folder may hold before it is a corpus


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run works on: sampled examples by task, where they came from, and the target languages."""

    examples: dict[str, tuple[Example, ...]]
    sources: dict[str, dict[str, Any]]
    langs: tuple[str, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks with at least one example."""
        return tuple(self.examples)


@dataclass(frozen=True, slots=True)
class Ready:
    """A planned run: the corpus folder, all chunks, and those that are still to do."""

    layout: Layout
    chunks: tuple[Chunk, ...]
    pending: tuple[Chunk, ...]
    identity: str

    @property
    def rows(self) -> int:
        """Rows that the run makes in all."""
        return sum(chunk.rows for chunk in self.chunks)

    @property
    def rows_done(self) -> int:
        """Rows that are there already."""
        return self.rows - sum(chunk.rows for chunk in self.pending)


def read_inputs(config: GenerateConfig) -> Inputs:
    """Read the source and sample it; problems of single rows are told and counted.

    Raises:
        BadSource: A named task cannot be read, or there is no example at all.
        BadFlag: Only tasks that cannot be reworded are to be reworded, or the limit is 0.
    """
    if config.effective_limit == 0:
        raise BadFlag("--limit 0 takes no example of any task; give 1 or more, or leave it out for all")
    langs = parse_languages(config.langs, with_english=Kind.PARAPHRASE in config.kinds)
    source = open_source(config.source)
    available = source.tasks(config.split)
    asked = parse_tasks(config.tasks)
    tasks = [task for task in asked if task in available] if config.tasks == "all" else list(asked)
    examples, sources = {}, {}
    for task in _with_relatives(tasks, config.folder()):
        data = source.load(task, config.split)
        chosen = sample(data.examples, config.effective_limit, config.seed)
        tell_problems(data)
        if chosen:
            examples[task] = chosen
            sources[task] = _source_record(data, chosen, config)
    if not examples:
        raise BadSource(
            f"--source {config.source} holds no example of {config.tasks} in split {config.split}; check its files"
        )
    if config.kind == "paraphrase" and all(get_task(task).shape is Shape.TAGS for task in examples):
        raise BadFlag(f"{', '.join(examples)} is only ever translated; give other --tasks, or --kind translation")
    return Inputs(examples, sources, langs)


def _with_relatives(asked: Sequence[str], folder: Path) -> tuple[str, ...]:
    """The tasks, and those that the corpus has already of the same families.

    Members of a family are cut into chunks together. Cut without the others the rows of one would lie in other chunks
    than before, and parts of both cuts would hold the same rows.
    """
    found = read_description(folder)
    families = {get_task(task).family for task in asked}
    known = found["tasks"] if found else []
    more = [task for task in known if task in TASKS and task not in asked and TASKS[task].family in families]
    if more:
        tell(f"{folder} has {', '.join(more)} too, which shares texts with {', '.join(asked)}: it is made as well")
    return tuple(task for task in TASKS if task in asked or task in more)


def _source_record(data: SourceData, chosen: Sequence[Example], config: GenerateConfig) -> dict[str, Any]:
    problems: dict[str, int] = {}
    for problem in data.problems:
        problems[problem.what] = problems.get(problem.what, 0) + 1
    rule = sample_rule(config.effective_limit, config.seed)
    return {**data.origin, "read": len(data.examples), "problems": problems, "sample": rule, "sampled": len(chosen)}


def tell_problems(data: SourceData, most: int = 3) -> None:
    """Name the first problems of a source and count the rest."""
    for problem in data.problems[:most]:
        tell(f"source of {data.task}: {problem.file}, {problem.row}: {problem.what}: {problem.detail}")
    if len(data.problems) > most:
        tell(f"source of {data.task}: {len(data.problems)} rows left out in all; corpus.yaml counts them by kind")


def prepare(config: GenerateConfig, inputs: Inputs, teacher: Teacher) -> Ready:
    """Open the corpus folder, write the English rows, and see what is left to do.

    Raises:
        BadFolder: The folder cannot be written, or holds another corpus.
    """
    layout = Layout(config.folder())
    check_folder(layout)
    identity = describe(
        layout,
        {"config": config.identity(), "teacher": teacher.identity(), "sources": inputs.sources},
        list(inputs.langs),
        list(inputs.tasks),
    )
    with locked(layout.root / ".corpus.lock"):  # jobs for other languages write the same English rows
        for chunk in source_chunks(inputs.examples, identity):
            if not is_done(chunk, layout):
                write_source_chunk(chunk, layout)
    chunks = tuple(make_chunks(inputs.examples, inputs.langs, config.kinds, identity))
    pending = tuple(chunk for chunk in chunks if not _is_done(chunk, layout))
    return Ready(layout, chunks, pending, identity)


def _is_done(chunk: Chunk, layout: Layout) -> bool:
    done = is_done(chunk, layout)
    if done:
        drop_journals(chunk, layout)
    return done


def check_folder(layout: Layout) -> None:
    """Refuse a folder that cannot be written, or that holds something that is not a corpus."""
    root = layout.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".write-test-{secrets.token_hex(4)}"  # another run may look at the same folder
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadFolder(f"--out {root} cannot be written ({error.strerror}); give another folder with --out") from None
    foreign = (path for path in root.iterdir() if not path.name.startswith(".") and path.name not in _OURS)
    if not layout.description.exists() and any(foreign):
        raise BadFolder(f"--out {root} holds files that are not a corpus; give an empty or new folder with --out")


def generate(config: GenerateConfig) -> Ready:
    """Make everything that is missing of the corpus that `config` asks for."""
    inputs = read_inputs(config)
    teacher = choose_teacher(config)
    _warn_uncovered(teacher, inputs.langs)
    ready = prepare(config, inputs, teacher)
    if not ready.pending:
        tell(f"all {ready.rows} rows are there already in {ready.layout.root}: nothing to do")
        return ready
    tell(f"{ready.rows} rows to make, {ready.rows_done} of them done; corpus: {ready.layout.root}")
    if config.engine == "ray":
        from synth.generate.cluster import run_ray

        run_ray(config, ready)
        return ready
    with running(teacher, config, ready.layout, tell) as server:
        _run_here(config, ready, teacher, server)
    return ready


def _run_here(config: GenerateConfig, ready: Ready, teacher: Teacher, server: Any) -> None:
    from synth.generate.local import run_local

    with Progress(ready.rows, ready.rows_done) as progress:
        tools = make_tools(config, ready.layout, teacher, progress)
        run_local(ready.pending, tools, make_client(teacher, config, server), config.in_flight)


def make_tools(config: GenerateConfig, layout: Layout, teacher: Teacher, progress: Progress | None) -> Tools:
    """What chunks need from this configuration."""
    return Tools(
        layout=layout,
        style=teacher.style,
        teacher=teacher.profile.name,
        identity=teacher.request_identity(),
        limits=teacher.limits(config),
        unit=config.unit,
        align=_aligner(config),
        on_row=progress.row if progress else lambda _row: None,
    )


def _aligner(config: GenerateConfig) -> Any:
    if not config.aligner:
        return None
    from synth.align import load_aligner
    from synth.encoder import prepare_encoder

    prepare_encoder(progress=told_now_and_then("preparing the aligner's encoder (once on a machine)"))
    return load_aligner()


def _warn_uncovered(teacher: Teacher, langs: Sequence[str]) -> None:
    unclaimed = ", ".join(lang for lang in langs if lang != "en" and lang not in teacher.profile.covered)
    if unclaimed:
        tell(f"note: the authors of {teacher.profile.model} claim nothing for {unclaimed}: expect poor rows there")
