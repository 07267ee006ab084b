"""``python -m export.fetch``: finding, checking and preparing model files."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engines.errors import EngineError
from engines.registry import ModelEntry, load_registry, prepared, read_manifest
from export.fetch import download, find_raw, main, prepare
from tests.assets import ASSETS, needs_assets

CONTENT = b"weights" * 1000


def entry(**changes: object) -> ModelEntry:
    values: dict[str, object] = {
        "task": "t",
        "file": "net.onnx",
        "source": "a conversion of something",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "bytes": len(CONTENT),
        "licence": "Apache-2.0",
        "layout": "x -> y",
    }
    return ModelEntry.model_validate(values | changes)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/plain":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/net")  # type: ignore[attr-defined]
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    files = f"-keyout {key} -out {certificate} -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *options.split(), *files.split()], check=True, capture_output=True)
    web = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    web.socket = context.wrap_socket(web.socket, server_side=True)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield f"https://127.0.0.1:{web.server_port}"
    web.shutdown()
    thread.join()
    web.server_close()


def test_a_download_arrives_checked_and_complete(server: str, tmp_path: Path) -> None:
    path = download("net", entry(url=f"{server}/net"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"bytes": 10}])
def test_other_bytes_than_the_pinned_ones_are_not_kept(
    server: str, tmp_path: Path, changes: dict[str, object]
) -> None:
    pinned = entry(url=f"{server}/net", **{"sha256": "0" * 64, **changes})
    with pytest.raises(EngineError, match=r"wanted 0{64}\. Nothing was kept"):
        download("net", pinned, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_to_plain_http_is_not_followed(server: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="only https is followed"):
        download("net", entry(url=f"{server}/plain"), tmp_path)


def test_plain_http_addresses_are_not_accepted_into_the_registry() -> None:
    with pytest.raises(ValueError, match="url"):
        entry(url="http://example.org/net.onnx")


def test_an_unreachable_server_says_what_else_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"cannot download https://.*EDGEACT_MODEL_DIR"):
        download("net", entry(url="https://127.0.0.1:9/net"), tmp_path)


def test_a_file_without_address_says_what_it_was_made_from(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"net\.onnx is in none of .*a conversion of something"):
        download("net", entry(), tmp_path)


def test_a_file_with_the_right_name_and_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"other")
    with pytest.raises(EngineError, match="Remove or replace it"):
        find_raw("net", entry(), [tmp_path])


def test_a_file_that_is_no_model_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_MODEL_DIR", str(tmp_path))
    (tmp_path / "net.onnx").write_bytes(CONTENT)
    with pytest.raises(EngineError) as caught:
        prepare("net", entry(), tmp_path / "store")
    assert str(caught.value).startswith(f"net: {tmp_path / 'net.onnx'}: not an ONNX model")
    assert "\n" not in str(caught.value)


def test_an_unknown_name_ends_with_code_2_and_the_known_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["no_such_model"])
    assert caught.value.code == 2
    assert "wanted one of yolox_nano" in capsys.readouterr().err


def test_one_model_that_fails_does_not_keep_the_others_from_being_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EDGEACT_MODEL_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code = main(["movenet_lightning", "yamnet", "--store", str(tmp_path / "store")])
    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert [line.split(":")[0] for line in lines] == ["movenet_lightning", "yamnet"]


@pytest.mark.assets
@needs_assets
def test_a_model_is_prepared_once_and_again_only_when_its_file_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_MODEL_DIR", str(ASSETS / "models"))
    model = load_registry()["yamnet"]
    path = tmp_path / "yamnet.onnx"
    assert prepare("yamnet", model, tmp_path)
    assert not prepare("yamnet", model, tmp_path)
    assert prepared(path) == path

    path.write_bytes(b"changed")
    assert prepare("yamnet", model, tmp_path)
    assert prepared(path) == path
    assert read_manifest(tmp_path)["yamnet"].raw_sha256 == model.sha256
