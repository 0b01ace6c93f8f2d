"""Owns where snapshots and outcomes lie, and what their manifests say. Must not know how rows are read."""

import difflib
from pathlib import Path

from . import _sealed
from ._relation import Part, Relation
from ._sealed import NotFound

_MANIFEST = "manifest.json"
_RECORD = "run.json"
_OUTCOMES = "outcome.json"
_VERSION = 2
_REASONS = ("_key", "_reason")


class Snapshot:
    """What a source held at one instant."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = _sealed.document(folder / _MANIFEST, _VERSION)

    def __repr__(self) -> str:
        return f"<rehome snapshot {self.id} in {self.folder}>"

    @property
    def id(self) -> str:
        return self.manifest["id"]

    @property
    def tables(self) -> list[str]:
        """Their names, as `schema.table`."""
        return [f"{table['schema']}.{table['name']}" for table in self.manifest["tables"]]

    def source(self, table: str) -> Relation:
        """A table, by `table` or `schema.table`. Raises `NotFound`, also for a name that fits several."""
        entry = self._entry(table)
        types = {column["name"]: column["pg_type"] for column in entry["columns"]}
        return Relation(f"source.{table}", self._parts(entry["files"]), types)

    def refused(self, table: str) -> Relation:
        """The rows of a table that could not be read exactly."""
        files = (self._entry(table).get("refused") or {}).get("files", [])
        return Relation(f"refused.{table}", self._parts(files))

    def _parts(self, files) -> tuple[Part, ...]:
        return tuple(Part(self.folder / file["path"], file["sha256"], file["rows"]) for file in files)

    def _entry(self, name: str) -> dict:
        tables = self.manifest["tables"]
        found = [table for table in tables if name in (table["name"], f"{table['schema']}.{table['name']}")]
        if len(found) > 1:
            names = ", ".join(f"{table['schema']}.{table['name']}" for table in found)
            raise NotFound(f"'{name}' is the name of several tables: {names}")
        if not found:
            raise NotFound(_absent("table", name, self.tables + [table["name"] for table in tables]))
        return found[0]


class Run:
    """What a run, or rules on trial, made of each row."""

    def __init__(self, folder: Path):
        self.folder = folder
        record = folder / _RECORD
        #: What is remembered of a finished run; None of rules that were only tried.
        self.record = _sealed.document(record) if record.exists() else None
        if self.record is not None:
            self.flows = list(self.record["flows"])
        else:
            self.flows = sorted(file.parent.name for file in folder.glob(f"*/{_OUTCOMES}"))
        self._outcomes: dict[str, dict] = {}

    def __repr__(self) -> str:
        return f"<rehome run {self.id} in {self.folder}>"

    @property
    def id(self) -> str:
        return self.folder.name if self.record is None else self.record["run"]

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that it was made of. Raises `NotFound` where it is gone or lies elsewhere."""
        if self.record is None:
            raise NotFound("rules on trial do not say of which snapshot they were: open it by its folder")
        place = self.record["snapshot"].removeprefix("file://")
        if "://" in place:
            raise NotFound(f"the snapshot lies in {place}: fetch it, and open its folder")
        if not (Path(place) / _MANIFEST).exists():
            raise NotFound(f"the snapshot is no longer in {place}")
        found = Snapshot(Path(place))
        if found.id != self.record["snapshot_id"]:
            raise NotFound(f"{place} holds another snapshot than the run's")
        return found

    def source(self, table: str) -> Relation:
        """A table of the run's snapshot."""
        return self.snapshot.source(table)

    def migrated(self, flow: str) -> Relation:
        """The rows that a flow migrated or adopted, with `_key` and `_outcome`, as `migrated.<flow>` of `rehome query`."""
        return self._of(flow, "migrated", ("migrated", "adopted"), ("_key", "_outcome"), told=True)

    def rejected(self, flow: str) -> Relation:
        """The rejected rows: `_key`, `_reason`, `_cause_flow`, `_cause_key`, and the whole source row as JSON, `_source_row`."""
        columns = (*_REASONS, "_warnings", "_cause_flow", "_cause_key", "_source_row")
        return self._of(flow, "rejected", ("rejected",), columns)

    def skipped(self, flow: str) -> Relation:
        """The rows that were declared out of scope: `_key`, `_reason`."""
        return self._of(flow, "skipped", ("skipped",), _REASONS)

    def elsewhere(self, flow: str) -> Relation:
        """The rows that other flows own: `_key`, `_reason`."""
        return self._of(flow, "elsewhere", ("elsewhere",), _REASONS)

    def outcomes(self, flow: str) -> dict:
        """The manifest of a flow's outcomes: counts, reasons, warnings, files. Raises `NotFound`."""
        if flow not in self.flows:
            raise NotFound(_absent("flow", flow, self.flows))
        if flow not in self._outcomes:
            self._outcomes[flow] = _sealed.document(self.folder / flow / _OUTCOMES)
        return self._outcomes[flow]

    def _of(self, flow: str, name: str, wanted, columns, told: bool = False) -> Relation:
        files = self.outcomes(flow)["files"]
        parts = tuple(
            Part(self.folder / file["path"], file["sha256"], file["rows"], file["outcome"] if told else None)
            for outcome in wanted
            for file in files
            if file["outcome"] == outcome
        )
        return Relation(f"{name}.{flow}", parts, _without=columns)


def open(place: str | Path = ".rehome", run: str = "latest", snapshot: str | None = None) -> Run | Snapshot:
    """Opens a snapshot, a run, or what a workspace (`--dir`) holds.

    place: the folder of a snapshot, of a run, or of a workspace. Of a workspace: the finished run whose id begins with `run`, by
    default the latest, or, where there is none, the latest snapshot; with `snapshot`, the one whose name begins so, or `latest`.
    Raises `NotFound` where there is no such thing, and `Corrupt` for manifests that have changed.
    """
    folder = Path(place)
    if (folder / _MANIFEST).exists():
        return Snapshot(folder)
    if (folder / _RECORD).exists() or any(folder.glob(f"*/{_OUTCOMES}")):
        return Run(folder)
    if snapshot is not None:
        return Snapshot(_one(folder / "snapshots", _MANIFEST, snapshot, by_name=True))
    try:
        return Run(_one(folder / "runs", _RECORD, run))
    except NotFound:
        if run != "latest" or not (folder / "snapshots").is_dir():
            raise
        return Snapshot(_one(folder / "snapshots", _MANIFEST, "latest", by_name=True))


def _one(folder: Path, manifest: str, name: str, by_name: bool = False) -> Path:
    """A folder that holds the manifest: the newest, or the one whose name begins with `name`."""
    found = [file for file in folder.glob(f"*/{manifest}") if name == "latest" or file.parent.name.startswith(name)]
    if not found:
        raise NotFound(f"there is no {folder.name.removesuffix('s')} '{name}' in {folder.parent}")
    if name != "latest" and len(found) > 1:
        raise NotFound(f"{len(found)} {folder.name} begin with '{name}'")
    newest = max(found, key=lambda file: file.parent.name if by_name else file.stat().st_mtime_ns)
    return newest.parent


def _absent(sort: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"there is no {sort} '{name}'" + (f"; did you mean '{close[0]}'?" if close else "")
