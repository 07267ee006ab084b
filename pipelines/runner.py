"""Runs a site: builds the pipeline, follows its bus, keeps cameras apart, ends cleanly."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.protocol import Engine
from pipelines.assembly import Assembly, Hooks
from pipelines.config import Config
from pipelines.publish.states import Health
from pipelines.source_state import SourceState
from plugins.errors import GraphError
from plugins.gst import GLib, Gst
from plugins.redact import redact
from recognition.events import ActionEvent
from recognition.hysteresis import EndReason

START_ATTEMPTS = 3
"""A live source that never showed a picture is given up after these, unless another one runs."""

_STALL_S = 60.0  # files bring frames at once; none for so long means that something hangs
_CLOSE_S = 1.5  # to finish the MP4 and the last events after Ctrl-C


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a run's results go.

    tell: takes a line for people. progress: called twice a second. fares: takes a source's index,
    how it fares from now on, and why in a word or two; on any thread.
    """

    emit: Callable[[Sequence[ActionEvent]], None]
    tell: Callable[[str], None]
    progress: Callable[[Runner], None] | None = None
    fares: Callable[[int, Health, str], None] = lambda _index, _health, _why: None


class Runner:
    """One run of one configuration.

    Raises on construction:
        EngineError: a model is missing or cannot be used.
        GraphError: an element or a plugin is missing.
    """

    def __init__(
        self,
        config: Config,
        fusion: Engine,
        output: Output,
        *,
        video: Path | None = None,
        paced: bool = False,
        hooks: Hooks | None = None,
    ) -> None:
        self.config = config
        self._output = output
        self.states = [
            SourceState(source.name, None if source.is_file else source.reconnect_s)
            for source in config.sources
        ]
        self.assembly = Assembly(config, fusion, output.emit, video=video, paced=paced, hooks=hooks)
        self._loop = GLib.MainLoop()
        self._failure: Exception | None = None
        self._interrupted = False
        self._seen_batches = 0
        self._seen_at = time.monotonic()
        self._started_at = self._seen_at
        self._ended_at: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds that the run has taken so far, or took."""
        return (self._ended_at or time.monotonic()) - self._started_at

    def run(self) -> None:
        """Run until every source has ended or ``interrupt`` is called.

        Raises:
            GraphError: the graph failed as a whole. A source that fails only ends itself; its
                state says why.
        """
        pipeline = self.assembly.pipeline
        bus = pipeline.get_bus()
        bus.add_signal_watch()
        heard = [bus.connect("message", self._on_message)]
        # The mux posts this on its own thread before it pushes the next batch, so the count of
        # batches tells exactly which one was the source's last.
        bus.enable_sync_message_emission()
        heard.append(bus.connect("sync-message::element", self._on_sync_message))
        ticker = GLib.timeout_add(500, self._tick)
        self._started_at = self._seen_at = time.monotonic()
        self.assembly.worker.start()
        try:
            if pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
                self._fail_from_bus(bus)
            else:
                self._loop.run()
        finally:
            GLib.source_remove(ticker)
            self._ended_at = time.monotonic()
            self._close(bus)
            for handler in heard:  # or the bus keeps the run, and the run its pipeline, for ever
                bus.disconnect(handler)
        if self._failure:
            raise self._failure

    def interrupt(self) -> None:
        """End the run: close events, finish the video file. Call it on the main thread."""
        if self._interrupted:
            return
        self._interrupted = True
        self.assembly.worker.stop("shutdown", timeout_s=_CLOSE_S)
        for index in range(len(self.states)):
            self.assembly.end_input(index)
        GLib.timeout_add(int(_CLOSE_S * 1000), self._quit)

    def _quit(self) -> bool:
        self._loop.quit()
        return False

    def _close(self, bus: Gst.Bus) -> None:
        reason: EndReason = "shutdown" if self._interrupted or self._failure else "stream_ended"
        self.assembly.worker.stop(reason, timeout_s=30.0 if reason == "stream_ended" else _CLOSE_S)
        self.assembly.close()
        bus.disable_sync_message_emission()
        bus.remove_signal_watch()
        self._failure = self._failure or self._worker_failure()

    def _worker_failure(self) -> Exception | None:
        return self.assembly.worker.failure

    def _on_message(self, _bus: Gst.Bus, message: Gst.Message) -> None:
        match message.type:
            case Gst.MessageType.EOS:
                self._loop.quit()
            case Gst.MessageType.ERROR:
                error, _debug = message.parse_error()
                self._on_error(message.src, error.message)
            case Gst.MessageType.WARNING:
                error, _debug = message.parse_warning()
                self._on_warning(message.src, error.message)

    def _on_sync_message(self, _bus: Gst.Bus, message: Gst.Message) -> None:
        index = _ended_stream(message)
        if index is not None:
            state = self.states[index]
            state.over = True
            why = "stopped" if self._interrupted else "stream ended"
            self._output.fares(index, "offline", "failed" if state.problem else why)
            self.assembly.source_over(index, "camera_offline" if state.problem else "stream_ended")

    def _on_error(self, origin: Any, text: str) -> None:
        index = self.assembly.source_of(origin)
        if index is None:
            name = origin.get_name()
            self._failure = GraphError(f"{name}: {redact(text.removeprefix(f'{name}: '))}")
            self._loop.quit()
        elif not self.states[index].over:
            self._give_up(index, text)

    def _on_warning(self, origin: Any, text: str) -> None:
        index = self.assembly.source_of(origin)
        if index is None:
            self._output.tell(f"{origin.get_name()}: {redact(text)}")
            return
        state = self.states[index]
        if state.over:
            return
        self._look(index)
        text = redact(text.removeprefix(f"{self.config.sources[index].gst_uri}: "))
        if state.warn(text):
            self._output.tell(f"{self._named(index)}: {text}")
            if not state.dark:
                self._output.fares(index, "degraded", "no pictures")
        waiting = [i for i, other in enumerate(self.states) if not other.over]
        if all(
            self.assembly.count_of(i).frames == 0 and self.states[i].attempts >= START_ATTEMPTS
            for i in waiting
        ):
            for i in waiting:
                self._give_up(i, f"no picture after {self.states[i].attempts} attempts")

    def _give_up(self, index: int, text: str) -> None:
        """End one source and let the others go on."""
        state, source = self.states[index], self.config.sources[index]
        state.problem = redact(text.removeprefix(f"{source.gst_uri}: ")).strip().rstrip(".")
        advice = f"wanted a video that GStreamer can play; try another: --source {source.name}=URI"
        self._output.tell(f"{self._named(index)}: {state.problem}; {advice}")
        # In this order: a source that stops flushes what it fed, and an end before that is lost.
        self.assembly.drop_source(index)
        self.assembly.end_input(index)

    def _named(self, index: int) -> str:
        source = self.config.sources[index]
        return f"camera '{source.name}' ({redact(source.uri)})"

    def _fail_from_bus(self, bus: Gst.Bus) -> None:
        """Say why the pipeline did not start: the reason waits on the bus."""
        message = bus.pop_filtered(Gst.MessageType.ERROR)
        text = message.parse_error()[0].message if message else "no reason given"
        self._failure = GraphError(f"the graph does not start: {redact(text)}")

    def _look(self, index: int) -> None:
        """Notice a camera that goes dark: its events end, although no picture says so."""
        state = self.states[index]
        match state.look(self.assembly.count_of(index).frames, time.monotonic()):
            case "dark":
                text = f"no picture for {state.dark_after_s:g} s; its events have ended"
                self._output.tell(f"{self._named(index)}: {text}")
                self.assembly.source_dark(index)
                self._output.fares(index, "offline", "no pictures")
            case "back":
                self._output.tell(f"{self._named(index)}: pictures come")
                self._output.fares(index, "online", "")

    def _tick(self) -> bool:
        failure = self._worker_failure()
        batches = self.assembly.probe.batches
        now = time.monotonic()
        if batches != self._seen_batches:
            self._seen_batches, self._seen_at = batches, now
        if failure is not None:
            self._failure = failure
            self._loop.quit()
        elif not self.config.is_live and now - self._seen_at > _STALL_S:
            text = f"no frame came for {_STALL_S:.0f} s; the graph hangs"
            self._failure = GraphError(text, fixable=False)
            self._loop.quit()
        for index in range(len(self.states)):
            self._look(index)
        if self._output.progress:
            self._output.progress(self)
        return True


def _ended_stream(message: Gst.Message) -> int | None:
    """The source that a ``stream-eos`` message of the mux tells of."""
    structure = message.get_structure()
    if structure is None or structure.get_name() != "stream-eos":
        return None
    found, index = structure.get_uint("stream-id")
    return int(index) if found else None
