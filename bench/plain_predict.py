"""What `bench/predict.py` is held against: a loop as in Transformers' examples, with padding to the maximum length.

Texts go through the tokenizer as Transformers offers it (pairs, `is_split_into_words`, `return_overflowing_tokens`) in
the order of the file, 32 inputs a batch; answers are chosen with the loops of the official SQuAD script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from synth.evaluate.tasks.base import EvalTask, Form
from synth.train.recipe import Lengths

BATCH, BEST, LONGEST = 32, 20, 30
_NAMES = ("input_ids", "attention_mask", "token_type_ids")


def predict(model: Any, head: str, tokenizer: Any, task: EvalTask, items: Sequence[Any], lengths: Lengths) -> list[Any]:
    """Predictions for all items, in order."""
    encode = {Form.PAIR: _pair, Form.TAGS: _words, Form.SPAN: _question}[task.form]
    encoded = [encode(tokenizer, item, lengths) for item in items]
    windows = [window for one in encoded for window in one]
    scores = iter(_scores(model, head, windows))
    found = []
    for item, own in zip(items, encoded, strict=True):
        mine = [next(scores) for _ in own]
        if task.form is Form.SPAN:
            found.append((_answer(item.context, own, mine, lengths.stride),))
        elif task.form is Form.PAIR:
            found.append((task.labels[int(mine[0].argmax())],))
        else:
            found.append(_tags(task, item, own[0], mine[0]))
    return found


def _scores(model: Any, head: str, windows: Sequence[Mapping[str, Any]]) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    with torch.inference_mode():
        for start in range(0, len(windows), BATCH):
            part = windows[start : start + BATCH]
            batch = {name: torch.tensor([one[name] for one in part]) for name in _NAMES if name in part[0]}
            found += list(model(head, batch).scores)
    return found


def _pair(tokenizer: Any, item: Any, lengths: Lengths) -> list[dict[str, Any]]:
    return [
        dict(tokenizer(item.first, item.second, max_length=lengths.pair, padding="max_length", truncation=True)),
    ]


def _words(tokenizer: Any, item: Any, lengths: Lengths) -> list[dict[str, Any]]:
    encoded = tokenizer(
        list(item.tokens), is_split_into_words=True, max_length=lengths.pair, padding="max_length", truncation=True
    )
    return [{**encoded, "words": encoded.word_ids()}]


def _tags(task: EvalTask, item: Any, encoded: Mapping[str, Any], scores: torch.Tensor) -> tuple[str, ...]:
    best, tags, seen = scores.argmax(dim=-1).tolist(), ["O"] * len(item.tokens), set()
    for place, word in enumerate(encoded["words"]):
        if word is not None and word not in seen:
            seen.add(word)
            tags[word] = task.labels[best[place]]
    return tuple(tags)


def _question(tokenizer: Any, item: Any, lengths: Lengths) -> list[dict[str, Any]]:
    """Windows that move on by `stride`; what Transformers calls stride is what two windows share."""
    asked = len(tokenizer(item.question, add_special_tokens=False)["input_ids"])
    shared = lengths.span - tokenizer.num_special_tokens_to_add(pair=True) - asked - lengths.stride
    encoded = tokenizer(
        item.question, item.context, max_length=lengths.span, padding="max_length", truncation="only_second",
        return_overflowing_tokens=True, return_offsets_mapping=True, stride=shared,
    )  # fmt: skip
    found = []
    for row in range(len(encoded["input_ids"])):
        own = encoded.sequence_ids(row)
        offsets = [pair if own[place] == 1 else None for place, pair in enumerate(encoded["offset_mapping"][row])]
        found.append({**{name: encoded[name][row] for name in _NAMES if name in encoded}, "offsets": offsets})
    return found


def _answer(context: str, windows: Sequence[Mapping[str, Any]], scores: Sequence[torch.Tensor], stride: int) -> str:
    """The best of all pairs that the official script would look at."""
    spans = []
    for number, window in enumerate(windows):
        inside = [place for place, offset in enumerate(window["offsets"]) if offset is not None]
        spans.append((inside[0], number * stride, len(inside)))
    best, answer = float("-inf"), ""
    for number, (window, own) in enumerate(zip(windows, scores, strict=True)):
        first, start, _ = spans[number]
        rows = own.tolist()
        ranked = [sorted(range(len(rows)), key=lambda place, c=column: -rows[place][c])[:BEST] for column in (0, 1)]  # type: ignore[misc]
        for begin in ranked[0]:
            for end in ranked[1]:
                left, right = window["offsets"][begin], window["offsets"][end]
                if left is None or right is None or not 0 <= end - begin < LONGEST:
                    continue
                if _owner(begin - first + start, spans) != number:
                    continue
                if rows[begin][0] + rows[end][1] > best:
                    best, answer = rows[begin][0] + rows[end][1], context[left[0] : right[1]].strip()
    return answer


def _owner(piece: int, spans: Sequence[tuple[int, int, int]]) -> int:
    """The window in which a piece has the most context."""
    context = [
        min(piece - start, start + length - 1 - piece) + 0.01 * length if start <= piece < start + length else -1.0
        for _, start, length in spans
    ]
    return context.index(max(context))
