"""The AsyncAPI 3 document: topics, payloads, QoS, retain, last will and expiry in one file.

Format: https://www.asyncapi.com/docs/reference/specification/v3.0.0, with the MQTT bindings 0.2.0.
"""

from __future__ import annotations

from typing import Any

from pipelines.publish.channels import CHANNELS, SESSION_EXPIRY_S, WORDS, Channel
from pipelines.publish.schemas import component_schemas

BINDINGS = "0.2.0"
_LEVELS = {
    "base": "the first levels of every topic, edgeact unless configured",
    "node": "the machine",
    "camera": "the camera, as a slug",
    "action": "the action, as a slug",
    "verb": "what is wanted",
    "prefix": "where Home Assistant looks for devices, homeassistant unless configured",
}


def asyncapi_document() -> dict[str, Any]:
    """The whole document, ready to be written as YAML."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "edgeact",
            "version": "1.0.0",
            "description": "Action events of people before cameras. States are retained, events "
            "never are. Readers ignore fields that they do not know; what is taken away gets new "
            "topics under v2.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {_operation_name(channel): _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {channel.name: _message(channel) for channel in CHANNELS},
            "schemas": component_schemas(),
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "broker.local:1883",
        "protocol": "mqtt",
        "protocolVersion": "5.0",
        "description": "Any MQTT 5 or 3.1.1 broker; expiry and content type need MQTT 5.",
        "bindings": {
            "mqtt": {
                "clientId": "edgeact-{node}",
                "cleanSession": False,
                "sessionExpiryInterval": SESSION_EXPIRY_S,
                "keepAlive": 30,
                "lastWill": {
                    "topic": "{base}/v1/{node}/availability",
                    "qos": 1,
                    "message": "offline",
                    "retain": True,
                },
                "bindingVersion": BINDINGS,
            }
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "address": channel.address,
        "summary": channel.summary,
        "parameters": {name: {"description": _LEVELS[name]} for name in channel.parameters},
        "messages": {channel.name: {"$ref": f"#/components/messages/{channel.name}"}},
    }


def _operation_name(channel: Channel) -> str:
    return f"{'send' if channel.sent else 'receive'}-{channel.name}"


def _operation(channel: Channel) -> dict[str, Any]:
    binding: dict[str, Any] = {"qos": channel.qos}
    binding["retain"] = channel.retain
    if channel.expiry_s is not None:
        binding["messageExpiryInterval"] = channel.expiry_s
    return {
        "action": "send" if channel.sent else "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{channel.name}"}],
        "bindings": {"mqtt": {**binding, "bindingVersion": BINDINGS}},
    }


def _message(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "summary": channel.summary,
        "contentType": channel.content_type,
        "payload": _payload(channel),
    }


def _payload(channel: Channel) -> dict[str, Any]:
    if channel.model is not None:
        return {"$ref": f"#/components/schemas/{channel.model.__name__}"}
    match channel.content_type:
        case "text/plain":
            return {"type": "string", "enum": list(WORDS)}
        case "image/jpeg":
            return {"type": "string", "format": "binary"}
        case _:
            return {"type": "object"}
