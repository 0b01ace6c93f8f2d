"""Judges events of runs by OpenLineage's own client: reads a JSON array of events from stdin, prints what does not fit.

The client's classes are generated from the specification. What they say is held strictly: each member must be known, of its type, and
there where it is required; a facet must have the name, the place and the version that its class has.
"""

import enum
import importlib
import json
import pkgutil
import sys
import types
import typing
import uuid
from datetime import datetime
from urllib.parse import urlsplit

import attr
from openlineage.client import generated
from openlineage.client.generated import base
from openlineage.client.naming import dataset as naming

# The names that the specification gives to facets, which are no part of the classes.
FACETS = {
    "jobType": "JobTypeJobFacet",
    "processing_engine": "ProcessingEngineRunFacet",
    "errorMessage": "ErrorMessageRunFacet",
    "schema": "SchemaDatasetFacet",
    "columnLineage": "ColumnLineageDatasetFacet",
    "inputStatistics": "InputStatisticsInputDatasetFacet",
    "outputStatistics": "OutputStatisticsOutputDatasetFacet",
}
SUBTYPES = {
    "DIRECT": {"IDENTITY", "TRANSFORMATION", "AGGREGATION"},
    "INDIRECT": {"JOIN", "GROUP_BY", "FILTER", "SORT", "WINDOW", "CONDITIONAL"},
}
CLASSES = {}
for found in pkgutil.iter_modules(generated.__path__):
    module = importlib.import_module(f"{generated.__name__}.{found.name}")
    CLASSES.update({name: of for name, of in vars(module).items() if isinstance(of, type) and attr.has(of)})


def wrong(place, what):
    print(f"{place}: {what}"[:300])


def is_uri(text):
    parts = urlsplit(text)
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def fits(place, value, kind):
    """Is a value of a type, all the way down?"""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return
    if origin in (typing.Union, types.UnionType):
        if value is not None or type(None) not in inner:
            fits(place, value, next(one for one in inner if one is not type(None)))
    elif origin is list:
        if not isinstance(value, list):
            return wrong(place, f"is no list: {value}")
        for at, one in enumerate(value):
            fits(f"{place}[{at}]", one, inner[0])
    elif origin is dict:
        if not isinstance(value, dict):
            return wrong(place, f"is no object: {value}")
        for name, one in value.items():
            of = inner[1]
            known = facet(f"{place}.{name}", name, one, of) if issubclass(of, base.BaseFacet) else of
            if known:
                fits(f"{place}.{name}", one, known)
            elif not is_uri(str(one.get("_producer"))):
                wrong(place, f"{name} says of no one that he made it")
    elif attr.has(kind):
        members(place, value, kind)
    elif issubclass(kind, enum.Enum):
        if value not in [one.value for one in kind]:
            wrong(place, f"is none of {[one.value for one in kind]}: {value}")
    elif not isinstance(value, kind) or kind is int and isinstance(value, bool):
        wrong(place, f"is no {kind.__name__}: {value}")


def facet(place, name, value, of):
    """The class of a facet: its own, or for one of our own what all have."""
    if name not in FACETS:
        if not str(value.get("_schemaURL", "")).startswith("urn:rehome:") or not name.startswith("rehome_"):
            wrong(place, "is no facet of the specification, and does not say that it is ours")
        return None
    known = CLASSES[FACETS[name]]
    if not issubclass(known, of):
        wrong(place, f"does not belong there: it is no {of.__name__}")
    if value.get("_schemaURL") != known._get_schema():
        wrong(place, f"says {value.get('_schemaURL')}, and is {known._get_schema()}")
    return known


def members(place, value, kind):
    if not isinstance(value, dict):
        return wrong(place, f"is no object: {value}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in attr.fields(kind)}
    for name in value.keys() - fields.keys():
        wrong(place, f"has an unknown member {name}")
    for name, field in fields.items():
        required = field.default is attr.NOTHING or name in ("producer", "schemaURL", "_producer", "_schemaURL")
        if name in value:
            fits(f"{place}.{name}", value[name], hints[name])
        elif required:
            wrong(place, f"has no {name}")
    for name in ("producer", "schemaURL", "_producer", "_schemaURL"):
        if not is_uri(str(value.get(name, "urn:not:there"))):
            wrong(place, f"{name} is no URI: {value[name]}")
    if kind.__name__ == "Transformation" and value.get("subtype") not in SUBTYPES.get(value.get("type"), ()):
        wrong(place, f"is no way of a column: {value}")
    if issubclass(kind, base.Dataset) and value["namespace"].startswith("postgres"):
        named(place, value)


def named(place, dataset):
    """A table is called as the client would call it."""
    host, _, port = dataset["namespace"].removeprefix("postgres://").rpartition(":")
    parts = dataset["name"].split(".")
    if len(parts) != 3 or not port.isdigit():
        return wrong(place, f"is no name of a table: {dataset['namespace']} {dataset['name']}")
    told = naming.Postgres(host, port, *parts)
    if (told.get_namespace(), told.get_name()) != (dataset["namespace"], dataset["name"]):
        wrong(place, f"is called {told.get_namespace()} {told.get_name()}, and not {dataset['namespace']} {dataset['name']}")


for at, event in enumerate(json.load(sys.stdin)):
    place = f"{at} {event.get('eventType')}"
    if event.get("schemaURL") != base.RunEvent._get_schema():
        wrong(place, f"says {event.get('schemaURL')}, and is {base.RunEvent._get_schema()}")
    members(place, event, base.RunEvent)
    if isinstance(event["run"]["runId"], str):
        uuid.UUID(event["run"]["runId"])
    if datetime.fromisoformat(event["eventTime"]).tzinfo is None:
        wrong(place, "has a time without a zone")
