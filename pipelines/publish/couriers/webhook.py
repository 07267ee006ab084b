"""Posts each message to an address, signed, and again until it is taken."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import math
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.publish.couriers.config import WebhookConfig
from pipelines.publish.couriers.courier import Parcel, UnreachableError
from pipelines.publish.tls import explain_tls, tls_error

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

NOT_WANTED = (400, 409, 413, 415, 422)
"""Answers to this one message; sending it again would not help. All others may change."""

LATER = (408, 425, 429)

_PREFIX = "whsec_"


class WebhookCourier:
    """One connection, kept open. Raises ValueError for a key or a certificate that is no good."""

    def __init__(self, config: WebhookConfig) -> None:
        self.name = f"webhook {config.place}"
        self._url = config.url.get_secret_value()
        self._listener = config.host_and_port
        key = config.read_key()
        self._key = None if key is None else key_bytes(key)
        from urllib3 import PoolManager, Timeout, disable_warnings
        from urllib3.exceptions import InsecureRequestWarning

        if not config.tls_verify:
            disable_warnings(InsecureRequestWarning)  # one with each request; it was asked for
        # Its words of debugging and of bad answers hold the whole address.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        if config.ca_file is not None and not config.ca_file.is_file():
            raise ValueError(f"sinks.webhook.ca_file {config.ca_file}: no such file; wanted PEM")
        self._pool = PoolManager(
            timeout=Timeout(connect=config.timeout_s, read=config.timeout_s),
            retries=False,
            cert_reqs="CERT_REQUIRED" if config.tls_verify else "CERT_NONE",
            ca_certs=None if config.ca_file is None else str(config.ca_file),
        )

    def deliver(self, parcels: Sequence[Parcel]) -> Iterator[str | None]:
        """One after the other, so that they stay in order."""
        from urllib3.exceptions import HTTPError

        for parcel in parcels:
            try:
                answer = self._pool.request(
                    "POST",
                    self._url,
                    body=parcel.payload,
                    headers=self._headers(parcel),
                    redirect=False,
                )
            except HTTPError as error:
                raise UnreachableError(_explain(error)) from None
            yield _refusal(answer)

    def check(self) -> None:
        """Whether somebody listens there; nothing is posted."""
        try:
            socket.create_connection(self._listener, timeout=3).close()
        except OSError as error:
            raise UnreachableError(f"cannot be reached: {error}") from None

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        headers = {
            "Content-Type": parcel.content_type,
            "User-Agent": "edgeact",
            "Edgeact-Topic": parcel.topic,
            "webhook-id": parcel.id,
        }
        if self._key is not None:
            seconds = parcel.time_ms // 1000
            headers["webhook-timestamp"] = str(seconds)
            headers["webhook-signature"] = sign(
                self._key, parcel.payload, message_id=parcel.id, timestamp_s=seconds
            )
        return headers


def sign(key: bytes, payload: bytes, *, message_id: str, timestamp_s: int) -> str:
    """The value of ``webhook-signature``: version 1, HMAC-SHA256 over id, time and payload.

    Format: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/
    standard-webhooks.md.
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + payload
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def key_bytes(key: str) -> bytes:
    """A key as it is written down: ``whsec_`` and base64, or any text of 24 characters or more.

    Raises ValueError, without the key, for another one.
    """
    if key.startswith(_PREFIX):
        try:
            return base64.b64decode(key.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("the webhook's key: no base64 after whsec_") from None
    if len(key) < 24:
        raise ValueError(
            f"the webhook's key is too short ({len(key)} characters); wanted 24 or more: "
            "openssl rand -base64 32"
        )
    return key.encode()


def _refusal(answer: BaseHTTPResponse) -> str | None:
    """None where the message was taken, else why it is not wanted; raises UnreachableError."""
    status = answer.status
    if 200 <= status < 300:
        return None
    text = f"answers {status} {answer.reason or ''}".strip()
    if status in NOT_WANTED:
        return text
    if 300 <= status < 400:
        text += "; give the address that it points to"
    elif status in (401, 403):
        text += "; check the key on both sides"
    slow = status < 500 and status not in LATER
    raise UnreachableError(text, slow=slow, pause_s=_asked_s(answer))


def _asked_s(answer: BaseHTTPResponse) -> float:
    """Seconds of ``Retry-After``; one that is a date, or none of sense, is left out."""
    try:
        asked_s = float(answer.headers.get("Retry-After", 0))
    except ValueError:
        return 0.0
    return min(max(asked_s, 0.0), 3600.0) if math.isfinite(asked_s) else 0.0


def _explain(error: Exception) -> str:
    """Why nothing got there, in words that hold no address."""
    from urllib3.exceptions import NameResolutionError, NewConnectionError, TimeoutError

    if (broken := tls_error(error)) is not None:
        return explain_tls(broken)
    match error:
        case NameResolutionError():
            return "no address for this host name; check the name and the DNS"
        case NewConnectionError():
            reason = str(error).rpartition(": ")[2]
            return f"cannot be reached: {reason}; is it running, and is this its port?"
        case TimeoutError():
            return "did not answer in time; check the network"
        case _:
            return f"the connection broke ({type(error).__name__})"
