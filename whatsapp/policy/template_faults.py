"""One thing that is wrong with a template, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` is a place of the form: "name", "header", "body", "sample.first_name", "button.0",
    or "" for the template as a whole. Its sentence is in `template_sentences`. Advice only, unless
    it `refuses`."""

    where: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)
    refuses: bool = True
