"""Certificates of the loopback for tests of TLS, made anew for each."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the openssl program to make certificates"
)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, PEM. It signs itself, so it is its own authority."""

    file: Path
    key: Path


def certificate(folder: Path, *, host: str = "IP:127.0.0.1", days: int = 2) -> Certificate:
    """For a host as ``subjectAltName`` writes it; negative days: it has run out."""
    made = Certificate(folder / f"certificate-{host[3:]}.pem", folder / f"key-{host[3:]}.pem")
    request = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        f"-days {days} -subj /CN=edgeact -addext subjectAltName={host}"
    )
    subprocess.run(
        [*request.split(), "-keyout", str(made.key), "-out", str(made.file)],
        check=True,
        capture_output=True,
    )
    return made
