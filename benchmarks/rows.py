"""One line of a benchmark's result: ours, the yardstick measured in the same run, and the ratio to hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A ratio to hold. `at_most` targets say "no slower than"; otherwise the ratio must reach the target.

    `ours` and `yardstick` are printed as they are (with their unit); `ratio` compares them.
    """

    what: str
    ours: str
    yardstick: str
    ratio: float
    limit: float
    at_most: bool = True

    @property
    def is_held(self) -> bool:
        return self.ratio <= self.limit if self.at_most else self.ratio >= self.limit

    @property
    def target(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit} ×"
