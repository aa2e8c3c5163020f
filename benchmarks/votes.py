"""Equal Shares beside pabutools on the same elections: same winners, at least a hundred times faster (design §8).

Both are exact: pabutools counts with the fractions of gmpy2. It lives in a throw-away environment (ruling C8), made
for the run and removed after it. Its iterated count stops once nothing affordable is left: that is our ADD1E. It is
given the sizes it can end in a few minutes; ours are then printed for the two sizes a region may have.
"""

import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.elections import Measure, measured, write_files
from benchmarks.rows import Row

PINNED = ("pabutools==1.2.3", "gmpy2==2.3.2")
FASTER = 100
COMPLETIONS = ("NONE", "ADD1", "ADD1E", "U", "ADD1U", "ADD1EU")
SIZES = ((10_000, 200), (100_000, 1_000))
# voters, projects, completion, what a raise adds to each voter in units of the currency (0: none)
SMALL = (1_000, 100)  # told without a target: there, what a count costs is mostly the same for any number of voters
BESIDE = ((*SMALL, "ADD1E", 1), (10_000, 200, "ADD1E", 1))


def run() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-votes-") as place:
        python = make_environment(Path(place))
        for voters, projects, completion, step in BESIDE:
            write_files(Path(place), voters, projects)
            theirs = yardstick(python, Path(place), step)
            ours = apart(voters, projects, completion, step * 100)
            if ours.winners != theirs["winners"]:
                raise RuntimeError(f"not the same winners: {set(ours.winners) ^ set(theirs['winners'])}")
            if (voters, projects) == SMALL:
                ratio = theirs["seconds"] / ours.seconds
                print(
                    f"  {voters} voters × {projects} projects: ours {ours.seconds:.2f} s, ratio {ratio:.0f} ×",
                    flush=True,
                )
                continue
            yield Row(
                what=f"{voters} voters × {projects} projects, {completion}, {ours.raises} raises, same winners",
                ours=f"{ours.seconds:.2f} s, {ours.megabytes} MB",
                yardstick=f"pabutools {theirs['seconds']:.1f} s, {theirs['megabytes']} MB",
                ratio=theirs["seconds"] / ours.seconds,
                limit=FASTER,
                at_most=False,
            )
    for voters, projects in SIZES:
        for completion in COMPLETIONS:
            found = apart(voters, projects, completion, 100)
            print(
                f"  {voters} voters × {projects} projects, {completion}: {found.seconds:.1f} s, {found.megabytes} MB, "
                f"{found.raises} raises, {len(found.winners)} winners",
                flush=True,
            )


def apart(voters: int, projects: int, completion: str, delta_cents: int) -> Measure:
    """Count in a fresh process, whose memory is the count's own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (voters, projects, completion, delta_cents))


def make_environment(place: Path) -> Path:
    """Return the python of a new environment that has pabutools."""
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", f"--python={python}", *PINNED], check=True)
    return python


def yardstick(python: Path, folder: Path, step: int) -> dict[str, Any]:
    script = Path(__file__).with_name("votes_yardstick.py")
    done = subprocess.run(
        [str(python), str(script), str(folder), str(step)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
