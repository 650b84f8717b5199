"""Prompts for base models, which only continue text: a few examples, then the line to go on from.

The examples are our own sentences (synth/data/fewshot.json). The answer ends at the line's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth.fewshot import Pair, few_shot, marked_example, paraphrases
from synth.languages import Language
from synth.prompts.base import BRACKETS, Marks, Prompt


@dataclass(frozen=True, slots=True)
class FewShotStyle:
    """Base models behind `/v1/completions`, one text a request.

    Args:
        bos: Begin-of-sequence text to send, "" where the server's tokenizer adds it (converted Gemma does not).
    """

    bos: str = ""
    version: str = "fewshot-1"
    by_sentence: bool = True
    marks: Marks = BRACKETS

    def text(self, text: str, language: Language) -> Prompt:
        """Translate one sentence."""
        return self._continue(few_shot(language.code), "English", language.name, text)

    def marked(self, text: str, language: Language) -> Prompt:
        """Translate one sentence that has one bracketed span."""
        return self._continue(
            (*few_shot(language.code)[:2], marked_example(language.code)), "English", language.name, text
        )

    def answer(self, answer: str, sentence: str, translation: str, language: Language) -> Prompt:
        """Translate a phrase behind its sentence, so that the same words are chosen.

        The last example is a noun phrase: behind a question alone the model answers with another question.
        """
        statement, *_, phrase = few_shot(language.code)
        pairs = (statement, Pair(" ".join(sentence.split()), translation), phrase)
        return self._continue(pairs, "English", language.name, answer)

    def reword(self, text: str, language: Language, marked: bool) -> Prompt:  # noqa: ARG002 - the protocol's signature
        """Reword one sentence (a base model keeps no marks: marked text is refused by the recipe before)."""
        return self._continue(paraphrases(language.code), "Sentence", "Same meaning", text)

    def _continue(self, pairs: Sequence[Pair], first: str, second: str, text: str) -> Prompt:
        shown = "".join(f"{first}: {_line(pair.source)}\n{second}: {_line(pair.target)}\n\n" for pair in pairs)
        line = _line(text)
        prompt = f"{self.bos}{shown}{first}: {line}\n{second}:"
        echoes = tuple(pair.target for pair in pairs if _bare(pair.source) != _bare(line))
        return Prompt("completions", {"prompt": prompt, "stop": ["\n"]}, len(line), echoes=echoes)


def _line(text: str) -> str:
    """The text on one line: a line end inside it would end the example that it stands in."""
    return " ".join(text.split())


def _bare(text: str) -> str:
    return _line(text).casefold().strip(" .,;:!?")
