"""A paho client for a broker of the configuration, and its failures in words of the user."""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING

from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.tls import explain_tls

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

NOT_LET_IN = ("Bad user name or password", "Not authorized")
TAKEN_OVER = "Session taken over"

_ABOUT_US = re.compile(r"ALERT_((?:\w+_)?(?:CERTIFICATE|UNKNOWN_CA)\w*)")
"""What OpenSSL says where the other side does not want our certificate, or misses it."""


def open_client(config: MqttConfig, client_id: str) -> Client:
    """A client that is not connected yet, with credentials and TLS set.

    Raises ValueError for a password file or a TLS file that cannot be used.
    """
    from paho.mqtt.client import Client, MQTTv5, MQTTv311
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=MQTTv5 if config.protocol == "5" else MQTTv311,
        transport=config.transport,
        reconnect_on_failure=False,
    )
    if config.transport == "websockets":
        client.ws_set_options(path=config.websocket_path)
    client.connect_timeout = config.connect_timeout_s
    if config.user is not None:
        client.username_pw_set(config.user, config.read_password())
    if config.tls:
        client.tls_set_context(_tls_context(config))
        client.tls_insecure_set(not config.tls_verify)
    return client


def explain_error(error: Exception, config: MqttConfig) -> str:
    """Why a broker could not be reached, and what to do."""
    broker = f"broker {config.broker}"
    match error:
        case ConnectionRefusedError():
            return f"{broker} refused the connection; is it running, and is this its port?"
        case socket.gaierror():
            return f"{broker}: no address for this host name; check the name and the DNS"
        case TimeoutError():
            return (
                f"{broker} did not answer within {config.connect_timeout_s:g} s; check the network"
            )
        case ssl.SSLError() if alert := _ABOUT_US.search(str(error)):
            return f"{broker}: {_explain_alert(alert[1], config)}"
        case ssl.SSLError():
            return f"{broker}: {explain_tls(error)}"
        case OSError():
            path = config.websocket_path if config.transport == "websockets" else ""
            advice = f"; is {path} its path for websockets?" if path else ""
            return f"{broker} cannot be reached: {error.strerror or error}{advice}"
        case _:
            return f"{broker} does not speak MQTT: {error}; is this its port?"


def explain_refusal(reason: ReasonCode, config: MqttConfig) -> str:
    """Why a broker that answers does not let us in, and what to do."""
    broker, name = f"broker {config.broker}", reason.getName()
    if name in NOT_LET_IN and config.user is None:
        return (
            f"{broker} wants a user and a password ({name.lower()}); give the user in the URL or "
            f"as mqtt.user, and the password in the variable {config.password_env} or a file"
        )
    if name in NOT_LET_IN:
        source = config.password_file or f"the variable {config.password_env}"
        return (
            f"{broker} does not let user '{config.user}' in ({name.lower()}); check the user "
            f"and the password (from {'the URL or mqtt.password' if config.password else source})"
        )
    if name == "Unsupported protocol version":
        return f"{broker} does not speak MQTT {config.protocol}; set protocol: 3.1.1"
    if name == TAKEN_OVER:
        return (
            f"{broker}: another program took over our client id; "
            "give each program a node name of its own"
        )
    return f"{broker} closed the connection: {name.lower()}"


def explain_silence(config: MqttConfig, said: str = "") -> str:
    """A connection that was made, and closed or left without an MQTT answer.

    said: what paho wrote of it: with TLS 1.3 a broker refuses our certificate only then.
    """
    if alert := _ABOUT_US.search(said):
        return f"broker {config.broker}: {_explain_alert(alert[1], config)}"
    return (
        f"broker {config.broker} took the connection but did not greet in MQTT {config.protocol}; "
        "is this its port, does it want TLS (mqtts://), or an older version (protocol: 3.1.1)?"
    )


def _explain_alert(alert: str, config: MqttConfig) -> str:
    """Why a broker does not want to speak TLS with us."""
    reason = alert.lower().replace("_", " ")
    if config.cert_file is None:
        return f"it wants a certificate of ours: {reason}; set cert_file and key_file"
    return (
        f"it does not take our certificate {config.cert_file}: {reason}; "
        "give one that its authority has signed"
    )


def _tls_context(config: MqttConfig) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if config.ca_file is not None:
            context.load_verify_locations(config.ca_file)
        if config.cert_file is not None:
            context.load_cert_chain(config.cert_file, config.key_file)
    except OSError as error:
        named = [path for path in (config.ca_file, config.cert_file, config.key_file) if path]
        raise ValueError(
            f"mqtt: TLS files {', '.join(map(str, named))}: {error.strerror or error}; "
            "wanted PEM files that can be read"
        ) from None
    if not config.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
