"""Published zero-shot rows that stand beside our own, each with its source and what differs from our protocol.

All of them are second-hand for us (read in the named table, not measured), on XTREME version 1 unless said, and their
QA columns are F1 alone, whereas a task's score here is the mean of F1 and EM. XTREME-R's own table could not be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_MT5 = "table in the mT5 README (google-research/multilingual-t5), XTREME v1 test"
_REMBERT = "appendix of the RemBERT paper (Chung et al. 2021), XTREME v1 test"
_MGTE = "Zhang et al. 2024 (mGTE, arXiv 2407.19669, Table 1), XTREME-R with another harness (nlu-evals)"
_PLAIN = ("xnli", "pawsx", "panx")
_QA = ("xquad", "mlqa", "tydiqa")


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row: scores by task 0 to 100, and F1 of the QA tasks, whose scale differs from ours."""

    model: str
    scores: Mapping[str, float]
    qa_f1: Mapping[str, float]
    source: str


def _row(model: str, plain: tuple[float, ...], qa: tuple[float, ...], **more: float) -> PublishedRow:
    scores = dict(zip(_PLAIN, plain, strict=True)) | more
    return PublishedRow(model, MappingProxyType(scores), MappingProxyType(dict(zip(_QA, qa, strict=True))), _MT5)


PUBLISHED: Final[tuple[PublishedRow, ...]] = (
    _row("mBERT", (65.4, 81.9, 62.2), (64.5, 61.4, 59.7)),
    _row("XLM-R Large", (79.2, 86.4, 65.4), (76.6, 71.6, 65.1)),
    _row("X-STILTs (XLM-R Large)", (80.4, 87.7, 64.7), (77.2, 72.3, 76.0)),
    _row("RemBERT", (80.8, 87.5, 70.1), (79.6, 73.1, 77.0)),
    _row("mT5-Base", (75.4, 86.4, 55.7), (67.0, 64.6, 59.1)),
    _row("mT5-Large", (81.1, 88.9, 58.5), (77.8, 71.2, 68.4)),
    _row("mT5-XL", (82.9, 89.6, 65.5), (79.5, 73.5, 77.8)),
    PublishedRow(
        "X-STILTs (XLM-R Large)",
        MappingProxyType(
            {"xnli": 80.0, "pawsx": 87.9, "udpos": 74.9, "panx": 64.0, "xquad": 71.0, "mlqa": 63.05, "tydiqa": 67.75}
        ),  # QA: mean of the printed EM and F1
        MappingProxyType({"xquad": 78.7, "mlqa": 72.4, "tydiqa": 76.0}),
        _REMBERT,
    ),
    PublishedRow(
        "XLM-R base",
        MappingProxyType(
            {
                "xnli": 74.5,
                "xcopa": 50.45,
                "udpos": 73.84,
                "panx": 61.23,
                "xquad": 65.42,
                "mlqa": 53.995,
                "tydiqa": 45.1,
                "mewslix": 42.09,
                "tatoeba": 67.2,
            }
        ),
        MappingProxyType({"xquad": 72.83, "mlqa": 61.54, "tydiqa": 53.09}),
        _MGTE + "; its LAReQA ranks whole paragraphs and is left out",
    ),
)
