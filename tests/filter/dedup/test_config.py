from __future__ import annotations

import pytest

from synth.errors import BadFlag
from synth.filter.contamination.units import UNSPACED_LANGUAGES
from synth.filter.dedup import Banding, DedupConfig, banding_for, ngram_for
from synth.languages import LANGUAGES


@pytest.mark.parametrize(("threshold", "bands", "rows"), [(0.8, 12, 5), (0.7, 17, 4), (0.9, 9, 8)])
def test_banding_finds_99_percent_at_the_threshold(threshold: float, bands: int, rows: int) -> None:
    banding = banding_for(threshold)
    assert (banding.bands, banding.rows) == (bands, rows)
    assert banding.recall_at(threshold) >= 0.99


def test_cross_bands_reuse_values_and_repeat_no_band() -> None:
    banding = Banding(12, 5, cross=6)
    members = banding.members()
    assert len(set(members)) == 18
    assert {position for band in members for position in band} == set(range(60))
    assert all(len(set(band)) == 5 for band in members)


def test_every_language_without_spaces_gets_short_ngrams() -> None:
    unspaced = {code for code, language in LANGUAGES.items() if not language.spaced}
    assert unspaced <= UNSPACED_LANGUAGES
    assert {code: ngram_for(code) for code in unspaced} == dict.fromkeys(unspaced, 3)
    assert (ngram_for("es"), ngram_for("hi"), ngram_for("ko")) == (5, 5, 3)


@pytest.mark.parametrize("settings", [{"threshold": 0.0}, {"threshold": 1.1}, {"ngram": 0}, {"ngram": 33}])
def test_impossible_settings_are_refused_by_name(settings: dict[str, float]) -> None:
    with pytest.raises(BadFlag, match=next(iter(settings))):
        DedupConfig(**settings)  # type: ignore[arg-type]
    with pytest.raises(BadFlag, match="exact"):
        banding_for(0.1)
