"""JSON Schema 2020-12 of every message, made from the classes that make the messages."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
    models_json_schema,
)
from pydantic_core import core_schema

from pipelines.publish.channels import CHANNELS, Channel

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class WireSchema(GenerateJsonSchema):
    """As messages are on the wire: what is not known is left out, never null; no titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """A field that may be left out has the type that it has when it is there."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Defaults are ours; subscribers see what is sent."""
        return self.generate_inner(schema["schema"])

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        """Required is whatever is always there: all but what may be None, or empty."""
        inner = field["schema"]
        if inner["type"] != "default":
            return True
        return "default_factory" not in inner and inner.get("default") is not None

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Names say it."""
        return False


class RequestSchema(WireSchema):
    """As requests are read: what has a default may be left out, and nothing unknown may be in."""

    field_is_required = GenerateJsonSchema.field_is_required


def _generator(channel: Channel) -> type[WireSchema]:
    return WireSchema if channel.sent else RequestSchema


@cache
def schema_of(channel: Channel) -> dict[str, Any]:
    """The schema of a channel's payload, a document of its own.

    Raises ValueError for a channel whose payload is not our JSON.
    """
    if channel.model is None:
        raise ValueError(f"{channel.name}: its payload is {channel.content_type} without a schema")
    body = channel.model.model_json_schema(schema_generator=_generator(channel))
    return {"$schema": DIALECT, "$id": channel.schema_id, **body}


def component_schemas() -> dict[str, Any]:
    """All classes of all messages by name, referring to each other inside an AsyncAPI document."""
    schemas: dict[str, Any] = {}
    for generator in (WireSchema, RequestSchema):
        models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
            (channel.model, "validation")
            for channel in CHANNELS
            if channel.model is not None and _generator(channel) is generator
        ]
        _, found = models_json_schema(
            models, schema_generator=generator, ref_template="#/components/schemas/{model}"
        )
        schemas.update(found["$defs"])
    return schemas
