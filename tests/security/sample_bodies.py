"""Bodies that a route accepts, made from its own description; what names an object names one of the matrix world."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.security.route_walk import Declared

_FORMATS = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "date": "2026-02-03",
    "date-time": "2026-02-03T02:00:00Z",
    "password": "a long enough phrase",
    "email": "sample@example.com",
    "binary": "",
}
FIELDS: dict[str, Any] = {
    "login": "new-person",
    "comment": "matrix",
    "reason": "matrix",
    "year": "2025",
    "period": "2026-H1",
    "idempotency_key": "matrix-0001",
}
"""Values for fields whose description does not say enough."""


def sample(schema: Mapping[str, Any], description: Mapping[str, Any], named: Mapping[str, str], name: str = "") -> Any:
    """The smallest value that fits a JSON schema; `named` gives the ids of objects by field name."""
    if name in named and schema.get("type") != "array":
        return named[name]
    if "$ref" in schema:
        return sample(description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], description, named, name)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], description, named, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const") or schema["enum"][0]
    return _by_type(schema, description, named, name)


def _by_type(schema: Mapping[str, Any], description: Mapping[str, Any], named: Mapping[str, str], name: str) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        required = schema.get("required", ())
        return {key: sample(schema["properties"][key], description, named, key) for key in required}
    if kind == "array":
        count = max(1, schema.get("minItems", 0))
        return [sample(schema.get("items", {}), description, named, name) for _ in range(count)]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    return FIELDS.get(name) or _FORMATS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


def json_schema(route: Declared, description: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Schema of the JSON body of an API route, or None when it has none (or takes files)."""
    operation = description["paths"].get(route.path, {}).get(route.method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    found: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def form_fields(route: Declared, named: Mapping[str, str]) -> dict[str, str]:
    """Values for the form of a page route: what must be there, and every field that names an object."""
    fields: dict[str, str] = {}
    for field in route.body:
        if field.name in named:
            fields[field.name] = named[field.name]
        elif field.field_info.is_required():
            fields[field.name] = str(FIELDS.get(field.name, "x"))
    return fields


def is_uuid(value: str) -> bool:
    """Whether the value is an id."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True
