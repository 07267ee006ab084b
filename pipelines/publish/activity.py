"""Who does what right now, as retained states: the newest value is all that counts."""

from __future__ import annotations

from pipelines.publish.contract import ActionMessage
from pipelines.publish.sinks import OutMessage
from pipelines.publish.states import ActiveState
from pipelines.publish.topics import active_topic


class Activity:
    """Counts the open events of every camera and action. base, node: of the topics.

    open: how many events are open in all; any thread may read it.
    """

    def __init__(self, base: str, node: str) -> None:
        self._place = base, node
        self.open = 0
        self._open: dict[tuple[str, str], dict[str, str]] = {}

    def none(self, camera: str, action: str) -> OutMessage:
        """The state of an action that nobody does."""
        return self._state(camera, action, {})

    def take(self, message: ActionMessage) -> OutMessage:
        """The state after a message: a start counts until its end, or until it is taken back."""
        data = message.data
        key = data.camera.name, data.event.action
        events = self._open.setdefault(key, {})
        before = len(events)
        if data.event.phase in ("end", "retract"):
            events.pop(data.event.id, None)
        else:
            events[data.event.id] = data.time.onset
        self.open += len(events) - before
        return self._state(*key, events)

    def _state(self, camera: str, action: str, events: dict[str, str]) -> OutMessage:
        state = ActiveState(
            state="ON" if events else "OFF",
            count=len(events),
            since=min(events.values(), default=None),
        )
        return OutMessage(
            active_topic(*self._place, camera, action),
            state.model_dump_json(exclude_none=True).encode(),
            retain=True,
        )
