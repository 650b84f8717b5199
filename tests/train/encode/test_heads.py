"""Encoding: answers map back to their exact text in every script, and what does not fit is counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadFlag, BadSource
from synth.train.encode.features import IGNORED, Account, merge_batch
from synth.train.encode.heads import (
    Limits,
    encode_choices,
    encode_pair,
    encode_span,
    encode_tags,
    encoder_of,
    fit_pair,
    span_text,
    tag_numbers,
)
from synth.train.encode.pieces import Cutter, Pieces
from synth.train.encode.texts import label_name
from tests.manifest.make_corpus import english
from tests.train.encode.tokenizers_of import KINDS, UNSPACED, WORDS, sentence, tokenizer

DECODERS = {"bytes", "gemma"}


def cutter(kind: str) -> Cutter:
    return Cutter(tokenizer(kind), decoder=kind in DECODERS)


def row(task: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    return {**english(task, number), "synth_id": f"{task}/{number}", "synth_lang": "en", **changes}


def squad(context: str, answer: str, start: int, question: str = "where?") -> dict[str, Any]:
    answers = {"text": [answer], "answer_start": [start]} if answer else {"text": [], "answer_start": []}
    return row("squad_v2", context=context, question=question, answers=answers)


@st.composite
def questions(draw: Any) -> tuple[str, str, int, str]:
    """A paragraph of a language, and an answer in it that begins and ends with words."""
    lang = draw(st.sampled_from(sorted(WORDS)))
    words = draw(st.lists(st.sampled_from(WORDS[lang]), min_size=1, max_size=60))
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, min(first + 2, len(words) - 1)))
    before = sentence(lang, words[:first])
    answer = sentence(lang, words[first : last + 1])
    start = len(before) + (1 if before and lang not in UNSPACED else 0)
    return sentence(lang, words), answer, start, lang


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=120, deadline=None)
@given(questions())
def test_answers_map_back_to_their_exact_text(kind: str, asked: tuple[str, str, int, str]) -> None:
    context, answer, start, lang = asked
    found = encode_span(squad(context, answer, start), cutter(kind), Limits(span=256, stride=64, question=8))
    assert not found.lost
    texts = [
        span_text(context, feature, feature.labels["start_positions"], feature.labels["end_positions"])
        for feature in found.features
    ]
    told = [text for text in texts if text]
    assert told
    assert all(answer in text for text in told)  # the smallest pieces that hold the answer
    if lang not in UNSPACED:  # words begin and end pieces: the text is the answer itself
        assert set(told) == {answer}
        assert not found.widened


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(questions())
def test_windows_cover_the_paragraph_and_keep_to_the_limit(kind: str, asked: tuple[str, str, int, str]) -> None:
    context, answer, start, _ = asked
    own = cutter(kind)
    found = encode_span(squad(context, answer, start), own, Limits(span=40, stride=10, question=8))
    covered = {place for feature in found.features for place in feature.offsets if place}
    assert covered == set(own.cut(context).offsets)
    assert max(feature.tokens for feature in found.features) <= 40


def test_a_piece_that_is_wider_than_the_answer_is_counted() -> None:
    context = "near the harbour"
    found = encode_span(squad(context, "arb", 10), cutter("wordpiece"), Limits())
    label = found.features[0].labels
    text = span_text(context, found.features[0], label["start_positions"], label["end_positions"])
    assert "arb" in text
    assert found.widened == (text != "arb")


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_is_piece_zero_in_every_window(kind: str) -> None:
    context = sentence("en", WORDS["en"] * 10)
    found = encode_span(squad(context, "", 0), cutter(kind), Limits(span=48, stride=16, question=8))
    assert len(found.features) > 1
    assert all(set(feature.labels.values()) == {0} for feature in found.features)
    assert not found.lost


def test_windows_without_the_answer_are_unanswerable_and_one_has_it() -> None:
    context = sentence("en", [*WORDS["en"] * 8, "library"])
    found = encode_span(
        squad(context, "library", len(context) - 7), cutter("wordpiece"), Limits(span=48, stride=16, question=8)
    )
    holding = [feature for feature in found.features if feature.labels["start_positions"]]
    assert 1 <= len(holding) < len(found.features)
    assert found.features[0].labels == {"start_positions": 0, "end_positions": 0}


def test_an_answer_that_no_window_holds_is_lost_and_counted() -> None:
    context = sentence("en", WORDS["en"] * 10)
    found = encode_span(squad(context, context, 0), cutter("wordpiece"), Limits(span=48, stride=16, question=8))
    assert found.lost
    account = Account()
    account.add(found)
    assert (account.rows, account.lost, account.windows) == (1, 1, len(found.features))


def test_a_long_question_is_cut_and_counted() -> None:
    question = sentence("en", WORDS["en"] * 3)
    own = cutter("wordpiece")
    found = encode_span(squad("the library", "library", 4, question), own, Limits(question=8))
    assert found.dropped == len(own.cut(question)) - 8
    assert found.truncated


def test_a_question_that_fills_the_window_is_refused() -> None:
    question = sentence("en", WORDS["en"] * 3)
    with pytest.raises(BadSource, match="no room for the paragraph"):
        encode_span(squad("the library", "library", 4, question), cutter("wordpiece"), Limits(span=10, question=10))


def test_blanks_around_an_answer_are_no_part_of_it() -> None:
    found = encode_span(squad("the library", " library", 3), cutter("wordpiece"), Limits())
    label = found.features[0].labels
    assert span_text("the library", found.features[0], label["start_positions"], label["end_positions"]) == "library"


@pytest.mark.parametrize("kind", ["unigram", "wordpiece"])
def test_encoders_pairs_are_what_the_tokenizer_itself_makes(kind: str) -> None:
    first, second = "the old harbour", "the library opens"
    expected = tokenizer(kind).encode(first, second)
    found = encode_pair("mnli", row("mnli", premise=first, hypothesis=second), cutter(kind), Limits())
    assert list(found.features[0].inputs[0].ids) == expected.ids
    assert list(found.features[0].inputs[0].types) == expected.type_ids


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_decoders_pairs_begin_once_and_are_set_apart(kind: str) -> None:
    made = tokenizer(kind)
    found = encode_pair("mnli", row("mnli", premise="the", hypothesis="harbour"), cutter(kind), Limits())
    ids = list(found.features[0].inputs[0].ids)
    assert ids.count(made.token_to_id("<bos>")) == 1
    assert ids[0] == made.token_to_id("<bos>")
    between = made.encode("\n", add_special_tokens=False).ids
    whole = [made.encode(text, add_special_tokens=False).ids for text in ("the", "harbour")]
    assert ids[1:] == [*whole[0], *between, *whole[1]]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.booleans())
def test_the_longer_text_is_cut_first(first: int, second: int, room: int, from_start: bool) -> None:
    texts = [Pieces(tuple(range(size)), ((0, 1),) * size) for size in (first, second)]
    left, right, dropped = fit_pair(texts[0], texts[1], room, from_start)
    assert len(left) + len(right) == min(first + second, room)
    assert dropped == max(0, first + second - room)
    if dropped and len(left) != first and len(right) != second:
        assert abs(len(left) - len(right)) <= 1
    if dropped and len(left) == first:
        assert len(right) >= first - 1
    assert list(left.ids) == (list(range(first))[first - len(left) :] if from_start else list(range(len(left))))


def test_truncated_pairs_keep_to_the_limit_and_are_counted() -> None:
    long = sentence("ru", WORDS["ru"] * 20)
    own = cutter("unigram")
    found = encode_pair("mnli", row("mnli", premise=long), own, Limits(pair=32))
    assert found.tokens == 32
    assert found.dropped == len(own.cut(long)) + len(own.cut(english("mnli", 0)["hypothesis"])) + 4 - 32


@pytest.mark.parametrize(("task", "count"), [("hellaswag", 4), ("cosmos_qa", 4), ("commonsense_qa", 5)])
def test_choices_are_one_input_each_with_the_right_label(task: str, count: int) -> None:
    for number in range(5):
        found = encode_choices(task, row(task, number), cutter("unigram"), Limits())
        assert len(found.features[0].inputs) == count
        assert found.features[0].labels["labels"] == number % count
        assert label_name(task, row(task, number)) == f"choice {number % count}"


def test_choices_lose_the_beginning_of_their_prompt() -> None:
    prompt = sentence("en", ["library", *WORDS["en"] * 10])
    own = cutter("wordpiece")
    found = encode_choices("commonsense_qa", row("commonsense_qa", question=prompt), own, Limits(pair=24))
    ids = found.features[0].inputs[0].ids
    assert len(ids) <= 24
    assert own.cut(prompt).ids[-1] in ids
    assert found.dropped > 0


TAGS = {"N": 0, "S\\NP": 1, "N/N": 2}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_first_piece_of_each_word_carries_its_tag(kind: str, data: st.DataObject) -> None:
    lang = data.draw(st.sampled_from(sorted(WORDS)))
    words = data.draw(st.lists(st.sampled_from(WORDS[lang]), min_size=1, max_size=12))
    tags = [list(TAGS)[index % 3] for index in range(len(words))]
    own = cutter(kind)
    found = encode_tags(row("ccg", tokens=words, tags=tags, synth_lang=lang), own, Limits(pair=512), TAGS)
    labels = found.features[0].labels["labels"]
    assert [label for label in labels if label != IGNORED] == [TAGS[tag] for tag in tags]
    assert len(labels) == len(found.features[0].inputs[0].ids)
    assert not found.lost


@pytest.mark.parametrize("kind", ["unigram", "gemma"])
def test_words_are_cut_as_in_running_text(kind: str) -> None:
    """Without the blank in front, Gemma's kind of tokenizer would take each word for the inside of another."""
    own, words = cutter(kind), WORDS["en"][:6]
    together = [piece for word in own.cut_words(words) for piece in word.ids]
    assert together == list(own.cut(" ".join(words)).ids)


