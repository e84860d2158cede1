"""Every route of the application with the guard it declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount

from api.security.guard import Guard, PublicGuard
from api.security.public_forms import PublicFormGuard

AnyGuard = Guard | PublicGuard | PublicFormGuard
ENDLESS = frozenset({"/api/v1/events"})
"""A stream of the caller's own numbers never ends: a walk that reads whole answers would wait for ever."""


@dataclass(frozen=True)
class Declared:
    """One method of one route."""

    method: str
    path: str
    guards: tuple[AnyGuard, ...]
    parameters: tuple[str, ...]
    body: tuple[Any, ...]

    @property
    def guard(self) -> Guard | None:
        """The guard that asks for an action; None for a public route."""
        return next((guard for guard in self.guards if isinstance(guard, Guard)), None)

    @property
    def is_api(self) -> bool:
        """Whether it answers with JSON."""
        return self.path.startswith("/api/")

    @property
    def is_safe(self) -> bool:
        """Whether the method must not change anything."""
        return self.method == "GET"

    @property
    def is_endless(self) -> bool:
        """Whether whoever may open it gets an answer without an end."""
        return self.path in ENDLESS

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def declared_routes(app: FastAPI) -> Iterator[Declared]:
    """Every route; a mount (static files) holds none of ours. Raises TypeError for a kind nobody guards."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            continue
        if not isinstance(route, APIRoute):
            raise TypeError(f"{context.path} is a {type(route).__name__}: only APIRoute can be guarded")
        dependant: Dependant = context.dependant
        calls = list(_calls(dependant))
        # The same guard asked for twice is one: it runs once a request.
        guards = tuple(dict.fromkeys(call for call in calls if isinstance(call, Guard | PublicGuard | PublicFormGuard)))
        parameters = tuple(field.name for field in _path_fields(dependant))
        for method in sorted(context.methods or ()):
            yield Declared(method, context.path or "", guards, parameters, tuple(dependant.body_params))


def _calls(dependant: Dependant) -> Iterator[Any]:
    for child in dependant.dependencies:
        yield child.call
        yield from _calls(child)


def _path_fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.path_params
    for child in dependant.dependencies:
        yield from _path_fields(child)
