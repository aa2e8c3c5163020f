"""Objects in memory, and in one SQLite file when the server must survive a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Object = dict[str, Any]

INDEXED = {
    "checkout.session": ("payment_intent", "setup_intent"),
    "charge": ("payment_intent",),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "transfer": ("transfer_group", "destination"),
    "balance_transaction": ("source",),
    "payment_method": ("customer",),
}
"""Fields by which lists are asked for: without an index, a region's demonstration would scan everything each time."""


class Store:
    """Keeps each kind of object in order of creation. `commit` writes what changed, at once or not at all.

    Kinds that begin with an underscore are the server's own bookkeeping (due actions, keys, deliveries).
    """

    def __init__(self, path: Path | None = None) -> None:
        self._kinds: dict[str, dict[str, Object]] = {}
        self._indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {}
        self._indexed_under: dict[tuple[str, str, str], Any] = {}
        self._changed: dict[tuple[str, str], Object | None] = {}
        self._database: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS objects (rank INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
                " id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id))"
            )
            for kind, body in self._database.execute("SELECT kind, body FROM objects ORDER BY rank"):
                self.put(kind, json.loads(body))
            self._changed.clear()

    def get(self, kind: str, identifier: str) -> Object | None:
        return self._kinds.get(kind, {}).get(identifier)

    def put(self, kind: str, obj: Object) -> Object:
        """Add the object, or say that it changed."""
        self._kinds.setdefault(kind, {})[obj["id"]] = obj
        self._changed[kind, obj["id"]] = obj
        for field in INDEXED.get(kind, ()):
            self._index(kind, field, obj)
        return obj

    def drop(self, kind: str, identifier: str) -> None:
        """Forget a piece of bookkeeping. Kinds with an index are never dropped."""
        if self._kinds.get(kind, {}).pop(identifier, None) is not None:
            self._changed[kind, identifier] = None

    def newest_first(self, kind: str, **equal: Any) -> list[Object]:
        """List the objects of one kind whose fields have these values, the last created first."""
        objects = self._kinds.get(kind, {})
        candidates: Iterator[Object] = reversed(objects.values())
        for field in INDEXED.get(kind, ()):
            if field in equal:
                found = self._indexes.get((kind, field), {}).get(equal[field], {})
                candidates = (objects[identifier] for identifier in reversed(found))
                break
        return [obj for obj in candidates if all(obj.get(field) == value for field, value in equal.items())]

    def commit(self) -> None:
        if self._database is not None and self._changed:
            with self._database:
                for (kind, identifier), obj in self._changed.items():
                    if obj is None:
                        self._database.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, identifier))
                    else:
                        self._database.execute(
                            "INSERT INTO objects (kind, id, body) VALUES (?, ?, ?)"
                            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                            (kind, identifier, json.dumps(obj)),
                        )
        self._changed.clear()

    def clear(self) -> None:
        for kept in (self._kinds, self._indexes, self._indexed_under, self._changed):
            kept.clear()
        if self._database is not None:
            with self._database:
                self._database.execute("DELETE FROM objects")

    def close(self) -> None:
        if self._database is not None:
            self._database.close()

    def _index(self, kind: str, field: str, obj: Object) -> None:
        place, value = (kind, field, obj["id"]), obj.get(field)
        index = self._indexes.setdefault((kind, field), {})
        before = self._indexed_under.get(place)
        if before != value and before in index:
            index[before].pop(obj["id"], None)
        index.setdefault(value, {})[obj["id"]] = None
        self._indexed_under[place] = value