@pytest.mark.parametrize("kind", KINDS)
def test_words_that_a_tokenizer_drops_still_have_a_piece_for_their_tag(kind: str) -> None:
    words, tags = ["library", "\u200b\u0000", "\u00ad", "harbour"], ["N", "N/N", "N/N", "N"]
    found = encode_tags(row("ccg", tokens=words, tags=tags), cutter(kind), Limits(), TAGS)
    assert [label for label in found.features[0].labels["labels"] if label != IGNORED] == [0, 2, 2, 0]


def test_tags_beyond_the_limit_are_lost_and_counted() -> None:
    words = WORDS["en"] * 5
    found = encode_tags(row("ccg", tokens=words, tags=["N"] * len(words)), cutter("wordpiece"), Limits(pair=16), TAGS)
    assert found.lost
    assert found.tokens == 16
    assert len(found.features[0].labels["labels"]) == 16


def test_a_tag_without_number_is_named() -> None:
    with pytest.raises(BadSource, match="has the tag 'VP'"):
        encode_tags(row("ccg", tokens=["a"], tags=["VP"]), cutter("unigram"), Limits(), TAGS)


def test_every_task_has_its_encoder() -> None:
    own = cutter("unigram")
    for task in ("anli_plus", "mnli", "qqp", "squad_v1", "squad_v2", "hellaswag", "cosmos_qa", "commonsense_qa"):
        assert encoder_of(task, own, Limits())(row(task)).tokens > 0
    assert encoder_of("ccg", own, Limits(), tag_numbers(["N", "S\\NP"]))(row("ccg")).tokens > 0


