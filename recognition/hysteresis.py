"""When one action of one track begins and ends: two thresholds and the times they must hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, model_validator

Phase = Literal["start", "update", "end", "retract"]

EndReason = Literal[
    "score_low",
    "track_lost",
    "stream_ended",
    "shutdown",
    "camera_offline",
    "max_duration",
    "restart_recovered",
    "config_change",
]


MAX_LAG_S = 10


class ActionRule(BaseModel, extra="forbid", frozen=True):
    """When an action counts: scores 0..1, times in seconds of the source's PTS."""

    enabled: bool = Field(default=True, description="false: this action never makes an event")
    enter: float = Field(default=0.5, gt=0, le=1, description="smoothed score that begins an event")
    exit: float = Field(default=0.3, ge=0, le=1, description="smoothed score below which it ends")
    min_on_s: float = Field(default=0.3, ge=0, le=3600, description="how long enter must hold")
    min_off_s: float = Field(
        default=0.6, ge=0, le=3600, description="how long it must stay below exit"
    )
    smoothing_s: float = Field(
        default=0.3, ge=0, le=60, description="time constant; 0 = no smoothing"
    )
    cooldown_s: float = Field(
        default=0.0, ge=0, le=86400, description="silence after an event's end"
    )
    lag_s: float = Field(
        default=0.0,
        ge=0,
        le=MAX_LAG_S,
        description="how late scores follow what happens; onset and end are set back by this",
    )
    retract_under_s: float = Field(
        default=0.0,
        ge=0,
        le=3600,
        description="an event whose score falls before it lasted so long is taken back; 0 = never",
    )
    max_duration_s: float = Field(
        default=0.0, ge=0, le=604_800, description="end an event after this; 0 = never"
    )

    @model_validator(mode="after")
    def _exit_not_above_enter(self) -> ActionRule:
        self.check_order()
        return self

    def check_order(self) -> None:
        """ValueError where an event would end above the score that begins it."""
        if self.exit > self.enter:
            raise ValueError(f"exit must be <= enter ({self.enter:g}), got {self.exit:g}")

    def over(self, shipped: ActionRule) -> ActionRule:
        """This rule where it says something, ``shipped`` where it is silent.

        Where a threshold that is said would cross one that is not, the other gives way.
        """
        said = self.model_dump(exclude_unset=True)
        values = {**shipped.model_dump(), **said}
        if values["exit"] > values["enter"]:
            silent, spoken = ("enter", "exit") if "exit" in said else ("exit", "enter")
            values[silent] = values[spoken]
        return ActionRule(**values)


def nanoseconds(seconds: float) -> int:
    """Seconds as whole nanoseconds, the unit of every PTS."""
    return round(seconds * 1e9)


@dataclass(slots=True)
class Hysteresis:
    """The state machine of one action of one track.

    A run of steps at or above ``enter`` is a candidate; once it has lasted ``min_on`` the event
    is open, with the run's first step as onset. A run of steps below ``exit`` that lasts
    ``min_off`` ends it, with that run's first step as end; both are set back by ``lag``, but never
    into the event before, which lasted until just before ``free_from_ns``. Scores between the two
    thresholds hold an open event and break a candidate. No candidate begins during the cooldown.
    After an end the fields describe the finished event until the next
    candidate begins.
    """

    rule: ActionRule
    update_interval_ns: int = 0
    free_from_ns: int = 0
    state: Literal["idle", "candidate", "open"] = "idle"
    onset_ns: int = 0
    detected_ns: int = 0
    end_ns: int | None = None
    end_reason: EndReason | None = None
    rev: int = 0
    peak: float = 0.0
    _total: float = 0.0
    _steps: int = 0
    _passed_ns: int = 0
    _below_ns: int | None = None
    _message_ns: int = 0
    _silent_until_ns: int | None = None

    @property
    def mean(self) -> float:
        """Mean smoothed score of all steps since onset."""
        return self._total / max(self._steps, 1)

    def step(self, score: float, pts_ns: int) -> Phase | None:
        """Take the smoothed score at a time later than the last; the message it causes, if any."""
        if self.state == "open":
            self._count(score)
            return self._step_open(score, pts_ns)
        if score < self.rule.enter or self._silent(pts_ns):
            self.state = "idle"
            return None
        if self.state == "idle":
            self._begin(pts_ns)
        self._count(score)
        if pts_ns - self._passed_ns < nanoseconds(self.rule.min_on_s):
            return None
        self.state = "open"
        self.detected_ns = self._message_ns = pts_ns
        return "start"

    def close(self, end_ns: int, reason: EndReason) -> None:
        """End the open event; when its score was already low, at the time it fell."""
        self.state = "idle"
        # Where the score has not fallen yet, the action was still seen at the end.
        fell_ns = end_ns if self._below_ns is None else self._set_back(self._below_ns)
        self.end_ns = max(fell_ns, self.onset_ns)
        self.free_from_ns = self.end_ns + 1
        self.end_reason = reason
        self.rev += 1
        if self.rule.cooldown_s:
            self._silent_until_ns = end_ns + nanoseconds(self.rule.cooldown_s)

    def _step_open(self, score: float, pts_ns: int) -> Phase | None:
        if score >= self.rule.exit:
            self._below_ns = None
        elif self._below_ns is None:
            self._below_ns = pts_ns
        min_off_ns = nanoseconds(self.rule.min_off_s)
        limit_ns = nanoseconds(self.rule.max_duration_s)
        if self._below_ns is not None and pts_ns - self._below_ns >= min_off_ns:
            self.close(pts_ns, "score_low")
            lasted_ns = (self.end_ns or 0) - self.onset_ns
            return "end" if lasted_ns >= nanoseconds(self.rule.retract_under_s) else "retract"
        if limit_ns and pts_ns - self._passed_ns >= limit_ns:
            self.close(pts_ns, "max_duration")
            return "end"
        if self.update_interval_ns and pts_ns - self._message_ns >= self.update_interval_ns:
            self._message_ns = pts_ns
            self.rev += 1
            return "update"
        return None

    def _set_back(self, pts_ns: int) -> int:
        """When that happened whose score came at ``pts_ns``."""
        return pts_ns - nanoseconds(self.rule.lag_s)

    def _silent(self, pts_ns: int) -> bool:
        return self._silent_until_ns is not None and pts_ns < self._silent_until_ns

    def _begin(self, pts_ns: int) -> None:
        self.state = "candidate"
        self._passed_ns = pts_ns
        self.onset_ns = max(self._set_back(pts_ns), self.free_from_ns)
        self.end_ns = self.end_reason = self._below_ns = None
        self.rev = self._steps = 0
        self.peak = self._total = 0.0

    def _count(self, score: float) -> None:
        self.peak = max(self.peak, score)
        self._total += score
        self._steps += 1
