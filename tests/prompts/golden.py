"""Every kind of request of every style, and the files that hold their wording: one file for each version.

After a change of wording: raise the style's `version`, then `python -m tests.prompts.golden` writes the new file. A
file that is there already is never written over, since corpora name their version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth.corpus.files import fingerprint
from synth.generate.recipes.common import Job
from synth.generate.recipes.paraphrase import note_of
from synth.generate.recipes.plain import _DISTINCT
from synth.languages import LANGUAGES, get_language
from synth.prompts.base import Prompt, Style
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.sources.sample import load_sample
from synth.tasks import TASKS, get_task

FOLDER = Path(__file__).parent / "golden"
TEXT = "The 3 boats left at noon."
SENTENCE, TRANSLATED = "Anna lives in Oslo.", "(Anna lives in Oslo, translated.)"
FIELDS = {"premise": "A man sleeps.", "hypothesis": "He is awake."}
STYLES: dict[str, Style] = {
    "chat": ChatStyle(),
    "chat without system message": ChatStyle(system=False, extra={"chat_template_kwargs": {"enable_thinking": False}}),
    "few-shot": FewShotStyle(bos="<bos>"),
    "tower": TranslationStyle("tower"),
    "translategemma": TranslationStyle("translategemma"),
}
LANGS = ("es", "zh", "az", "ur")


def requests(style: Style, langs: Sequence[str] = LANGS) -> dict[str, Prompt]:
    """One request of each kind that the style has, in several languages."""
    found: dict[str, Prompt] = {}
    for code in langs:
        language = get_language(code)
        found[f"text {code}"] = style.text(TEXT, language)
        found[f"marked {code}"] = style.marked(
            style.marks.open(1) + "Oslo" + style.marks.close(1) + " is cold.", language
        )
        found[f"answer {code}"] = style.answer("Oslo", SENTENCE, TRANSLATED, language)
        if not isinstance(style, TranslationStyle):
            found[f"reword {code}"] = style.reword(TEXT, language, marked=False)
            found[f"reword marked {code}"] = style.reword(TEXT, language, marked=True)
        if isinstance(style, ChatStyle):
            found[f"fields {code}"] = style.fields(FIELDS, language, "")
            found[f"fields with a note {code}"] = style.fields(FIELDS, language, "A note.")
            found[f"fields with a concept {code}"] = style.fields(FIELDS, language, "", "sleep")
            found[f"questions {code}"] = style.questions({"q1": "Who?", "q2": "Why?"}, SENTENCE, TRANSLATED, language)
            found[f"gloss {code}"] = style.gloss(["Dogs", "bark", "."], language)
            found[f"paraphrase {code}"] = style.paraphrase(FIELDS, language, "A note.")
    return found


def shown(prompt: Prompt) -> dict[str, Any]:
    """What is sent, without what only the reading of the answer needs."""
    return {name: value for name, value in asdict(prompt).items() if name not in ("echoes", "shown")}


def wording(version: str) -> Mapping[str, Any]:
    """All requests of the styles of one version, as plain data, and a digest of those in all languages."""
    every = [code for code in LANGUAGES if code != "en"]
    found: dict[str, Any] = {}
    for name, style in STYLES.items():
        if style.version == version:
            found[name] = {kind: shown(prompt) for kind, prompt in requests(style).items()}
            found[name]["digest of all languages"] = fingerprint(
                {kind: shown(prompt) for kind, prompt in requests(style, every).items()}
            )
    if any(isinstance(style, ChatStyle) for style in STYLES.values() if style.version == version):
        found["notes"] = notes()
    return found


def notes() -> dict[str, str]:
    """What recipes add to the instructions."""
    found = {"choices that became the same": _DISTINCT}
    for name in TASKS:
        (one, *_) = load_sample(name).examples
        found[f"paraphrase {name}"] = note_of(Job(get_task(name), one, (one,), ChatStyle(), get_language("en")))
    return found


def versions() -> list[str]:
    """The versions of today's styles."""
    return sorted({style.version for style in STYLES.values()})


def main() -> None:
    """Write the files of versions that have none."""
    for version in versions():
        path = FOLDER / f"{version}.json"
        if not path.exists():
            path.write_text(json.dumps(wording(version), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
