"""The prompts of a corpus in its card: the wording itself, taken from the styles that sent it, with text left open.

The manifest records the style and the version of its prompts. Only the wording of that version is shown; when this
version of Synth has another one, the card says where the right one is to be found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from synth.errors import SynthError
from synth.languages import LANGUAGES, Language, get_language
from synth.manifest.models import Manifest, split_config
from synth.outcomes import Kind
from synth.prompts.base import Prompt, Style
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.publish.tables import code
from synth.tasks import TASKS
from synth.tasks.base import Shape

_OPEN = "…"  # stands for the text of a row
_FIRST: dict[type, str] = {
    ChatStyle: "All texts of an example together (the instruction)",
    FewShotStyle: "A sentence (the model continues the text)",
    TranslationStyle: "A text",
}


def prompts(manifest: Manifest) -> Iterator[str]:
    """The subsection of the card."""
    teacher, language = manifest.teacher, _language(manifest)
    yield "\n### Prompts\n"
    yield f"Style {code(teacher.style)}, version {code(teacher.prompt)}."
    style = _style(manifest)
    if style is None or language is None or style.version != teacher.prompt:
        yield "The wording of this version is in `synth/prompts` of the Synth version named under *Making it again*."
        return
    shown = f"Here for {language.name}, with {_OPEN} for the text of a row."
    data = " The user's message is one JSON object of texts; a JSON schema asks for its keys back."
    yield shown + (data if isinstance(style, ChatStyle) else "")
    for what, prompt in _requests(manifest, style, language):
        yield f"\n{what}:\n\n```text\n{_wording(prompt)}\n```"


def _language(manifest: Manifest) -> Language | None:
    """The first language that was written, for which the wording is shown."""
    made = sorted({split_config(name)[1:] for name in manifest.funnel if split_config(name)[2] is not Kind.SOURCE})
    found = [lang for lang, _ in made if lang in LANGUAGES]
    return get_language(found[0]) if found else None


def _style(manifest: Manifest) -> Style | None:
    """The style that the manifest names; None when there is none of this name."""
    if manifest.teacher.style == "chat":
        return ChatStyle()
    if manifest.teacher.style == "base":
        return FewShotStyle()
    if manifest.teacher.style != "translation":
        return None
    from synth.teacher.profiles import get_profile

    try:
        return TranslationStyle(get_profile(manifest.teacher.profile).quirks.template)
    except SynthError:  # a profile of the publisher's own
        return None


def _requests(manifest: Manifest, style: Style, language: Language) -> Iterator[tuple[str, Prompt]]:
    """What the recipes of the corpus's tasks ask for, each request once."""
    shapes = {TASKS[name].shape for name in manifest.tasks}
    kinds = {split_config(name)[2] for name in manifest.funnel}
    if Kind.TRANSLATION in kinds:
        yield _FIRST[type(style)], style.text(_OPEN, language)
        if Shape.SPAN in shapes:
            yield from _span_requests(style, language)
        if Shape.TAGS in shapes and isinstance(style, ChatStyle):
            yield "The words of a tagged sentence", style.gloss([_OPEN], language)
    if Kind.PARAPHRASE in kinds and not isinstance(style, TranslationStyle):
        yield "A paraphrase", style.reword(_OPEN, language, marked=False)


def _span_requests(style: Style, language: Language) -> Iterator[tuple[str, Prompt]]:
    marked = f"{_OPEN} {style.marks.open(1)}{_OPEN}{style.marks.close(1)} {_OPEN}"
    if not isinstance(style, TranslationStyle):
        yield "A paragraph with its answers marked", style.marked(marked, language)
        yield "An answer whose marks were lost", style.answer(_OPEN, _OPEN, _OPEN, language)
    if isinstance(style, ChatStyle):
        yield "The questions of a paragraph", style.questions({"q1": _OPEN}, _OPEN, _OPEN, language)


def _wording(prompt: Prompt) -> str:
    """The text that is sent: the instruction of a chat, or the whole of a prompt to continue."""
    if "prompt" in prompt.payload:
        text = str(prompt.payload["prompt"])
    else:
        content = prompt.payload["messages"][0]["content"]
        text = content if isinstance(content, str) else json.dumps(content[0], ensure_ascii=False)
    return text.replace("```", "")
