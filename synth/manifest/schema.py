"""The manifest's JSON schema, generated from the models; synth/data/manifest.schema.json is its published copy."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from synth.manifest.models import Manifest


class _Draft(GenerateJsonSchema):
    """Names the dialect, so that editors validate with the right rules."""

    def generate(self, schema: Any, mode: Any = "validation") -> dict[str, Any]:
        """The schema with its dialect and title."""
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}


def manifest_schema() -> str:
    """The JSON schema as text, as it lies in the repository."""
    value = Manifest.model_json_schema(schema_generator=_Draft)
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
