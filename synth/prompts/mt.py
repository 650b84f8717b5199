"""Prompts for models that were trained to translate and for nothing else: one text a request, no instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synth.errors import BadFlag
from synth.languages import Language
from synth.prompts.base import TAGS, Marks, Prompt


@dataclass(frozen=True, slots=True)
class TranslationStyle:
    """Translation models behind `/v1/chat/completions`.

    Args:
        template: How the model wants its input: `translategemma` (language codes in the message's content, as its
            model card says), or `tower` (the instruction that TowerInstruct was trained with).
    """

    template: str
    version: str = "translation-1"
    by_sentence: bool = False
    marks: Marks = TAGS

    def text(self, text: str, language: Language) -> Prompt:
        """Translate one text."""
        messages = [{"role": "user", "content": self._content(text, language)}]
        return Prompt("chat", {"messages": messages}, len(text))

    def marked(self, text: str, language: Language) -> Prompt:
        """Translate one tagged text; whether the tags survive is seen in the answer."""
        return self.text(text, language)

    def answer(self, answer: str, sentence: str, translation: str, language: Language) -> Prompt:  # noqa: ARG002
        """Translate the phrase alone: these models take no context."""
        return self.text(answer, language)

    def reword(self, text: str, language: Language, marked: bool) -> Prompt:  # noqa: ARG002 - the protocol's signature
        """Translation models cannot reword; `choose_teacher` refuses paraphrase with them before anything runs."""
        raise BadFlag(f"{self.template} models only translate; use an instruction-tuned teacher for --kind paraphrase")

    def _content(self, text: str, language: Language) -> Any:
        if self.template == "translategemma":
            code = {"source_lang_code": "en", "target_lang_code": language.code}
            return [{"type": "text", **code, "text": text}]
        line = " ".join(text.split())  # of its own: a line end in the text must not look like the answer's cue
        return f"Translate the following text from English into {language.name}.\nEnglish: {line}\n{language.name}:"
