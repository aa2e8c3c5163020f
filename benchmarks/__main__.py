"""`bin/bench [NAME …]`: run benchmarks side by side with their yardsticks and print ratios, never a verdict by time.

A benchmark is a module `benchmarks/<name>.py` with `run() -> Iterable[Row]`. It runs in a scratch database that is
made before the first one and dropped after the last.
"""

import importlib
import pkgutil
import sys

import django

import benchmarks
from benchmarks.rows import Row

HELPERS = {"__main__", "settings", "rows", "bare_canvas", "elections", "votes_yardstick"}


def names() -> list[str]:
    found = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)}
    return sorted(found - HELPERS)


def print_rows(name: str, rows: list[Row]) -> None:
    print(f"\n{name}")
    for row in rows:
        held = "held" if row.is_held else "NOT HELD"
        print(f"  {row.what}")
        print(
            f"    ours {row.ours}   yardstick {row.yardstick}   ratio {row.ratio:.2f} × (target {row.target}: {held})"
        )


def main(wanted: list[str]) -> int:
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    unknown = set(wanted) - set(names())
    if unknown:
        print(f"No benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
        return 2
    for name in wanted or names():
        # Each in a database of its own: the rows one leaves would weigh on the next.
        databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        try:
            print_rows(name, list(importlib.import_module(f"benchmarks.{name}").run()))
        finally:
            teardown_databases(databases, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
