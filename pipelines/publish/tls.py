"""Why a TLS connection could not be trusted, in words of the user: the same for every way out."""

from __future__ import annotations

import ssl

_OTHER_NAME = (62, 64)
"""OpenSSL's codes of a certificate for another host name, and for another IP address."""


def tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The failure of TLS that a library's own error stands for, if any."""
    while error is not None:
        reason = next((one for one in error.args if isinstance(one, ssl.SSLError)), error)
        if isinstance(reason, ssl.SSLError):
            return reason
        error = error.__cause__ or error.__context__
    return None


def explain_tls(error: ssl.SSLError) -> str:
    """What is wrong with the certificate, or with TLS itself, and what to do."""
    match error:
        case ssl.SSLCertVerificationError(verify_code=code) if code in _OTHER_NAME:
            return (
                f"its certificate is for another name: {error.verify_message}; "
                "give the host as the certificate names it"
            )
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted: {error.verify_message}; "
                "set ca_file to the certificate of its authority"
            )
        case _:
            return f"no TLS: {error.reason or error}; is this its TLS port?"
