"""Arms: the same source examples in the same order, cut as asked; and mismatches refused with their numbers."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag, BadSource, CheckFailed
from synth.manifest.store import read_manifest, write_manifest
from synth.train.arms import ArmData
from synth.train.matching import compare, summarise, summary_from
from synth.train.prepare import Prepared, prepare
from tests.train.little import Little, make, recipe


def prepared(root: Path, little: Little, seed: int = 0, **keys: Any) -> Prepared:
    corpus = root / little.name
    if not corpus.exists():
        make(root, little)
    return prepare(recipe([corpus], **keys), root / f"rows-{len(list(root.iterdir()))}", seed)


def sources(data: ArmData) -> list[str]:
    return [row["synth_source_id"] for batch in data.batches() for row in data.load(batch)]


LOSSY = Little(translations={"de": (1, 2), "sw": (2, 3, 4)}, paraphrases={"en": (5,)})
ARMS = ["none", "english", "english-paraphrase", "multilingual"]


def test_intersection_leaves_what_every_language_of_every_arm_kept(tmp_path: Path) -> None:
    found = prepared(tmp_path, LOSSY, arms=ARMS)
    match = found.report.tasks["mnli"]
    assert (match.english, match.matched) == (60, 55)
    lost = {f"s{number}" for number in (1, 2, 3, 4, 5)}
    for name in ARMS[1:]:
        assert set(sources(found.arms[name])) == {f"s{n}" for n in range(60)} - lost


def test_intersection_says_what_each_language_costs(tmp_path: Path) -> None:
    costs = prepared(tmp_path, LOSSY, arms=ARMS).report.tasks["mnli"].costliest
    assert costs == {"multilingual sw": 2, "multilingual de": 1, "english-paraphrase en": 1}  # s2: two lack it


def test_drawn_leaves_what_some_language_kept_and_draws_only_from_those(tmp_path: Path) -> None:
    found = prepared(tmp_path, LOSSY, arms=ARMS, matching={"strategy": "drawn"})
    assert found.report.tasks["mnli"].matched == 58  # s2 is lost in both languages, s5 as a paraphrase
    data = found.arms["multilingual"]
    langs = {row["synth_source_id"]: row["synth_lang"] for batch in data.batches() for row in data.load(batch)}
    assert (langs["s1"], langs["s3"], langs["s4"]) == ("sw", "de", "de")
    assert sources(found.arms["english"]) == sources(data)


def test_all_arms_see_the_same_examples_in_the_same_order(tmp_path: Path) -> None:
    found = prepared(tmp_path, LOSSY, arms=[*ARMS, {"name": "mix", "weights": {"english": 1, "multilingual": 1}}])
    orders = {name: sources(data) for name, data in found.arms.items() if name != "none"}
    assert len({tuple(order) for order in orders.values()}) == 1
    assert len({found.arms[name].source_hash() for name in orders}) == 1
    assert len({found.arms[name].order_hash() for name in orders}) == len(orders)  # other text, other hash


def test_an_example_appears_once_an_epoch(tmp_path: Path) -> None:
    order = sources(prepared(tmp_path, Little(rows=64), budget={"epochs": 3}).arms["multilingual"])
    assert len(order) == 3 * 64
    for epoch in range(3):
        assert len(set(order[epoch * 64 : (epoch + 1) * 64])) == 64
    assert order[:64] != order[64:128]


def test_rows_are_those_of_their_arm(tmp_path: Path) -> None:
    found = prepared(tmp_path, LOSSY, arms=ARMS)
    kinds = {
        name: {(row["synth_kind"], row["synth_lang"]) for b in data.batches() for row in data.load(b)}
        for name, data in found.arms.items()
    }
    assert kinds == {
        "none": set(),
        "english": {("source", "en")},
        "english-paraphrase": {("paraphrase", "en")},
        "multilingual": {("translation", "de"), ("translation", "sw")},
    }


@pytest.mark.parametrize("many", [400])
def test_mixtures_and_languages_have_their_shares(tmp_path: Path, many: int) -> None:
    mixture = {"name": "mix", "weights": {"english": 0.25, "multilingual": 0.75}}
    named = {"sampling": "named", "weights": {"de": 1, "sw": 4}}
    found = prepared(tmp_path, Little(rows=many), arms=["english", mixture], languages=named, budget={"epochs": 4})
    langs = found.arms["mix"].languages()["mnli"]
    total = sum(langs.values())
    for lang, share in (("en", 0.25), ("de", 0.15), ("sw", 0.6)):
        assert langs[lang] / total == pytest.approx(share, abs=0.06)  # five standard errors of 1,600 draws


def test_the_same_seed_gives_the_same_rows_and_another_seed_another_order(tmp_path: Path) -> None:
    hashes = [
        prepared(tmp_path, Little(), seed=seed, seeds=[0, 1]).arms["multilingual"].order_hash() for seed in (0, 0, 1)
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    orders = [
        sources(prepared(tmp_path, Little(), seed=seed, seeds=[0, 1], budget={"epochs": 1}).arms["english"])
        for seed in (0, 1)
    ]
    assert orders[0] != orders[1]
    assert set(orders[0]) == set(orders[1])


def test_the_order_of_tasks_and_of_corpora_does_not_matter(tmp_path: Path) -> None:
    one = make(tmp_path, Little(name="one", tasks=("mnli", "qqp"), translations={"de": ()}))
    two = make(tmp_path, Little(name="two", tasks=("mnli", "qqp"), translations={"sw": ()}))
    first = prepare(recipe([one, two], tasks=["mnli", "qqp"]), tmp_path / "a", 0)
    second = prepare(recipe([two, one], tasks=["qqp", "mnli"]), tmp_path / "b", 0)
    assert first.arms["multilingual"].order_hash() == second.arms["multilingual"].order_hash()


def test_leaving_a_language_out_moves_only_the_examples_that_were_in_it(tmp_path: Path) -> None:
    little = Little(translations={"de": (), "sw": (), "es": ()})
    kept = {}
    for codes in ("de,sw,es", "es,sw"):
        data = prepared(tmp_path, little, languages={"codes": codes}, budget={"epochs": 1}).arms["multilingual"]
        kept[codes] = {row["synth_source_id"]: row["synth_lang"] for b in data.batches() for row in data.load(b)}
    before, after = kept.values()
    assert all(after[name] == lang for name, lang in before.items() if lang != "de")
    assert {before[name] for name in before if after[name] != before[name]} == {"de"}


def test_resuming_from_a_state_gives_the_rest_of_the_rows(tmp_path: Path) -> None:
    data = prepared(tmp_path, Little(tasks=("mnli", "qqp")), tasks=["mnli", "qqp"]).arms["multilingual"]
    whole = list(data.batches())
    mixer = data.mixer()
    for _ in range(7):
        mixer.next()
    assert list(data.batches(mixer.state())) == whole[7:]


@pytest.mark.parametrize(
    ("budget", "steps"), [({"steps": 5}, 5), ({"examples": 41}, 11), ({"epochs": 0.5}, 8), ({"epochs": 2}, 30)]
)
def test_budgets_are_steps_in_the_end(tmp_path: Path, budget: dict[str, Any], steps: int) -> None:
    found = prepared(tmp_path, Little(), budget=budget)  # 60 examples, 4 a step
    assert found.arms["multilingual"].plan.steps == steps == found.arms["english"].plan.steps


def test_a_budget_in_tokens_needs_a_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="needs the student's tokenizer"):
        prepared(tmp_path, Little(), budget={"tokens": 1000})


def test_too_few_matched_examples_are_refused_with_numbers_and_names(tmp_path: Path) -> None:
    little = Little(translations={"de": (), "sw": tuple(range(40))})
    with pytest.raises(CheckFailed) as error:
        prepared(tmp_path, little)
    for told in ("20 of 60", "33%", "sw (multilingual) 20", "sw (multilingual) alone costs 40", "languages.codes"):
        assert told in str(error.value)
    assert prepared(tmp_path, little, matching={"strategy": "drawn"}).report.tasks["mnli"].matched == 60


def test_a_corpus_that_is_not_what_its_manifest_says_is_not_trained_on(tmp_path: Path) -> None:
    corpus = make(tmp_path, Little())
    manifest = read_manifest(corpus / "manifest.yaml")
    funnel = {**manifest.funnel, "mnli.de": manifest.funnel["mnli.de"].model_copy(update={"kept": 7})}
    write_manifest(corpus / "manifest.yaml", manifest.model_copy(update={"funnel": funnel}))
    with pytest.raises(CheckFailed, match=r"mnli\.de"):
        prepare(recipe([corpus]), tmp_path / "rows", 0)


def test_corpora_that_mean_other_examples_by_the_same_ids_are_refused(tmp_path: Path) -> None:
    one = make(tmp_path, Little(name="one", translations={"de": ()}))
    two = make(tmp_path, Little(name="two", translations={"sw": ()}, english_text="Once upon a time. "))
    with pytest.raises(CheckFailed, match="other English text under 60 source ids"):
        prepare(recipe([one, two]), tmp_path / "rows", 0)


def test_the_arm_of_existing_translations_takes_imported_corpora_alone(tmp_path: Path) -> None:
    own = make(tmp_path, Little(name="own", translations={"de": ()}))
    old = make(tmp_path, Little(name="old", translations={"de": (), "sw": ()}, profile="external-mt"))
    found = prepare(recipe([own, old], arms=["multilingual", "multilingual-mt"]), tmp_path / "rows", 0)
    assert set(found.arms["multilingual"].languages()["mnli"]) == {"de"}
    assert set(found.arms["multilingual-mt"].languages()["mnli"]) == {"de", "sw"}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"arms": ["english-paraphrase"]}, "make some with `synth generate --kind paraphrase`"),
        ({"arms": ["multilingual-mt"]}, "`synth import`"),
        ({"languages": {"codes": "de,fr"}}, "'multilingual' in fr; there are de, sw"),
        ({"tasks": ["qqp"]}, "no English source rows of qqp"),
    ],
)
def test_what_the_corpora_lack_is_named(tmp_path: Path, keys: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSource) as error:
        prepared(tmp_path, Little(), **keys)
    assert told in str(error.value)


def test_differences_between_arms_are_named_with_both_values(tmp_path: Path) -> None:
    corpus = make(tmp_path, Little())
    whole, short = (
        recipe([corpus]),
        recipe([corpus], budget={"steps": 5}, optim={"learning_rate": 2e-5, "batch_size": 4, "accumulation": 1}),
    )
    english = prepare(whole, tmp_path / "a", 0).arms["english"]
    multilingual = prepare(short, tmp_path / "b", 0).arms["multilingual"]
    report = compare([summarise(english, whole), summarise(multilingual, short)])
    assert not report.holds
    with pytest.raises(CheckFailed) as error:
        report.require()
    for told in (
        "examples of mnli: english has 120, multilingual has 20",
        "steps: english has 30, multilingual has 5",
        "hyper-parameters of optim.learning_rate: english has 1e-05, multilingual has 2e-05",
        "source ids of mnli: english has 60, multilingual has 20",
    ):
        assert told in str(error.value)


def test_the_same_numbers_of_other_examples_are_a_mismatch_too(tmp_path: Path) -> None:
    """Nine of ten examples in common, all counts equal: only the hash of the sources tells."""
    one = prepared(tmp_path, Little(name="one", rows=61, translations={"de": (0,)}))
    two = prepared(tmp_path, Little(name="two", rows=61, translations={"de": (3,)}))
    arms = [found.arms["multilingual"] for found in (one, two)]
    summaries = [summarise(data, recipe([])) for data in arms]
    named = [dataclasses.replace(summary, arm=f"arm{number}") for number, summary in enumerate(summaries)]
    assert [mismatch.what for mismatch in compare(named).mismatches] == ["source examples in order (SHA-256)"]


def test_label_balance_is_counted_on_the_rows(tmp_path: Path) -> None:
    data = prepared(tmp_path, Little(tasks=("squad_v2",)), tasks=["squad_v2"], budget={"epochs": 1})
    summary = data.report.arms[2].tasks["squad_v2"]
    assert summary.labels == {"answer": 30, "no answer": 30}
    rows = [row for b in data.arms["english"].batches() for row in data.arms["english"].load(b)]
    assert Counter(bool(row["answers"]["text"]) for row in rows) == {True: 30, False: 30}


def test_a_summary_survives_json_so_that_records_can_be_compared(tmp_path: Path) -> None:
    report = prepared(tmp_path, LOSSY, arms=ARMS).report
    again = [summary_from(json.loads(json.dumps(arm.as_dict()))) for arm in report.arms]
    assert compare(again).holds
    assert [arm.source_hash for arm in again] == [arm.source_hash for arm in report.arms]


def test_the_report_shows_losses_and_verdict(tmp_path: Path) -> None:
    report = prepared(tmp_path, LOSSY, arms=ARMS).report
    text = report.text()
    for told in ("55 of 60 English examples (91.7%)", "multilingual sw 2", "no intermediate stage", "are matched"):
        assert told in text
    assert json.loads(report.to_json())["holds"] is True


def test_the_report_says_when_the_control_is_by_another_teacher(tmp_path: Path) -> None:
    one = make(tmp_path, Little("one"))
    for name, model, told in (("same", "nobody/tiny-test", False), ("other", "somebody/else", True)):
        two = make(tmp_path, Little(name, translations={}, paraphrases={"en": ()}, model=model))
        report = prepare(recipe([one, two], arms=ARMS), tmp_path / f"rows-{name}", 0).report
        line = f"english-paraphrase is by {model}, multilingual by nobody/tiny-test: they differ in the teacher as well"
        assert (line in report.text()) == told
        assert report.holds


def test_nothing_is_needed_for_no_intermediate_stage(tmp_path: Path) -> None:
    found = prepare(recipe([], arms=["none"]), tmp_path, 0)
    assert list(found.arms["none"].batches()) == []
    assert found.report.holds


def test_translations_and_paraphrases_must_be_of_the_same_languages(tmp_path: Path) -> None:
    little = Little(translations={"de": (), "sw": ()}, paraphrases={"de": ()})
    arms = ["multilingual", "multilingual-paraphrase"]
    with pytest.raises(CheckFailed, match="languages of mnli: multilingual has de, sw, multilingual-paraphrase has de"):
        prepared(tmp_path, little, arms=arms)
    assert prepared(tmp_path, little, arms=arms, languages={"codes": "de"}).report.holds


def test_tokens_and_truncation_are_counted_with_the_students_tokenizer(tmp_path: Path) -> None:
    from tests.train.encode.tokenizers_of import tokenizer

    corpus = make(tmp_path, Little(tasks=("mnli", "squad_v1"), rows=20))
    short = recipe([corpus], tasks=["mnli", "squad_v1"], lengths={"pair": 24}, arms=["english", "multilingual"])
    found = prepare(short, tmp_path / "rows", 0, tokenizer("unigram"))
    english, multilingual = (arm.tasks["mnli"] for arm in found.report.arms)
    assert english.truncated == {"en": 20}
    assert sum(multilingual.truncated.values()) >= 20  # an example is counted once in each language it is drawn in
    assert english.tokens == pytest.approx(24, abs=0.01)
    assert found.report.arms[0].tasks["squad_v1"].truncated == {}  # windows leave nothing out
    assert "rows with text cut: en 20" in found.report.text()


def test_a_budget_in_tokens_is_that_of_the_english_arm(tmp_path: Path) -> None:
    from tests.train.encode.tokenizers_of import tokenizer

    corpus = make(tmp_path, Little(rows=20))
    keys: dict[str, Any] = {"lengths": {"pair": 24}, "budget": {"tokens": 24 * 4 * 10}}
    found = prepare(recipe([corpus], **keys), tmp_path / "rows", 0, tokenizer("unigram"))
    assert found.arms["english"].plan.steps == 10 == found.arms["multilingual"].plan.steps


def test_a_budget_in_tokens_weighs_tasks_as_they_are_drawn(tmp_path: Path) -> None:
    """A temperature draws the small task, whose rows are long, as often as the large one."""
    from tests.train.encode.tokenizers_of import tokenizer

    corpora = [
        make(tmp_path, Little(f"{rows}", tasks=(task,), rows=rows)) for task, rows in (("mnli", 200), ("cosmos_qa", 20))
    ]
    keys: dict[str, Any] = {"tasks": ["mnli", "cosmos_qa"], "arms": ["english"], "budget": {"tokens": 100_000}}
    tried = recipe(corpora, mixing={"temperature": 100}, **keys)
    (english,) = prepare(tried, tmp_path / "rows", 0, tokenizer("unigram")).report.arms
    tokens = sum(task.examples * (task.tokens or 0) for task in english.tasks.values())
    assert tokens == pytest.approx(100_000, rel=0.1)


def test_a_corpus_on_the_hub_is_taken_from_where_it_was_fetched(tmp_path: Path) -> None:
    """No network: everything is in the cache already, as after a first call."""
    import shutil

    corpus = make(tmp_path, Little())
    published = read_manifest(corpus / "manifest.yaml")
    revision = "a" * 40
    there = published.model_copy(update={"location": f"hf://datasets/org/little@{revision}"})
    write_manifest(tmp_path / "little.yaml", there)
    shutil.copytree(corpus / "generated", tmp_path / "cache" / "org--little" / revision / "generated")
    found = prepare(recipe([tmp_path / "little.yaml"]), tmp_path / "rows", 0, cache_dir=tmp_path / "cache")
    assert found.report.holds
    assert found.manifests == {"little": published.identity}


def test_a_filtered_corpus_is_read_from_its_kept_rows(tmp_path: Path) -> None:
    from synth.manifest.build import build_manifest
    from tests.manifest.make_corpus import make_corpus

    corpus = make_corpus(tmp_path)  # of 12 rows the teacher loses s1 and s2, the filter s3
    write_manifest(corpus / "manifest.yaml", build_manifest(corpus))
    found = prepare(recipe([corpus], tasks=["mnli", "squad_v1"]), tmp_path / "rows", 0)
    assert {task: match.matched for task, match in found.report.tasks.items()} == {"mnli": 9, "squad_v1": 9}
    assert not {"s1", "s2", "s3"} & set(sources(found.arms["multilingual"]))


def test_a_row_that_vanishes_after_matching_is_missed(tmp_path: Path) -> None:
    from synth.train.arms import arm_data, match_recipe
    from synth.train.corpora import open_verified

    corpus = make(tmp_path, Little(translations={"de": ()}))
    asked = recipe([corpus])
    matches = match_recipe([open_verified(corpus)], asked)
    other = make(tmp_path, Little(name="other", translations={"de": (7,)}))
    part = "generated/mnli/de/part-00000.parquet"
    (corpus / part).write_bytes((other / part).read_bytes())
    with pytest.raises(CheckFailed, match="1 of 60 rows of multilingual de are gone"):
        arm_data(matches, asked, "multilingual", 0, tmp_path / "rows")


def test_decoders_are_measured_on_prompts_and_answers(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from tests.train.encode.tokenizers_of import tokenizer

    pytest.importorskip("transformers", reason="a Transformers tokenizer names its eos")
    from transformers import PreTrainedTokenizerFast

    corpus = make(tmp_path, Little(rows=20))
    tried = {"style": "text", "model": {"architecture": "gemma3-270m"}, "arms": ["english", "multilingual"]}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer("gemma"), bos_token="<bos>", eos_token="<eos>")
    tokens = []
    for answers in ("english", "example"):
        found = prepare(recipe([corpus], answers=answers, **tried), tmp_path / answers, 0, fast)
        tokens.append(found.report.arms[0].tasks["mnli"].tokens)
    assert tokens[0] > tokens[1]  # English field names and label words take pieces
    nameless = SimpleNamespace(backend_tokenizer=tokenizer("gemma"))
    with pytest.raises(BadFlag, match="names no piece that ends an answer"):
        prepare(recipe([corpus], **tried), tmp_path / "rows", 0, nameless)


def test_of_a_row_in_two_corpora_the_first_is_taken_once(tmp_path: Path) -> None:
    one, two = (make(tmp_path, Little(name=name, translations={"de": ()})) for name in ("one", "two"))
    data = prepare(recipe([two, one], budget={"epochs": 1}), tmp_path / "rows", 0).arms["multilingual"]
    reader = data.rows["mnli"].store.reader
    assert sum(reader.get_batch(index).num_rows for index in range(reader.num_record_batches)) == 60
    assert len(set(sources(data))) == 60


def test_a_language_that_lost_everything_is_simply_not_drawn(tmp_path: Path) -> None:
    little = Little(translations={"de": (), "es": (), "sw": range(60)})
    found = prepared(tmp_path, little, matching={"strategy": "drawn"}, languages={"sampling": "proportional"})
    assert set(found.arms["multilingual"].languages()["mnli"]) == {"de", "es"}
