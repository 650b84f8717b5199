r"""The categories of the sample's CCG sentences really derive sentences.

A CKY recogniser with the combinators of CCGbank: application, (crossed) composition, subject type-raising, the unary
rule N -> NP, coordination and absorbed punctuation. Rules: Hockenmaier and Steedman (2007), sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from synth.sources.base import Example
from synth.sources.sample import load_sample
from synth.tasks.ccg_category import Atom, Category, Functor, parse_category

NP = Atom("NP")
SENTENCES = {str(Atom("S", feature)) for feature in ("dcl", "q", "wq")}
EXAMPLES = load_sample("ccg").examples


def matches(wanted: Category, given: Category) -> bool:
    """Whether a category can stand where another is wanted: a missing feature matches any."""
    if isinstance(wanted, Atom) or isinstance(given, Atom):
        if not (isinstance(wanted, Atom) and isinstance(given, Atom)):
            return False
        return wanted.name == given.name and (
            not wanted.feature or not given.feature or wanted.feature == given.feature
        )
    return (
        wanted.slash == given.slash
        and matches(wanted.result, given.result)
        and matches(wanted.argument, given.argument)
    )


def feature_of(wanted: Category, given: Category) -> str:
    """The feature that a bare S of `wanted` takes from `given`, "" if none."""
    if isinstance(wanted, Atom) or isinstance(given, Atom):
        bare = isinstance(wanted, Atom) and isinstance(given, Atom) and wanted == Atom("S")
        return given.feature if bare and isinstance(given, Atom) else ""
    return feature_of(wanted.result, given.result) or feature_of(wanted.argument, given.argument)


def with_feature(category: Category, feature: str) -> Category:
    """The category with this feature on each bare S."""
    if isinstance(category, Atom):
        return Atom("S", feature) if category == Atom("S") and feature else category
    return Functor(with_feature(category.result, feature), category.slash, with_feature(category.argument, feature))


def applied(functor: Category, argument: Category, slash: str) -> Iterator[Category]:
    if isinstance(functor, Functor) and functor.slash == slash and matches(functor.argument, argument):
        yield with_feature(functor.result, feature_of(functor.argument, argument))


def composed(functor: Category, other: Category, slash: str, inner: str) -> Iterator[Category]:
    if isinstance(functor, Functor) and isinstance(other, Functor) and (functor.slash, other.slash) == (slash, inner):
        for result in applied(functor, other.result, slash):
            yield Functor(result, inner, other.argument)


def combined(left: Category, right: Category) -> Iterator[Category]:
    """Everything two neighbours can become."""
    yield from applied(left, right, "/")
    yield from applied(right, left, "\\")
    yield from composed(left, right, "/", "/")
    yield from composed(right, left, "\\", "\\")
    yield from composed(right, left, "\\", "/")  # backward crossed composition
    if right == Atom("."):
        yield left
    if left == Atom("conj"):
        yield Functor(right, "\\", right)


def raised(category: Category) -> set[Category]:
    """The category, what a bare noun becomes, and a subject's type-raised form."""
    found = {category}
    if category == Atom("N"):
        found.add(NP)
    if any(isinstance(one, Atom) and one.name == "NP" for one in found):
        found.add(Functor(Atom("S"), "/", Functor(Atom("S"), "\\", NP)))
    return found


def derives(tags: list[str]) -> set[str]:
    """The categories of all complete derivations."""
    leaves = [parse_category(tag) for tag in tags]

    @cache
    def span(start: int, end: int) -> frozenset[Category]:
        if end - start == 1:
            return frozenset(raised(leaves[start]))
        found: set[Category] = set()
        for middle in range(start + 1, end):
            for left, right in product(span(start, middle), span(middle, end)):
                found.update(*(raised(one) for one in combined(left, right)))
        return frozenset(found)

    return {str(category) for category in span(0, len(leaves))}


@pytest.mark.parametrize("example", EXAMPLES, ids=[" ".join(e.row["tokens"]) for e in EXAMPLES])
def test_the_tags_derive_a_sentence(example: Example) -> None:
    assert derives(example.row["tags"]) & SENTENCES


@pytest.mark.parametrize("example", EXAMPLES, ids=[" ".join(e.row["tokens"]) for e in EXAMPLES])
def test_without_its_verb_no_sentence_is_derived(example: Example) -> None:
    verb = next(place for place, tag in enumerate(example.row["tags"]) if tag.startswith(("(S[", "S[", "((S[")))
    tags = [tag for place, tag in enumerate(example.row["tags"]) if place != verb]
    assert not derives(tags) & SENTENCES


def test_declaratives_and_both_kinds_of_questions_are_there() -> None:
    kinds = {kind for example in EXAMPLES for kind in derives(example.row["tags"]) & SENTENCES}
    assert kinds == SENTENCES
