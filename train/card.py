"""The model card of a run: what the Hub reads at its head, and what a person wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synth.manifest.yamlio import dump_yaml
from synth.train.architectures import get_architecture
from synth.train.record import RunRecord

# The Hub's licence ids of the students' terms; data under other terms are named in the text.
_LICENCES = {
    "MIT": "mit", "Apache-2.0": "apache-2.0", "Llama 3.2 Community License": "llama3.2", "Gemma Terms of Use": "gemma",
}  # fmt: skip


def card(record: RunRecord) -> str:
    """The text of README.md."""
    return f"---\n{dump_yaml(metadata(record))}---\n\n" + "\n".join(_body(record)) + "\n"


def metadata(record: RunRecord) -> dict[str, Any]:
    """What the Hub reads: licence, base model, data sets, languages, tags."""
    from synth.train.one_run import base_model

    base, tasks = base_model(record), record.summary.tasks
    languages = sorted({lang for entry in tasks.values() for lang in entry.languages})
    return {
        "library_name": "transformers",
        "license": _LICENCES[get_architecture(record.recipe["model"]["architecture"]).licence],
        **({"base_model": base} if base else {}),
        "datasets": sorted(record.manifests),
        "language": languages,
        "tags": ["synth", "intermediate-task-training", f"arm:{record.summary.arm}", *sorted(tasks)],
    }


def _body(record: RunRecord) -> Iterator[str]:
    summary, recipe = record.summary, record.recipe
    yield f"# {recipe['name']}: arm {summary.arm}, seed {summary.seed}\n"
    yield (
        f"{recipe['model']['architecture']} after an intermediate stage on {', '.join(summary.tasks)}. It is meant to "
        "be fine-tuned on a target task and compared with the other arms of the same recipe; it has not been "
        "evaluated by itself.\n"
    )
    yield "| task | examples | source examples | tokens an example | languages |\n| --- | --- | --- | --- | --- |"
    for task, entry in summary.tasks.items():
        langs = ", ".join(f"{lang} {count:,}" for lang, count in entry.languages.items())
        yield f"| {task} | {entry.examples:,} | {entry.source_ids:,} | {entry.tokens} | {langs} |"
    yield ""
    yield from _settings(record)
    yield "\nText in languages other than English is machine-generated; mind the terms of the data as well."
    yield "`train.json` beside this file has the whole recipe, all versions and the hashes of the data.\n"
    yield "```python\nfrom transformers import AutoModel, AutoTokenizer\n"
    yield 'model = AutoModel.from_pretrained("backbone")\ntokenizer = AutoTokenizer.from_pretrained("backbone")\n```'


def _settings(record: RunRecord) -> Iterator[str]:
    recipe, outcome = record.recipe, record.outcome
    optim, lora = recipe["optim"], recipe["lora"]
    batch = optim["batch_size"] * optim["accumulation"] * recipe["parallel"]["processes"]
    yield (
        f"{outcome['steps']:,} steps of {batch} examples, learning rate {optim['learning_rate']:g} "
        f"({optim['schedule']}, warm-up {optim['warmup']:.0%}), weight decay {optim['weight_decay']:g}, precision "
        f"{recipe['precision']}{', LoRA of rank ' + str(lora['rank']) if lora else ''}; {outcome['tokens']:,} tokens "
        f"in {outcome['seconds']:,.0f} s; last loss {outcome['loss']:.4f}."
    )
    yield f"Synth {record.versions.get('synth')}, recipe {record.recipe_fingerprint}, data order {record.order_hash}."
