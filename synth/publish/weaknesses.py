"""What a card says about the weak sides of a corpus: what is true of every one, and what this one's numbers show."""

from __future__ import annotations

from collections.abc import Iterator

from synth.manifest.models import Funnel, Manifest, split_config
from synth.manifest.rates import Rate, add_up, kept_rate, language_rate, span_rate
from synth.outcomes import Kind
from synth.tasks import TASKS
from synth.tasks.base import Shape

# Below these shares a language is named: half of the work lost; one row in twenty wrong; one span in eight lost, the
# loss that MLQA's own translate-train files show for Chinese (87 % of 87,599 questions left).
LOW_KEPT, LOW_LANGUAGE, LOW_SPANS = 0.5, 0.95, 0.87


def weaknesses(manifest: Manifest) -> Iterator[str]:
    """The section of the card."""
    yield "## Known weaknesses"
    yield "- The text is machine output and reads like it: gains on translated test sets may come from that likeness."
    yield "- Labels were carried over from English; where a translation shifts the meaning, the label may be wrong."
    yield "- Nobody has read these rows. Rules and detectors passed them, and both make mistakes."
    yield from (f"- {line}" for line in (*_by_shape(manifest), *_by_numbers(manifest)))


def _by_shape(manifest: Manifest) -> Iterator[str]:
    shapes = {TASKS[name].shape for name in manifest.tasks}
    if Shape.SPAN in shapes:
        yield "Questions whose answer span was not found again are missing, and those are not a random part."
    if Shape.CHOICE in shapes:
        yield "Short answer options lose their nuance in translation more easily than sentences do."
    if Shape.TAGS in shapes:
        yield "Tagged sentences are glossed word by word: they keep the English order and are not fluent."
    same = [name for name in manifest.tasks if name in ("mnli", "anli_plus", "squad_v1", "squad_v2")]
    if same:
        yield (
            f"Training on {', '.join(same)} is plain translate-train for XNLI or for XQuAD, MLQA and LAReQA: report "
            "such pairs apart from cross-task transfer."
        )


def _by_numbers(manifest: Manifest) -> Iterator[str]:
    by_lang: dict[str, list[Funnel]] = {}
    for name, entry in manifest.funnel.items():
        _, lang, kind = split_config(name)
        if kind is not Kind.SOURCE:
            by_lang.setdefault(lang, []).append(entry)
    sums = {lang: add_up(entries) for lang, entries in sorted(by_lang.items())}
    measures = (
        (kept_rate, LOW_KEPT, "less than half of the rows survived (share kept)"),
        (language_rate, LOW_LANGUAGE, "many rows were not in the right language (share that was)"),
        (span_rate, LOW_SPANS, "many answer spans were lost (share found again)"),
    )
    for rate, limit, what in measures:
        yield from _named({lang: rate(entry) for lang, entry in sums.items()}, limit, what)
    unjudged = sum(entry.language.get("cannot_judge", 0) for entry in sums.values())
    if unjudged:
        yield f"For {unjudged:,} rows no detector could say whether they are in the right language."


def _named(rates: dict[str, Rate], limit: float, what: str) -> Iterator[str]:
    shares = {lang: rate.share for lang, rate in rates.items()}
    found = [f"{lang} {share:.0%}" for lang, share in shares.items() if share is not None and share < limit]
    if found:
        yield f"In these languages {what}: {', '.join(found)}."
