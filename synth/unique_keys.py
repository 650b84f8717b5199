"""YAML in which a key given twice is an error: of the two sections one would silently be left out."""

from __future__ import annotations

from collections.abc import Hashable

import yaml


class UniqueKeys(yaml.SafeLoader):
    """The safe loader of PyYAML, but a key given twice is a `yaml.YAMLError` that names it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """As PyYAML's."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key {key.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
