"""Ways out that are no MQTT broker, all through an outbox of their own: file, webhook, streams."""
