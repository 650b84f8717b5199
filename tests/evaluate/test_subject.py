"""What is evaluated: the kind of an arm from its name."""

from synth.evaluate.predictions import ArmKind
from synth.evaluate.subject import kind_of
from synth.train.arm_names import ArmName


def test_every_arm_that_a_recipe_can_name_has_a_kind_of_its_own() -> None:
    assert {kind_of(name).value for name in ArmName} == {str(name) for name in ArmName}
    assert kind_of("half-and-half") is ArmKind.MIXTURE
