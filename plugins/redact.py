"""Keeps passwords out of everything that is printed, logged or drawn."""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType

_ADDRESS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?P<rest>[^/\s\"][^\s\"]*)")
_KEY = re.compile(r"(?P<name>(pass|pwd|token|secret|key|auth)\w*=)[^&;/\s'\"]*", re.IGNORECASE)


def redact(text: str) -> str:
    """``text`` with ``***`` for whatever may be a secret in an address in it.

    That is the user and the password before the last ``@``, even where ``/`` or ``@`` were not
    written as ``%2F`` and ``%40``, and the value of keys such as ``password=``, which many cameras
    want behind the host. Rather too much is hidden than too little.
    """
    return _ADDRESS.sub(_without_secrets, text)


def _without_secrets(address: re.Match[str]) -> str:
    _, at, place = address["rest"].rpartition("@")
    return address["scheme"] + at.replace("@", "***@") + _KEY.sub(r"\g<name>***", place)


class RedactedFormatter(logging.Formatter):
    """Formats a line of the log, its traceback included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """As any formatter does, then redacted."""
        return redact(super().format(record))


def redact_tracebacks() -> None:
    """From now on a fault of ours that ends the program or a thread is told without secrets."""

    def tell(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = tell
    threading.excepthook = lambda args: tell(args.exc_type, args.exc_value, args.exc_traceback)
