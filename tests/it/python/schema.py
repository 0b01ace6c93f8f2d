"""Judges JSON documents by JSON schemas: reads [[name, schema, document], …] from stdin, prints what does not fit.

A schema says nothing of keys that it does not name: here they are mistakes, so that nothing is printed undocumented.
"""

import json
import sys

from jsonschema import Draft202012Validator


def closed(schema):
    """The schema with every object closed to keys that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            made[key] = {name: closed(part) for name, part in value.items()}
        elif key in ("default", "const", "enum", "description"):
            made[key] = value
        else:
            made[key] = closed(value)
    if "properties" in made and "additionalProperties" not in made:
        made["unevaluatedProperties"] = False
    return made


for name, schema, document in json.load(sys.stdin):
    Draft202012Validator.check_schema(schema)
    for error in Draft202012Validator(closed(schema)).iter_errors(document):
        print(f"{name}: {error.json_path}: {error.message[:300]}")
