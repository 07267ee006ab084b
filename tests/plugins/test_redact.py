"""Addresses as they may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.redact import redact


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.0.0.7/main", "rtsp://10.0.0.7/main"),
        ("file:///data/a@b/clip.mp4", "file:///data/a@b/clip.mp4"),
        ("rtsp://viewer:zebra@10.0.0.7/main", "rtsp://***@10.0.0.7/main"),
        ("rtsp://viewer:ze/br@a@10.0.0.7/main", "rtsp://***@10.0.0.7/main"),
        (
            "rtsp://h:554/user=a&password=zebra&channel=1",
            "rtsp://h:554/user=a&password=***&channel=1",
        ),
        ("http://h/video?pwd=zebra", "http://h/video?pwd=***"),
        ("http://h/video?access_token=zebra;x", "http://h/video?access_token=***;x"),
        (
            "camera 'a' (rtsp://u:zebra@h/main): Could not open rtsp://u:zebra@h/main.",
            "camera 'a' (rtsp://***@h/main): Could not open rtsp://***@h/main.",
        ),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert redact(address) == shown


@settings(deadline=None)
@given(st.text(alphabet="abc:/@#?%&='", min_size=1, max_size=12))
def test_no_password_survives_whatever_it_is_made_of(password: str) -> None:
    assert redact(f"rtsp://viewer:{password}!@h/main") == "rtsp://***@h/main"
