"""Keeps passwords out of everything that is printed, logged or drawn."""

import re

_USER = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s'\"]+@")


def redact(text: str) -> str:
    """``text`` with the user and password of every address in it replaced by ``***``."""
    return _USER.sub(r"\g<scheme>***@", text)
