"""A part of a YAML file: what it does not know is an error, and what was read stays as it is."""

from __future__ import annotations

from pydantic import BaseModel


class Section(BaseModel, extra="forbid", frozen=True):
    """Base of the sections of run files; an unknown key is an error."""
