"""Reading the JSON object that a teacher was asked for, checked here because servers have silently ignored schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

# What a reasoning model thought before its answer; its chat template may have opened the tag already.
_THOUGHT = re.compile(r"\s*(?:<think>|(?=[^{`\s]))(?:(?!</think>).)*</think>", re.DOTALL)
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)\n\s*```", re.DOTALL)


def read_object(text: str, keys: Collection[str], shown: Collection[str] = ()) -> dict[str, str] | None:
    """The object of an answer, its values stripped.

    The answer is the object and nothing else, but for a model's thoughts before it and a code fence around it.

    Args:
        text: What the teacher said.
        keys: The keys that were asked for; all of them must be there, with texts.
        shown: Keys that were shown beside them: these alone may be there too.

    Returns:
        None when the answer is not what was asked for.
    """
    try:
        # Not strict: a line end inside a value, as models write it that no grammar holds, says what it means.
        value = json.loads(_body(text), strict=False)
    except (ValueError, RecursionError):  # the latter from thousands of nested brackets
        return None
    if not isinstance(value, dict) or not set(keys) <= set(value) <= {*keys, *shown}:
        return None
    found = {key: value[key] for key in keys}
    if not all(isinstance(item, str) and item.strip() and _is_text(item) for item in found.values()):
        return None
    return {key: item.strip() for key, item in found.items()}


def _body(text: str) -> str:
    """The answer without thoughts, and what stands in its only code fence if it has one."""
    thought = _THOUGHT.match(text)
    said = text[thought.end() :] if thought else text
    fenced = [] if said.lstrip().startswith("{") else _FENCE.findall(said)
    return (
        fenced[0] if len(fenced) == 1 else said.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    )


def _is_text(value: str) -> bool:
    """Whether a JSON string can be written as UTF-8 (an escape such as \\ud83d alone cannot)."""
    return not any("\ud800" <= char <= "\udfff" for char in value)
