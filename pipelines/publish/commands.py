"""What may be asked of a node while it runs, and its answer.

Commands are read strictly, unlike all that we send: a key that is not known is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from pipelines.publish.contract import MAX_BYTES, Part, Slug, Time, Ulid
from pipelines.publish.topics import NAME_LENGTH
from recognition.hysteresis import ActionRule

MAX_COMMAND_BYTES = MAX_BYTES
"""Longer commands are refused unread."""

CORRELATION_LENGTH = 64

CommandStatus = Literal["done", "rejected"]

CorrelationId = Annotated[str, Field(min_length=1, max_length=CORRELATION_LENGTH)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]


class Args(BaseModel, extra="forbid", frozen=True):
    """What a command is about."""


class NoArgs(Args):
    """Nothing more to say."""


class RuleArgs(Args):
    """Whose rule: of an action before one camera (its name or its slug), or before all."""

    action: Name
    camera: Name | None = None


class RuleChange(ActionRule):
    """The keys of a rule that are to differ; what is not said stays, or gives way to what is."""

    @model_validator(mode="after")
    def _exit_not_above_enter(self) -> RuleChange:
        if {"enter", "exit"} <= self.model_fields_set:
            self.check_order()
        return self


class SetRuleArgs(RuleArgs):
    """rule: what differs from now on; the other keys stay as they are."""

    rule: RuleChange

    @field_validator("rule")
    @classmethod
    def _rule_says_something(cls, value: RuleChange) -> RuleChange:
        if not value.model_fields_set:
            raise ValueError('names nothing that is to differ; for example {"enter": 0.6}')
        return value


class RetractArgs(Args):
    """event_id: ``data.event.id`` of any of its messages."""

    event_id: Ulid


class Command(BaseModel, extra="forbid", frozen=True):
    """A request to a node; off by default, never taken from a retained message.

    correlation_id: chosen by the sender; the answer has it, too.
    """

    correlation_id: CorrelationId
    args: Args


class Rebirth(Command):
    """Tell the birth and all states again."""

    args: NoArgs = NoArgs()


class SetRule(Command):
    """Change when an action counts, until the next start; an open event goes on by the new rule."""

    args: SetRuleArgs


class ResetRule(Command):
    """Back to the rule of the configuration."""

    args: RuleArgs


class Retract(Command):
    """Take an event back that was none, while it goes on or not long after."""

    args: RetractArgs


COMMANDS: dict[str, type[Command]] = {
    "rebirth": Rebirth,
    "set_rule": SetRule,
    "reset_rule": ResetRule,
    "retract": Retract,
}
"""By verb: the last level of the topic."""


class RulePart(ActionRule, extra="ignore"):
    """A rule as it applies now, with all its keys."""


class CommandResult(Part):
    """What became of a command. correlation_id: the command's; none where it could not be read.

    rules: after a change of rules, those that apply now, by camera.
    """

    time: Time
    verb: Slug
    correlation_id: CorrelationId | None = None
    status: CommandStatus
    reason: str | None = None
    rules: dict[Slug, RulePart] | None = None
