r"""CCGbank's machine-readable derivations (`.auto`): words and supertags from the leaves.

A derivation follows a line such as `ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1`. A leaf of CCGbank (Hockenmaier and Steedman,
CCGbank manual, LDC2005T13) is `(<L CCGcat modPOS origPOS word PredArgCat>)`. Parsers that write the same form differ in
the number of fields after `L`, and the number tells where the word is:

- 5: `cat POS POS word cat`, CCGbank and the C&C and EasyCCG printers
- 4: `cat POS word cat`, re-releases that keep one part of speech
- 7: `cat word lemma POS entity chunk cat`, the "extended" form of C&C, EasyCCG and depccg

The Penn Treebank's escapes are undone, so that a translation model sees text: brackets (`-LRB-` is `(`), quotes (two
back-quotes or two apostrophes are `"`), `\/` is `/` and `\*` is `*`. Tags stay as they are, `LRB` and `[conj]` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from synth.sources.files import DataFile, lines
from synth.sources.problems import What
from synth.sources.readers import Item, Record

_LEAF = re.compile(r"\(<L (.*?)>\)")
_ID = re.compile(r"ID=(\S+)")
_WORD_AT = {4: 2, 5: 3, 7: 1}  # fields after `L` -> index of the word
# Penn Treebank bracketing guidelines (Bies et al. 1995); -LSB- and -RSB- come from later treebanks.
_ESCAPES = {
    "-LRB-": "(", "-RRB-": ")", "-LCB-": "{", "-RCB-": "}", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"',
}  # fmt: skip


def read_auto(file: DataFile) -> Iterator[Item]:
    """One record for each derivation: `id` (None where the file has only a running number), `tokens` and `tags`."""
    parts: list[str] = []
    header, started = "", 0
    for number, line in lines(file):
        text = line.strip()
        if text.startswith("ID="):
            if parts:
                yield _sentence(file, started, header, " ".join(parts))
            elif header:
                yield file.problem(f"line {started}", What.BAD_ROW, f"no derivation after {header}")
            header, started, parts = text, number, []
        elif text.startswith("(<") and parts and _is_whole(" ".join(parts)):
            yield _sentence(file, started, header, " ".join(parts))  # no ID line in between
            header, started, parts = "", number, [text]
        elif text:
            started = started if header or parts else number
            parts.append(text)
    if parts:
        yield _sentence(file, started, header, " ".join(parts))
    elif header:
        yield file.problem(f"line {started}", What.BAD_ROW, f"no derivation after {header}")


def word_of(token: str) -> str:
    """A treebank token as plain text."""
    return _ESCAPES.get(token) or token.replace("\\/", "/").replace("\\*", "*")


def _is_whole(derivation: str) -> bool:
    skeleton = _LEAF.sub("", derivation)
    return skeleton.count("(") == skeleton.count(")") and "<L " not in skeleton


def _sentence(file: DataFile, line: int, header: str, derivation: str) -> Item:
    name = match.group(1) if (match := _ID.match(header)) else ""
    where = f"line {line}" + (f" ({name})" if name else "")
    leaves = [leaf.split() for leaf in _LEAF.findall(derivation)]
    if not leaves or not _is_whole(derivation):
        return file.problem(where, What.BAD_ROW, "not a derivation, or cut: brackets do not close")
    odd = next((leaf for leaf in leaves if len(leaf) not in _WORD_AT), None)
    if odd is not None:
        return file.problem(where, What.BAD_ROW, f"a leaf with {len(odd)} fields instead of 5: <L {' '.join(odd)}>")
    tokens = [word_of(leaf[_WORD_AT[len(leaf)]]) for leaf in leaves]
    # A bare number is a position in its file, not an identity: the content's hash is used instead.
    own_id = None if not name or name.isdecimal() else name
    return Record(where, {"id": own_id, "tokens": tokens, "tags": [leaf[0] for leaf in leaves]})
