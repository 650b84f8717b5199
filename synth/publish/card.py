"""The dataset card and the files beside it, generated from the manifest alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from synth.manifest.models import Manifest, files_by_config, split_config
from synth.manifest.show import sample_of, source_of
from synth.outcomes import Kind
from synth.publish.licences import Terms, terms_of
from synth.publish.metadata import LICENCE_FILE, front_matter
from synth.publish.picture import kept_share_svg
from synth.publish.prompts import prompts
from synth.publish.tables import code, escaped, funnel_table, language_table, licence_table, reasons_table
from synth.publish.weaknesses import weaknesses
from synth.tasks import TASKS

PICTURE_FILE = "kept_share.svg"


def write_card_files(manifest: Manifest, terms: Terms | None = None, repo: str = "") -> dict[str, str]:
    """The card, its picture and the licence text, by file name.

    Args:
        manifest: What is published.
        terms: Its terms; worked out when not given.
        repo: ORG/NAME, when it is known.
    """
    terms = terms or terms_of(manifest)
    return {
        "README.md": card(manifest, terms, repo),
        LICENCE_FILE: licence_text(manifest, terms),
        PICTURE_FILE: kept_share_svg(manifest),
    }


def card(manifest: Manifest, terms: Terms, repo: str = "") -> str:
    """The text of README.md."""
    sections = (
        _what(manifest, terms), _loading(manifest, repo), _lost(manifest), _made(manifest), weaknesses(manifest),
        _terms(manifest, terms), _citing(manifest, repo), _again(manifest),
    )  # fmt: skip
    body = "\n\n".join("\n".join(section) for section in sections)
    return f"{front_matter(manifest, terms)}\n# {manifest.name}\n\n{body}\n"


def _what(manifest: Manifest, terms: Terms) -> Iterator[str]:
    made = [split_config(name) for name in files_by_config(manifest)]
    langs = sorted({lang for _, lang, kind in made if kind is not Kind.SOURCE})
    titles = ", ".join(TASKS[name].title for name in manifest.tasks)
    kinds = " and ".join(f"{kind}s" for kind in (Kind.TRANSLATION, Kind.PARAPHRASE) if kind in {k for _, _, k in made})
    if terms.non_commercial:
        yield "> **Non-commercial use only**: parts of this corpus are under non-commercial terms, see *Terms*.\n"
    if manifest.stage != "kept":
        yield "> **Not filtered**: rows that failed are still in the files; take those with `synth_outcome` = `kept`.\n"
    yield (
        f"**Machine-generated** {kinds or 'rows'} of English training data ({titles}) in {len(langs)} languages "
        f"({', '.join(langs)}), written by the language model {code(manifest.teacher.model)} and checked by rules. "
        "Labels are those of the English examples and were not judged again. It was made to study whether "
        "intermediate training on synthetic multilingual data helps zero-shot transfer on XTREME-R. It is training "
        "data: do not evaluate on it."
    )


def _loading(manifest: Manifest, repo: str) -> Iterator[str]:
    names = list(files_by_config(manifest))
    example = next((name for name in names if split_config(name)[2] is Kind.TRANSLATION), names[0])
    yield "## Loading"
    yield (
        "Configs are named `TASK.LANG`, `TASK.LANG.paraphrase` and `TASK.en` (the English source rows). The columns of "
        "the original data set come first, with its names and features; columns that begin with `synth_` say where a "
        "row comes from."
    )
    call = f'load_dataset("{repo or "FOLDER"}", "{example}")'
    yield f"\n```python\nfrom datasets import load_dataset\n\ndata = {call}\n```"


def _lost(manifest: Manifest) -> Iterator[str]:
    yield "## What was lost on the way"
    yield f"![Share of generated rows that were kept, by language and task]({PICTURE_FILE})\n"
    yield (
        "*Right language*: of the rows whose language could be judged. *Spans found*: answer spans found again in the "
        "translated text, of those looked for. A gap in a row says that nothing was measured.\n"
    )
    yield from funnel_table(manifest)
    yield ""
    yield from language_table(manifest)
    yield "\n### Why rows were lost\n"
    yield from reasons_table(manifest)


def _made(manifest: Manifest) -> Iterator[str]:
    teacher = manifest.teacher
    sampling = _in_words(teacher.sampling) or "not recorded"
    yield "## How it was made"
    yield f"- Teacher: {code(teacher.model)}, revision {code(teacher.revision)}, profile {code(teacher.profile)},"
    yield f"  quantization {code(teacher.quantization)}."
    yield f"- Sampling: {escaped(sampling)}."
    if manifest.filter:
        yield (
            f"- Filter: policy {code(manifest.filter.policy)} (fingerprint {code(manifest.filter.fingerprint)}), "
            f"language detectors: {escaped(', '.join(manifest.filter.detectors) or 'none')}."
        )
    for name, record in manifest.tasks.items():
        where, taken = escaped(source_of(record)), escaped(sample_of(record))
        yield f"- {TASKS[name].title}: {where}, split `{record.split}`, {taken}."
    yield from prompts(manifest)


def _in_words(values: Mapping[str, Any]) -> str:
    """`temperature 0.0, repetition_detection (min_count 8)`."""
    pairs = ((key, f"({_in_words(value)})" if isinstance(value, Mapping) else value) for key, value in values.items())
    return ", ".join(f"{key} {value}" for key, value in pairs)


def _terms(manifest: Manifest, terms: Terms) -> Iterator[str]:
    yield "## Terms"
    yield (
        f"Every config keeps the terms of the data it was made from; [{LICENCE_FILE}]({LICENCE_FILE}) says what that "
        f"means. Terms of the teacher: {escaped(terms.teacher_licence or 'not recorded')}. "
        f"{escaped(manifest.teacher.outputs_note)}".rstrip()
    )
    yield ""
    yield from licence_table(terms)


def licence_text(manifest: Manifest, terms: Terms) -> str:
    """The text of LICENSE.md."""
    return "\n".join(_licence_lines(manifest, terms)) + "\n"


def _licence_lines(manifest: Manifest, terms: Terms) -> Iterator[str]:
    yield f"# Terms of {manifest.name}\n"
    yield (
        "This repository is a collection of data sets. It has no licence of its own: each config is a derivative of "
        "one upstream data set and stays under that data set's terms.\n"
    )
    if terms.non_commercial:
        yield "**Parts are for non-commercial use only**, so treat the repository as a whole as non-commercial.\n"
    yield from licence_table(terms)
    yield ""
    for task in terms.tasks:
        yield f"- `{task.task}.*`: {escaped(task.note)}."
        origins = sorted({source.origin for source in TASKS[task.task].hub if source.origin})
        if origins:
            yield f"  Rows keep the terms of their own part, named in `synth_origin` ({', '.join(origins)});"
            yield "  each part is in files of its own."
    yield (
        f"- Written by {code(manifest.teacher.model)} ({escaped(terms.teacher_licence or 'terms not recorded')}). "
        f"{escaped(manifest.teacher.outputs_note)}".rstrip()
    )
    if terms.share_alike:
        yield "- Share-alike: what you make from those configs and pass on stays under the same terms."


def _citing(manifest: Manifest, repo: str) -> Iterator[str]:
    yield "## Citing"
    yield "Cite the data sets it was made from:"
    yield from (f"- {TASKS[name].title}: {TASKS[name].paper}." for name in manifest.tasks)
    yield f"\nand this corpus by its name, version and identity: {manifest.name}, version {escaped(manifest.version)},"
    yield f"`{manifest.identity}` (`synth manifest show` prints it):"
    yield "\n```bibtex"
    yield f"@misc{{{manifest.name}-{manifest.created.year},"
    yield f"  title = {{{manifest.name}: machine-generated training data in many languages}},"
    yield f"  year = {{{manifest.created.year}}},"
    if repo:
        yield f"  howpublished = {{Hugging Face data set {repo}}},"
    yield f"  note = {{Version {_plain(manifest.version)}, identity {manifest.identity[:16]}}}"
    yield "}\n```"


def _plain(text: str) -> str:
    """Text of others inside a code block and inside braces."""
    return re.sub(r"[^\w .,+-]", "", text)


def _again(manifest: Manifest) -> Iterator[str]:
    commit = f" (commit `{manifest.synth.commit}`)" if manifest.synth.commit else ""
    yield "## Making it again"
    yield f"With Synth {escaped(manifest.synth.version)}{commit}:"
    yield f"\n```sh\n{manifest.command.replace('```', '')}\n```\n"
    yield "`synth manifest verify FOLDER` checks every hash, count, id and row invariant of a downloaded copy."
