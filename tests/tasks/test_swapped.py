"""Exchanged sides are found where numbers, names or lengths show it; sound pairs are left alone."""

from __future__ import annotations

import pytest

from synth.outcomes import Reason
from synth.tasks import get_task
from synth.tasks.swapped import swapped_sides

TRAIN = ("The train to Lima left at 9 in the morning with all the children.", "It left late.")


@pytest.mark.parametrize(
    "target",
    [
        ("Salió tarde.", "El tren a Lima salió a las 9 de la mañana con todos los niños."),
        ("वह देर से निकली।", "लीमा की ट्रेन सुबह ९ बजे सभी बच्चों के साथ निकली।"),
        ("晚了。", "开往利马的火车早上九点载着所有的孩子离开了。"),
    ],
)
def test_an_exchanged_pair_is_found(target: tuple[str, str]) -> None:
    assert swapped_sides(TRAIN, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (TRAIN, ("El tren a Lima salió a las 9 de la mañana con todos los niños.", "Salió tarde.")),
        (TRAIN, ("लीमा की ट्रेन सुबह ९ बजे सभी बच्चों के साथ निकली।", "वह देर से निकली।")),
        (
            ("The train left.", "It left late and nobody knows why."),
            ("El tren salió.", "Salió tarde, nadie sabe por qué."),
        ),
    ],
)
def test_a_pair_in_order_is_left_alone(source: tuple[str, str], target: tuple[str, str]) -> None:
    assert not swapped_sides(source, target)


def test_the_task_rejects_it_with_its_reason() -> None:
    source = {"premise": TRAIN[0], "hypothesis": TRAIN[1], "label": 1, "idx": 7}
    row = {**source, "premise": "Salió tarde.", "hypothesis": "El tren a Lima salió a las 9 con todos los niños."}
    assert [violation.reason for violation in get_task("mnli").compare(source, row)] == [Reason.SIDES_SWAPPED]
