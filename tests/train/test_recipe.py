"""Recipes: one typed object behind YAML and flags, unknown keys refused, the ready ones sound."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from synth.errors import BadFlag
from synth.train.architectures import ARCHITECTURES
from synth.train.recipe import Recipe
from synth.train.recipe_file import add_recipe_flags, dump_recipe, load_recipe, ready_recipes, recipe_keys


def test_there_is_a_ready_recipe_for_every_architecture() -> None:
    assert set(ready_recipes()) == set(ARCHITECTURES)


@pytest.mark.parametrize("name", ready_recipes())
def test_ready_recipes_are_of_their_architecture_and_comparable(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.model.architecture == name
    assert {"none", "english", "multilingual"} <= {arm.name for arm in recipe.arms}
    assert recipe.global_batch == 32  # XTREME's and jiant's batch
    assert len(recipe.seeds) >= 3
    assert recipe.style == ("text" if ARCHITECTURES[name].role == "decoder" else "heads")


def test_a_dumped_recipe_is_the_same_recipe(tmp_path: Path) -> None:
    recipe = load_recipe("qwen3-4b", {"corpora": "a.yaml,b.yaml", "languages.codes": "es,sw"})
    (tmp_path / "again.yaml").write_text(dump_recipe(recipe), encoding="utf-8")
    assert load_recipe(str(tmp_path / "again.yaml")) == recipe


def test_flags_are_laid_over_the_file_and_the_budget_is_replaced() -> None:
    flags = {"optim.learning_rate": "2e-5", "budget.steps": "100", "seeds": "7", "arms": "english,multilingual"}
    recipe = load_recipe("xlmr-large", flags)
    assert (recipe.optim.learning_rate, recipe.budget.steps, recipe.budget.epochs) == (2e-5, 100, None)
    assert (recipe.seeds, [arm.name for arm in recipe.arms]) == ((7,), ["english", "multilingual"])
    assert recipe.optim.batch_size == load_recipe("xlmr-large").optim.batch_size


def test_every_key_is_a_flag() -> None:
    parser = argparse.ArgumentParser()
    add_recipe_flags(parser)
    args = parser.parse_args(["--lora.rank", "8", "--languages.sampling", "temperature", "--precision", "bf16"])
    recipe = load_recipe("xlmr-large", args.recipe_flags)
    assert recipe.lora
    assert (recipe.lora.rank, recipe.languages.sampling, recipe.precision) == (8, "temperature", "bf16")
    assert {"model.architecture", "optim.warmup", "mlm.share", "matching.strategy"} <= {key for key, _ in recipe_keys()}


def test_the_order_of_tasks_does_not_matter() -> None:
    one, other = (load_recipe("e5-small", {"tasks": tasks}) for tasks in ("qqp,mnli", "mnli,qqp"))
    assert one.fingerprint_of("english") == other.fingerprint_of("english")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"optim.learning_rat": "1"}, "unknown key optim.learning_rat. Did you mean 'optim.learning_rate'"),
        ({"seed": "1"}, "unknown key seed. Did you mean 'seeds'"),
        ({"arms": "englsh"}, "there is no arm 'englsh'. Did you mean 'english'"),
        ({"tasks": "mnly"}, "There is no task 'mnly'"),
        ({"model.architecture": "xlmr-larg"}, "There is no architecture 'xlmr-larg'. Did you mean 'xlmr-large'"),
        ({"tasks": "mnli,ccg", "arms": "english-paraphrase"}, "ccg has no paraphrase arm"),
        ({"arms": "english+mlm"}, "give `mlm.folder`"),
        ({"style": "text"}, "style text needs a decoder"),
        ({"lengths.pair": "1024"}, "more than the 512"),
        ({"languages.sampling": "named"}, "give `weights`"),
        ({"languages.codes": "xx"}, "there is no language xx"),
        ({"languages.codes": "es,en"}, "en is no language of the multilingual arms"),
        ({"seeds": "1,1"}, "a seed is named twice"),
        ({"seeds": "0,-1"}, "from 0 to 4294967295"),
        ({"seeds": "4294967296"}, "from 0 to 4294967295"),
        ({"model.architecture.size": "large"}, "architecture is 'xlmr-large' and no section"),
        ({"optim.learning_rate": ".inf"}, "optim.learning_rate"),
        ({"arms": "english,english"}, "two arms have the same name"),
        ({"lengths.question": "300"}, "leave no room"),
    ],
)
def test_what_cannot_be_is_refused_by_name(flags: dict[str, Any], told: str) -> None:
    with pytest.raises(BadFlag) as error:
        load_recipe("xlmr-large", flags)
    assert told in str(error.value)


def test_a_budget_has_one_unit() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        Recipe.model_validate({"name": "x", "model": {"architecture": "e5-small"}, "budget": {"steps": 1, "epochs": 1}})


def test_a_key_given_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: a\nname: b\n", encoding="utf-8")
    with pytest.raises(BadFlag, match="'name' is given twice"):
        load_recipe(str(tmp_path / "r.yaml"))


def test_a_flag_over_what_is_no_section_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: a\nmodel: e5-small\n", encoding="utf-8")
    with pytest.raises(BadFlag, match="model is 'e5-small' and no section"):
        load_recipe(str(tmp_path / "r.yaml"), {"model.path": "somewhere"})


def test_an_unknown_recipe_offers_the_nearest() -> None:
    with pytest.raises(BadFlag, match="Did you mean 'xlmr-large'"):
        load_recipe("xlmr-larje")


def test_mixtures_are_shares() -> None:
    recipe = load_recipe("e5-small", {"arms": [{"name": "mix", "weights": {"multilingual": 3, "english": 1}}]})
    assert recipe.arms[0].mixture == {"english": 0.25, "multilingual": 0.75}


def test_the_hyper_parameters_that_are_compared_leave_out_only_what_may_differ() -> None:
    recipe = load_recipe("e5-small")
    assert set(Recipe.model_fields) - set(recipe.hyper_parameters) == {"name", "arms", "corpora", "seeds", "upkeep"}


def test_how_often_a_run_is_saved_does_not_make_it_another_run() -> None:
    often, seldom = (load_recipe("e5-small", {"upkeep.save_every": every}) for every in ("10", "1000"))
    assert often.fingerprint_of("english") == seldom.fingerprint_of("english")
    assert often.fingerprint_of("english") != often.fingerprint_of("multilingual")
    assert often.fingerprint_of("english") != load_recipe("e5-small", {"optim.dropout": "0"}).fingerprint_of("english")


def test_more_seeds_and_arms_leave_the_runs_that_are_there_what_they_are() -> None:
    few, more = (load_recipe("e5-small", {"seeds": seeds, "arms": arms}) for seeds, arms in (
        ("0", "english,multilingual"), ("0,1,2", "none,english,english-paraphrase,multilingual"),
    ))  # fmt: skip
    assert few.fingerprint_of("english") == more.fingerprint_of("english")
    mixed = [
        load_recipe("e5-small", {"arms": [{"name": "mix", "weights": {"multilingual": share, "english": 1}}]})
        for share in (1, 3)
    ]
    assert mixed[0].fingerprint_of("mix") != mixed[1].fingerprint_of("mix")


def test_two_budgets_are_refused() -> None:
    with pytest.raises(BadFlag, match=r"--budget.steps and --budget.epochs both say how long"):
        load_recipe("e5-small", {"budget.steps": "10", "budget.epochs": "2"})


def test_adapters_can_be_asked_for_and_left_away_by_a_flag() -> None:
    parser = argparse.ArgumentParser()
    add_recipe_flags(parser)
    for recipe, given, there in (("xlmr-large", "{}", True), ("qwen3-8b", "null", False)):
        flags = parser.parse_args(["--lora", given]).recipe_flags
        assert (load_recipe(recipe, flags).lora is not None) == there
