"""Twins of nvmsgconv and nvmsgbroker: event messages of an application as JSON over MQTT."""