def test_batches_are_padded_to_one_length() -> None:
    own = cutter("wordpiece")
    pairs = [encode_pair("qqp", row("qqp", number), own, Limits()).features[0] for number in (0, 100)]
    batch = merge_batch(pairs, pad=3)
    assert len({len(ids) for ids in batch["input_ids"]}) == 1
    assert batch["labels"] == [0, 0]
    for ids, mask, feature in zip(batch["input_ids"], batch["attention_mask"], pairs, strict=True):
        assert sum(mask) == feature.tokens
        assert all(piece == 3 for piece in ids[feature.tokens :])


def test_batches_of_choices_have_a_list_for_each_choice() -> None:
    feature = encode_choices("hellaswag", row("hellaswag"), cutter("wordpiece"), Limits()).features[0]
    batch = merge_batch([feature, feature], pad=3)
    assert [len(batch["input_ids"]), len(batch["input_ids"][0])] == [2, 4]
    assert len({len(ids) for choices in batch["input_ids"] for ids in choices}) == 1


def test_a_tokenizer_that_truncates_by_itself_is_neither_obeyed_nor_changed() -> None:
    from tokenizers import Tokenizer

    own = Tokenizer.from_str(tokenizer("wordpiece").to_str())
    own.enable_truncation(4)
    long = sentence("en", WORDS["en"])
    assert len(Cutter(own).cut(long)) == len(cutter("wordpiece").cut(long))
    assert own.truncation["max_length"] == 4


def test_slow_tokenizers_are_refused() -> None:
    with pytest.raises(BadFlag, match="no fast tokenizer"):
        Cutter(object())


def test_a_decoder_whose_tokenizer_forgets_its_first_piece_gets_it() -> None:
    from tokenizers import Tokenizer, processors

    own = Tokenizer.from_str(tokenizer("gemma").to_str())
    own.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    assert Cutter(own, decoder=True).template.before == ()
    bos = own.token_to_id("<bos>")
    assert Cutter(own, decoder=True, bos=bos).template.before == (bos,)
    assert cutter("gemma").template.before == (bos,)  # and no second one where the tokenizer adds it


def test_each_window_begins_a_stride_after_the_one_before() -> None:
    context = sentence("en", WORDS["en"] * 10)
    own = cutter("wordpiece")
    places = own.cut(context).offsets
    found = encode_span(squad(context, "", 0), own, Limits(span=48, stride=16, question=8))
    begins = [places.index(next(place for place in feature.offsets if place)) for feature in found.features]
    assert begins == [16 * number for number in range(len(begins))]
