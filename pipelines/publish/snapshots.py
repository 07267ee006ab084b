"""The ``mqtt.snapshots`` section: pictures of events, off by default."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class SnapshotConfig(BaseModel, extra="forbid", frozen=True):
    """A picture to each start, for whoever listens just then; none is kept or sent late."""

    enabled: bool = False
    show: Literal["person", "picture"] = Field(
        default="person", description="picture: all that the camera sees"
    )
    coarse: bool = Field(
        default=True, description="in so few pixels that nobody can be known; false: as filmed"
    )
    quality: int = Field(default=80, ge=1, le=100, description="of JPEG")
