"""Events to a file and to a webhook: each through an outbox, in order, none lost in silence."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.publish.couriers.config import SinksConfig
from pipelines.publish.couriers.sinks import courier_sinks
from pipelines.publish.couriers.webhook import key_bytes, sign
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import Counters
from tests.broker import PATIENCE_S, free_port, wait_until
from tests.certificates import Certificate
from tests.pipelines.publish.examples import END, START, context, numbered

QUICK = {"retry_min_s": 0.02, "retry_max_s": 0.05, "timeout_s": 5}
KEY = "whsec_plJ3nmyCDGBKInavdOK15jsl"


def publisher(**sinks: dict[str, Any]) -> Publisher:
    """As of a run with this section."""
    config = SinksConfig.model_validate({name: {**QUICK, **one} for name, one in sinks.items()})
    made = context()
    return Publisher(
        made, list(courier_sinks(config, base=made.base, node=made.node, boot_id=made.boot_id))
    )


def close(publisher: Publisher) -> Counters:
    (counters,) = publisher.close(PATIENCE_S).values()
    return counters


def plain(payload: bytes) -> bytes:
    """Without what delivery said of it."""
    loaded = json.loads(payload)
    loaded.get("data", {}).pop("delivery", None)
    return json.dumps(loaded, separators=(",", ":")).encode()


@dataclass
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """Something that takes webhooks. answers: to the first requests; then 204. own: for TLS."""

    answers: list[int] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    own: Certificate | None = None

    @property
    def url(self) -> str:
        scheme = "https" if self.own else "http"
        return f"{scheme}://127.0.0.1:{self.port}/hooks/sesame"

    def bodies(self) -> list[bytes]:
        return [one.body for one in self.posted]

    @contextmanager
    def running(self) -> Iterator[Service]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = service.answers.pop(0) if service.answers else 204
                if status == 204:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    service.posted.append(Posted(self.path, headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            server.daemon_threads = True
            if self.own:
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                tls.load_cert_chain(self.own.file, self.own.key)
                server.socket = tls.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


def test_a_webhook_gets_each_message_once_in_order_and_with_its_topic() -> None:
    with Service().running() as service:
        out = publisher(webhook={"url": service.url})
        payloads = [out.publish(event) for event in (START, END, *numbered(60))]
        assert close(out) == Counters(published=62, acknowledged=62)
    assert [plain(body) for body in service.bodies()] == payloads
    first = service.posted[0]
    assert first.path == "/hooks/sesame"
    assert first.headers["content-type"] == "application/cloudevents+json"
    assert first.headers["edgeact-topic"] == "edgeact/v1/gate-1/cam/lobby_east/event/sit_down"
    assert "webhook-signature" not in first.headers


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    payload = b'{"event_type":"ping","data":{"success":true}}'
    signature = sign(
        key_bytes(KEY), payload, message_id="msg_loFOjxBNrRLzqYUf", timestamp_s=1731705121
    )
    assert signature == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@pytest.mark.parametrize("way", ["variable", "file"])
def test_a_webhook_with_a_key_is_signed(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    if way == "variable":
        monkeypatch.setenv("EDGEACT_WEBHOOK_KEY", KEY)
    settings = {"key_file": tmp_path / "key"} if way == "file" else {}
    with Service().running() as service:
        out = publisher(webhook={"url": service.url, **settings})
        out.publish(START)
        close(out)
    (posted,) = service.posted
    said = posted.headers
    assert said["webhook-signature"] == sign(
        key_bytes(KEY),
        posted.body,
        message_id=said["webhook-id"],
        timestamp_s=int(said["webhook-timestamp"]),
    )


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404, 302])
def test_a_message_that_is_not_taken_is_posted_again_with_its_id(status: int) -> None:
    with Service(answers=[status, status]).running() as service:
        out = publisher(webhook={"url": service.url})
        payloads = [out.publish(event) for event in (START, END)]
        wait_until(lambda: len(service.posted) == 2, "both events")
        assert close(out) == Counters(published=2, acknowledged=2)
    assert [plain(body) for body in service.bodies()] == payloads
    assert len({one.headers["webhook-id"] for one in service.posted}) == 2


def test_a_message_that_is_not_wanted_is_announced_as_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Service(answers=[422]).running() as service:
        out = publisher(webhook={"url": service.url})
        payloads = [out.publish(event) for event in numbered(2)]
        wait_until(lambda: len(service.posted) == 2, "the gap")
        assert close(out) == Counters(published=2, acknowledged=1, dropped=1)
    gaps = [one for one in service.posted if one.headers["edgeact-topic"].endswith("/gap")]
    assert [json.loads(one.body)["reason"] for one in gaps] == ["refused"]
    assert payloads[1] in [plain(body) for body in service.bodies()]
    assert "refuses edgeact/v1/gate-1/cam/lobby_east/event/sit_down: answers 422" in caplog.text


def test_events_wait_on_disk_for_a_webhook_that_is_away_and_are_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Service()
    caplog.set_level(logging.DEBUG)
    away = publisher(webhook={"url": service.url})
    payloads = [away.publish(event) for event in (START, END)]
    wait_until(lambda: "cannot be reached" in caplog.text, "a warning")
    away.close(0.1)
    with service.running():
        later = publisher(webhook={"url": service.url})
        wait_until(lambda: len(service.posted) == 2, "the events")
        later.close(PATIENCE_S)
    assert [plain(body) for body in service.bodies()] == payloads
    warned = [one.getMessage() for one in caplog.records if "trying again" in one.getMessage()]
    assert len(warned) == 1
    assert f"webhook http://127.0.0.1:{service.port}: cannot be reached" in warned[0]
    assert "sesame" not in caplog.text


def test_a_file_is_appended_to_and_set_aside_when_it_is_full(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    payloads: list[bytes] = []
    for _ in range(2):
        out = publisher(file={"path": path, "max_mb": 0.02, "keep": 2})
        for track in range(10):
            payloads += [out.publish(replace(one, track_id=track)) for one in (START, END)]
        close(out)
    kept = [tmp_path / name for name in ("events.jsonl.2", "events.jsonl.1", "events.jsonl")]
    assert sorted(tmp_path.glob("events.jsonl*")) == sorted(kept)
    assert all(one.stat().st_size <= 0.02 * 1024 * 1024 for one in kept)
    lines = b"".join(one.read_bytes() for one in kept).splitlines()
    assert [plain(line) for line in lines] == payloads[-len(lines) :]


def test_a_file_whose_folder_comes_later_gets_all_events(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "later" / "events.jsonl"
    out = publisher(file={"path": path})
    payloads = [out.publish(event) for event in (START, END)]
    wait_until(lambda: "cannot be written: No such file or directory" in caplog.text, "a warning")
    path.parent.mkdir()
    assert close(out) == Counters(published=2, acknowledged=2)
    assert [plain(line) for line in path.read_bytes().splitlines()] == payloads


def test_two_ways_out_have_outboxes_of_their_own(tmp_path: Path) -> None:
    service = Service()
    out = publisher(file={"path": tmp_path / "events.jsonl"}, webhook={"url": service.url})
    out.publish(START)
    counters = out.close(0.2)
    assert counters[f"file {tmp_path / 'events.jsonl'}"].acknowledged == 1
    assert counters[f"webhook http://127.0.0.1:{service.port}"].acknowledged == 0
    names = sorted(path.name for path in (tmp_path / "state").glob("*.sqlite"))
    assert names == ["outbox-gate-1-+file.sqlite", "outbox-gate-1-+webhook.sqlite"]


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"webhook": {"url": "sesame.example/hook"}}, "not the address of a webhook"),
        ({"webhook": {"url": "ftp://h/sesame"}}, "not the address of a webhook"),
        ({"webhook": {"url": "https://h:sesame/x"}}, "not the address of a webhook"),
        ({"webhook": {"url": "https://edge:sesame@h/x"}}, "a user has no place in it"),
        ({"webhook": {"url": "https://h/x", "retry_min_s": 9, "retry_max_s": 3}}, "retry_max_s"),
        ({"webhok": {}}, "webhok"),
        ({"file": {}}, "path"),
    ],
)
def test_a_wrong_section_is_refused_without_a_secret(
    section: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as refusal:
        SinksConfig.model_validate(section)
    assert "sesame" not in str(refusal.value)


@pytest.mark.parametrize("key", ["sesame", "whsec_sesame!"])
def test_a_key_that_is_none_is_refused_without_showing_it(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_WEBHOOK_KEY", key)
    with pytest.raises(ValueError, match="the webhook's key") as refusal:
        publisher(webhook={"url": "http://127.0.0.1/"})
    assert key not in str(refusal.value)
