"""The checks: every module of this folder that defines `CHECK` is one; adding a check is adding a file."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from synth.filter.checks.base import Check


@cache
def all_checks() -> dict[str, Check]:
    """Every check by name, in alphabetical order; which reason is the main one is said in `synth.filter.order`."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    checks = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    return {check.name: check for check in checks}
