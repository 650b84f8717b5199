"""Types of the manifest's fields: every text, count, name and path has a bound and a pattern.

A manifest may come from someone else, so a value that could not have been written by Synth is refused when it is read:
the pattern of `FilePath` alone keeps `..`, absolute paths, drives, backslashes and NUL out.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, StringConstraints

_TASK = r"[a-z][a-z0-9_]{0,39}"
_LANG = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}"
_REPO = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}"

FILE_PATTERN = rf"^(generated|kept)/({_TASK})/({_LANG})/(part|paraphrase)-[0-9]{{5,9}}\.parquet$"
CONFIG_PATTERN = rf"^({_TASK})\.({_LANG})(\.paraphrase)?$"
LOCATION_PATTERN = rf"^(\.|hf://datasets/{_REPO}@[0-9a-f]{{40}})$"
REPO_PATTERN = rf"^{_REPO}$"

# One Parquet part may not claim more than this; Synth writes 512 rows a part, a packed corpus some 100,000.
MAX_ROWS = 5_000_000
MAX_BYTES = 8 << 30
MAX_FILES = 250_000
MAX_CONFIGS = 3_000  # what the Hub's dataset viewer accepts (dataset-viewer issue 1367)

# No control characters and no marks that reverse the reading direction: manifests are printed to terminals.
_CLEAN = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Text = Annotated[str, StringConstraints(max_length=4_000, pattern=_CLEAN)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_CLEAN)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
TaskName = Annotated[str, StringConstraints(pattern=rf"^{_TASK}$")]
Lang = Annotated[str, StringConstraints(pattern=rf"^{_LANG}$")]
Split = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FilePath = Annotated[str, StringConstraints(pattern=FILE_PATTERN, max_length=200)]
ConfigName = Annotated[str, StringConstraints(pattern=CONFIG_PATTERN, max_length=120)]
Location = Annotated[str, StringConstraints(pattern=LOCATION_PATTERN, max_length=300)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,40}(-dirty)?$")]
Count = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[float, Field(ge=0, le=10**10, allow_inf_nan=False)]


def printable(text: str) -> str:
    """The text without what could steer a terminal (control characters, direction marks, lone surrogates)."""
    return _UNCLEAN.sub("\N{REPLACEMENT CHARACTER}", text)
