"""Whether an exchange with the bank keeps its contract: each answer, and each request that the bank took for good."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker

import sandbox

CONTRACT = yaml.safe_load((Path(sandbox.__file__).parent / "openapi.yaml").read_text())
PROBLEM = {"$ref": "#/components/schemas/Problem"}

_FORMATS = FormatChecker(["date"])


@_FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def check(answer: httpx.Response) -> None:
    """Raises jsonschema's ValidationError. What an answer may hold is what the contract lists, and nothing besides; a
    status that it does not list comes with a Problem."""
    described = _operation(answer.request.method, answer.request.url.path)
    if described is None:
        return
    answer.read()
    listed = described["responses"].get(str(answer.status_code))
    _validate(answer.json(), _of_content(listed) if listed else PROBLEM, closed=True)
    if answer.status_code in (200, 201, 402):
        _check_taken(answer.request, described)


def _check_taken(request: httpx.Request, described: dict[str, Any]) -> None:
    for parameter in described.get("parameters", ()):
        if parameter.get("$ref") == "#/components/parameters/IdempotencyKey":
            key = CONTRACT["components"]["parameters"]["IdempotencyKey"]
            _validate(request.headers.get(key["name"]), key["schema"])
    if "requestBody" in described:
        _validate(json.loads(request.content), _of_content(described["requestBody"]))


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for written, methods in CONTRACT["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", written), path):
            described: dict[str, Any] | None = methods.get(method.lower())
            return described
    return None


def _of_content(described: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = described["content"]["application/json"]["schema"]
    return schema


def _validate(value: Any, schema: dict[str, Any], *, closed: bool = False) -> None:
    whole = schema | {"components": CONTRACT["components"]}
    Draft202012Validator(_closed(whole) if closed else whole, format_checker=_FORMATS).validate(value)


def _closed(schema: Any) -> Any:
    """The same schema, whose objects have no property that it does not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(value) for name, value in schema.items()}
    return inner | {"additionalProperties": False} if "properties" in schema else inner
