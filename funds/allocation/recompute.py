"""`python -m funds.allocation.recompute FILE`: recompute an allocation bundle, without Django or a database."""

import sys
from pathlib import Path

from funds.allocation.bundle import BundleRefused, recompute
from funds.allocation.words import euros


def recompute_file(path: Path) -> str:
    """Return one line that says what the bundle allocates. Raises: BundleRefused, OSError."""
    bundle = recompute(path.read_bytes())
    allocation = bundle.outcome.allocation
    return (
        f"{path.name}: same bytes, {euros(allocation.total_cents)} to {len(allocation.by_project())} projects, "
        f"SHA-256 {bundle.sha256}"
    )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m funds.allocation.recompute FILE")
        return 2
    try:
        print(recompute_file(Path(arguments[0])))
    except (BundleRefused, OSError) as refusal:
        print(f"REFUSED: {refusal}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
