"""Owns rows that lie in checked Parquet files, and their way into pyarrow, polars and DuckDB. Must not know whose rows they are."""

import io
from dataclasses import dataclass, field
from pathlib import Path

from . import _sealed

_TEXTS = ("text", "character varying", "character", "name", '"char"', "citext")
_ENTITY_KEY = "_entity_key"
_KEY = "_key"
_OUTCOME = "_outcome"


@dataclass(frozen=True)
class Part:
    """A file: where it is, its hash, its rows, and what became of them, where that is told by a column."""

    path: Path
    sha256: str
    rows: int
    outcome: str | None = None


@dataclass(frozen=True)
class Relation:
    """Rows by name. Nothing is read before it is asked for; each file's hash is checked before its rows are."""

    name: str
    parts: tuple[Part, ...]
    _known: dict = field(default_factory=dict, repr=False)
    _without: tuple[str, ...] = (_KEY,)

    @property
    def rows(self) -> int:
        """How many, by the manifest."""
        return sum(part.rows for part in self.parts)

    @property
    def types(self) -> dict[str, str]:
        """PostgreSQL's type of each column that has one, such as `numeric(12,2)`, `jsonb` or `uuid`.

        For outcomes it is read from the files, which takes pyarrow.
        """
        if self._known:
            return dict(self._known)
        told = {}
        for column in self.schema:
            kind = (column.metadata or {}).get(b"pg_type")
            if kind:
                told[column.name] = kind.decode()
            elif str(column.type) == "fixed_size_binary[16]":
                # What rehome itself makes: nothing else has 16 bytes.
                told[column.name] = "uuid"
        return told

    @property
    def as_text(self) -> dict[str, str]:
        """The columns whose values are the texts that PostgreSQL prints, though their type is no text: `jsonb`, `numeric`, `inet`,
        enums, ranges, …; also a column of another type with a value that Arrow's type cannot hold."""
        import pyarrow as pa

        texts = {column.name for column in self.schema if pa.types.is_string(column.type)}
        kinds = self.types.items()
        return {name: kind for name, kind in kinds if name in texts and kind.split("(")[0].strip() not in _TEXTS}

    @property
    def schema(self):
        """The `pyarrow.Schema`, with `pg_type` in the metadata of its fields."""
        import pyarrow.parquet as pq

        if not self.parts:
            return self._empty().schema
        part = self.parts[0]
        return self._shaped(pq.read_schema(io.BytesIO(_sealed.content(part.path, part.sha256))).empty_table(), part).schema

    def arrow(self):
        """A `pyarrow.Table`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        tables = []
        for part in self.parts:
            table = pq.read_table(io.BytesIO(_sealed.content(part.path, part.sha256)))
            tables.append(self._shaped(table, part))
        return pa.concat_tables(tables) if tables else self._empty()

    def polars(self, lazy: bool = False):
        """A `polars.DataFrame`, or a `LazyFrame` that reads what is asked of it. A `uuid` is 16 bytes."""
        import polars as pl

        frames = []
        for outcome, paths in self._checked():
            frame = pl.scan_parquet(paths, glob=False)
            columns = frame.collect_schema().names()
            if outcome is not None:
                if _ENTITY_KEY in columns:
                    frame = frame.drop(_KEY).rename({_ENTITY_KEY: _KEY})
                frame = frame.with_columns(pl.lit(outcome).alias(_OUTCOME))
            frames.append(frame)
        whole = pl.concat(frames) if frames else pl.from_arrow(self._empty()).lazy()
        return whole if lazy else whole.collect()

    def duckdb(self, connection=None):
        """A `duckdb.DuckDBPyRelation` of `connection`, or of DuckDB's own. A `uuid` is a UUID."""
        import duckdb

        connection = connection or duckdb.default_connection()
        whole, kinds = None, self.types
        for outcome, paths in self._checked():
            relation = connection.read_parquet(paths)
            columns = list(zip(relation.columns, relation.types))
            if _ENTITY_KEY in relation.columns and outcome is not None:
                columns = [(name, kind) for name, kind in columns if name != _KEY]
            told = [self._selected(name, str(kind), kinds.get(name), outcome) for name, kind in columns]
            if outcome is not None:
                told.append(f"'{outcome}' as {_OUTCOME}")
            relation = relation.project(", ".join(told))
            whole = relation if whole is None else whole.union(relation)
        return connection.from_arrow(self._empty()) if whole is None else whole

    @staticmethod
    def _selected(name: str, kind: str, pg_type: str | None, outcome: str | None) -> str:
        quoted = '"' + name.replace('"', '""') + '"'
        target = f'"{_KEY}"' if name == _ENTITY_KEY and outcome is not None else quoted
        if kind == "BLOB" and pg_type == "uuid":
            return f"cast(lower(hex({quoted})) as uuid) as {target}"
        return f"{quoted} as {target}"

    def _checked(self):
        """The files, checked, by what became of their rows."""
        groups: dict[str | None, list[str]] = {}
        for part in self.parts:
            _sealed.check(part.path, part.sha256)
            groups.setdefault(part.outcome, []).append(str(part.path))
        return groups.items()

    def _shaped(self, table, part: Part):
        import pyarrow as pa

        if part.outcome is None:
            return table
        if _ENTITY_KEY in table.column_names:
            table = table.drop_columns([_KEY])
            table = table.rename_columns([_KEY if name == _ENTITY_KEY else name for name in table.column_names])
        return table.append_column(_OUTCOME, pa.array([part.outcome] * table.num_rows, pa.string()))

    def _empty(self):
        """No rows, and no file that would tell the columns: those that every such relation has."""
        import pyarrow as pa

        return pa.table({name: pa.array([], pa.string()) for name in self._without})
