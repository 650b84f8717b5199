"""A pretended teacher: it answers every request in the shape that was asked for, at the length of the source.

Its "translation" is the source in letters of two ancient scripts, one for one. Those letters occur in no source, so
wherever a translation is sent along in a later request (a paragraph with its questions, a sentence to reword) it can be
told from English there, and counted as the target language that it stands for.
"""

from __future__ import annotations

import json
import re
from typing import Any

from synth.teacher.calls import Call, Endpoint

_UPPER, _LOWER = 0x10300, 0x10330  # Old Italic and Gothic: 26 letters from there, without case
_TO = {ord("A") + at: _UPPER + at for at in range(26)} | {ord("a") + at: _LOWER + at for at in range(26)}
_BACK = {target: source for source, target in _TO.items()}
_TAG = re.compile(r"(</?a\d+>)")
_LETTERS = "[\U00010300-\U00010319\U00010330-\U00010349]"
_RUN = re.compile(f'({_LETTERS}+(?:[^A-Za-z{{}}"\U00010300-\U00010349]{{1,3}}{_LETTERS}+)*)')


def translated(text: str) -> str:
    """The stand-in translation of an English text; tags of answers stay."""
    return "".join(piece if _TAG.fullmatch(piece) else piece.translate(_TO) for piece in _TAG.split(text))


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut up: English, and what stands for a translation (given as the English that it was made of)."""
    # `split` with one group gives text and matches by turns.
    return [(piece.translate(_BACK), at % 2 == 1) for at, piece in enumerate(_RUN.split(text)) if piece]


def answer(call: Call) -> str:
    """The answer to one request."""
    if call.endpoint is Endpoint.COMPLETIONS:
        return translated(str(call.payload["prompt"]).splitlines()[-2].partition(": ")[2])
    content = call.payload["messages"][-1]["content"]
    shape = call.payload.get("response_format")
    return _object(str(content), shape) if shape else translated(_text(content))


def _object(content: str, shape: Any) -> str:
    # Models without a system message get the instruction in the same message, before the data.
    data = json.loads(content if content.startswith("{") else "{" + content.partition("\n\n{")[2])
    wanted = shape["json_schema"]["schema"]["required"]
    return json.dumps({key: translated(data.get(key) or data.get("phrase", key)) for key in wanted}, ensure_ascii=False)


def _text(content: Any) -> str:
    """The text that a translation model is sent: in content parts, or on the line before the cue."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content).splitlines()[-2].partition(": ")[2]
