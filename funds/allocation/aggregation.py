"""A million commitments to a few totals and back, exactly: int64 cents, no float, no loop over commitments.

What is allocated is decided by compartment and earmark; `split_back` then says what part of each commitment was used,
with the very parts `split_cents` would give (largest remainder, equal remainders in the order of the keys).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
# The header and the end of PostgreSQL's binary COPY.
COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END = b"\xff\xff"
HIGHEST_TOTAL = 2**53


@dataclass(frozen=True)
class Totals:
    """Cents of each group, by group number; groups nobody is in have 0."""

    cents: Whole
    commitments: Whole


def aggregate(groups: Whole, cents: Whole, count: int) -> Totals:
    """Return the cents and the number of commitments of each of `count` groups.

    Args: groups: the number of each commitment's group. cents: its amount, not negative.
    Raises: ValueError: shapes differ, a group is unknown, an amount is negative, or a total is beyond 2**53.
    """
    _require_whole(groups, cents)
    if groups.shape != cents.shape:
        raise ValueError("one group and one amount for each commitment")
    if len(groups) and (groups.min() < 0 or groups.max() >= count):
        raise ValueError("unknown group")
    if len(cents) and (cents.min() < 0 or int(cents.max()) * len(cents) >= 2**63):
        raise ValueError("an amount is negative or too high")
    totals = np.zeros(count, dtype=np.int64)
    np.add.at(totals, groups, cents)
    if len(totals) and totals.max() >= HIGHEST_TOTAL:
        raise ValueError("a total is beyond what is exact")
    return Totals(totals, np.bincount(groups, minlength=count).astype(np.int64))


def split_back(used: Whole, groups: Whole, weights: Whole, keys: Whole) -> Whole:
    """Return the part of each commitment: the cents used of its group, shared in proportion to the weights.

    Args: used: cents used of each group. groups, weights, keys: of each commitment; keys are unique and settle ties.
    Raises: ValueError: a group uses money and has no weight, or an amount is negative.
    """
    _require_whole(used, groups, weights, keys)
    weighed = aggregate(groups, weights, len(used)).cents
    if len(used) and (used.min() < 0 or used.max() >= HIGHEST_TOTAL or bool(((weighed == 0) & (used > 0)).any())):
        raise ValueError("an amount has nobody to go to, or is negative")
    divisors = np.maximum(weighed, 1)[groups]
    parts, remainders = _multiplied_and_divided(used[groups], weights, divisors)
    given = np.zeros(len(used), dtype=np.int64)
    np.add.at(given, groups, parts)
    left = used - given
    if left.any():
        order = np.lexsort((keys, -remainders, groups))
        sorted_groups = groups[order]
        starts = np.searchsorted(sorted_groups, np.arange(len(used)))
        rank = np.arange(len(order)) - starts[sorted_groups]
        parts[order[rank < left[sorted_groups]]] += 1
    return parts


def binary_copy(*columns: Whole) -> bytes:
    """Return rows of bigints as PostgreSQL's `COPY … WITH (FORMAT binary)` reads them."""
    _require_whole(*columns)
    kind: list[Any] = [("fields", ">i2")]
    for number in range(len(columns)):
        kind += [(f"size{number}", ">i4"), (f"value{number}", ">i8")]
    rows = np.zeros(len(columns[0]), dtype=kind)
    rows["fields"] = len(columns)
    for number, column in enumerate(columns):
        rows[f"size{number}"] = 8
        rows[f"value{number}"] = column
    return COPY_HEADER + rows.tobytes() + COPY_END


def _multiplied_and_divided(totals: Whole, weights: Whole, divisors: Whole) -> tuple[Whole, Whole]:
    """Return total × weight // divisor and its remainder, though the product does not fit in 64 bits.

    A long division: the total is taken by slices of as many bits as the divisors leave room for.
    """
    if not len(totals):
        return totals.copy(), totals.copy()
    bits = 61 - int(divisors.max()).bit_length()
    quotient = np.zeros_like(totals)
    remainder = np.zeros_like(totals)
    slices = -(-int(totals.max()).bit_length() // bits)
    mask = (1 << bits) - 1
    for number in range(slices - 1, -1, -1):
        part = (totals >> (number * bits)) & mask
        carried = (remainder << bits) + weights * part
        quotient = (quotient << bits) + carried // divisors
        remainder = carried % divisors
    return quotient, remainder


def _require_whole(*arrays: Whole) -> None:
    if any(array.dtype != np.int64 for array in arrays):
        raise TypeError("arrays of whole cents are int64")
