"""The allocation bundle: everything an allocation was decided from and what was decided, in one archive.

    problem.json     money, demands, holdings, rules, winners
    election/…       the ballot files of the round, if any: votes.pb, regles.json (frozen rules), codes.json
    result.json      amounts by compartment × project, levels reached, intents, warnings, displaced winners
    reasons.json     amount and reasons of each project, price of each rule, nearest change of each refusal
    manifest.json    format, versions, and the SHA-256 of every other file

The same problem gives the same bytes. `recompute` counts the ballots and solves the problem again, without Django and
without a database, and refuses an archive that was touched or that does not say what the rules and the votes say.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fres.kernel.errors import RuleViolation
from funds.allocation.checker import blocking_findings
from funds.allocation.codec import FileRefused, read_problem, to_bytes
from funds.allocation.explaining import MOST_REFUSALS, Explanation, explain
from funds.allocation.problem import Problem, sorted_problem
from funds.allocation.solver import Outcome, solve
from funds.allocation.solver_engine import solver_version

FORMAT = "fres-allocation-1"
PROBLEM, RESULT, REASONS, MANIFEST = "problem.json", "result.json", "reasons.json", "manifest.json"
ELECTION = "election/"
VOTES, RULES, CODES = "votes.pb", "regles.json", "codes.json"
# The first day that the zip format knows: an archive has no date of its own.
EPOCH = (1980, 1, 1, 0, 0, 0)
# A bundle is refused before it is unpacked when it would unpack beyond this.
MOST_BYTES = 500_000_000


class BundleRefused(ValueError):
    """An archive is not a bundle, was touched, or does not recompute to itself; the message says where."""


@dataclass(frozen=True)
class Bundle:
    """An archive and what it holds."""

    content: bytes
    problem: Problem
    outcome: Outcome
    explanation: Explanation

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def make_bundle(
    problem: Problem, election: Mapping[str, bytes] | None = None, *, most_refusals: int = MOST_REFUSALS
) -> Bundle:
    """Solve a problem, explain it, and return the archive.

    Args: election: names and bytes of the ballot files, kept as they are.
    Raises: NoAllocation, ProblemRefused.
    """
    problem = sorted_problem(problem)
    outcome = solve(problem)
    explanation = explain(problem, outcome, most_refusals=most_refusals)
    files = {f"{ELECTION}{name}": content for name, content in sorted((election or {}).items())}
    files |= {PROBLEM: to_bytes(problem), RESULT: to_bytes(outcome), REASONS: to_bytes(explanation)}
    manifest = {
        "format": FORMAT,
        "solver": solver_version(),
        "most_refusals": most_refusals,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    files[MANIFEST] = to_bytes(manifest)
    return Bundle(_zipped(files), problem, outcome, explanation)


def read_files(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive, each with the hash its manifest gives. Raises: BundleRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
                raise BundleRefused("the archive would unpack beyond the limit")
            names = archive.namelist()
            files = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as broken:
        raise BundleRefused(f"not an archive: {broken}") from None
    if len(names) != len(files) or {PROBLEM, RESULT, REASONS, MANIFEST} - set(files):
        raise BundleRefused("a file is missing or stands twice")
    hashes = _manifest(files)["sha256"]
    if set(hashes) != set(files) - {MANIFEST}:
        raise BundleRefused("the manifest does not name the files that are there")
    for name, expected in sorted(hashes.items()):
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise BundleRefused(f"{name}: its content is not the one that was signed for")
    return files


def recompute(content: bytes) -> Bundle:
    """Solve the problem of an archive again and return the same archive, byte for byte.

    Raises: BundleRefused: it was touched, its ballots give other winners, or its result is not what its problem gives.
    """
    files = read_files(content)
    try:
        problem = read_problem(files[PROBLEM])
    except FileRefused as refusal:
        raise BundleRefused(f"{PROBLEM}: {refusal}") from None
    manifest = _manifest(files)
    election = {name.removeprefix(ELECTION): part for name, part in files.items() if name.startswith(ELECTION)}
    if VOTES in election:
        _recount(election, problem)
    bundle = make_bundle(problem, election, most_refusals=manifest["most_refusals"])
    if blocking_findings(bundle.problem, bundle.outcome.allocation):
        raise BundleRefused("the checker refuses the result")
    if bundle.content != content:
        again = read_files(bundle.content)
        different = sorted(name for name in again.keys() | files.keys() if again.get(name) != files.get(name))
        if different == [MANIFEST] and manifest["solver"] != solver_version():
            raise BundleRefused(f"same files, another solver: {manifest['solver']} instead of {solver_version()}")
        raise BundleRefused(f"recomputed otherwise: {', '.join(different) or 'the archive itself'}")
    return bundle


def _recount(election: Mapping[str, bytes], problem: Problem) -> None:
    """Count the ballots again: their winners are the problem's. Raises: BundleRefused."""
    # Imported here: numpy is for counting, not for every bundle.
    from funds.allocation.elections import CountingRules
    from funds.allocation.equal_shares import count
    from funds.allocation.pabulib import election_of, read_pb

    try:
        codes = json.loads(election[CODES])
        rules = CountingRules.from_dict(json.loads(election[RULES]))
        counted = count(election_of(read_pb(election[VOTES].decode())), rules)
        winners = {codes[code] for code in counted.winners}
    except (KeyError, ValueError, TypeError, RuleViolation) as broken:
        raise BundleRefused(f"{ELECTION}: its ballots cannot be counted again: {broken}") from None
    if winners != set(problem.winners or ()):
        raise BundleRefused(f"{ELECTION}{VOTES}: the ballots elect {', '.join(sorted(winners)) or 'nobody'}")


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        manifest = json.loads(files[MANIFEST])
    except ValueError:
        raise BundleRefused(f"{MANIFEST}: not JSON") from None
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or not isinstance(manifest.get("sha256"), dict)
        or type(manifest.get("most_refusals")) is not int
        or not isinstance(manifest.get("solver"), str)
    ):
        raise BundleRefused(f"{MANIFEST}: not a manifest of {FORMAT}")
    return manifest


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive whose bytes depend on the files alone; stored, for compression differs between libraries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
