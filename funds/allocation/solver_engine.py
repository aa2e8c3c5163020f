"""HiGHS behind one class: a model of amounts and choices, solved level after level, always in the same way.

One thread, a fixed seed and no time limit: the same model gives the same answer. Amounts are in
`unit` cents so that HiGHS works on numbers below ten million; they are put back into whole cents by
`solver_rounding`, and judged by the checker.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import highspy
import numpy as np

INFINITY = highspy.kHighsInf
SEED = 20_260_101
# A level once reached may slip by this part of its value, and by so many units at least: well above the tolerance HiGHS
# is asked for (1e-9, under which a later level was found infeasible), and far below a cent (0.01 of the smallest unit).
SLIP = 1e-9
LEAST_SLIP = 1e-6


class SolverStopped(RuntimeError):
    """HiGHS neither solved nor refused a model: a defect of ours, never a refusal to show."""


def solver_version() -> str:
    """Return the solver and its version, which a bundle records."""
    return f"HiGHS {highspy.Highs().version()}"


@dataclass(frozen=True)
class Level:
    """One objective: costs by column, minimised (or maximised)."""

    name: str
    costs: Mapping[int, float]
    is_maximum: bool = False


class Engine:
    """Columns and rows as they come, then `solve(levels)`: lexicographic, each level kept while the next is sought."""

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._values: list[float] = []
        self._row_lower: list[float] = []
        self._row_upper: list[float] = []

    def column(self, upper: float, *, lower: float = 0.0, is_whole: bool = False) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(is_whole)
        return len(self.lower) - 1

    def row(self, terms: Iterable[tuple[int, float]], *, lower: float = -INFINITY, upper: float = INFINITY) -> None:
        for column, value in terms:
            self._columns.append(column)
            self._values.append(value)
        self._starts.append(len(self._columns))
        self._row_lower.append(lower)
        self._row_upper.append(upper)

    def solve(
        self, levels: Iterable[Level], fixed: Mapping[int, float] | None = None, *, gap: Fraction = Fraction()
    ) -> list[float] | None:
        """Return the value of each column at the lexicographic optimum, None when no point satisfies the rows.

        Args: fixed: columns held at a value; when all whole columns are, the rest is a plain linear programme.
        gap: the part of an objective that the proof of optimality may leave open; 0 asks for the whole proof.
        """
        highs = self._highs(fixed or {}, gap)
        every = list(levels) or [Level("feasible", {})]
        columns = np.arange(len(self.lower), dtype=np.int32)
        values: list[float] = []
        for level in every:
            costs = np.zeros(len(self.lower))
            for column, cost in level.costs.items():
                costs[column] = cost
            highs.changeColsCost(len(columns), columns, costs)
            highs.changeObjectiveSense(highspy.ObjSense.kMaximize if level.is_maximum else highspy.ObjSense.kMinimize)
            highs.run()
            status = highs.getModelStatus()
            if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
                if level is every[0]:
                    return None
                raise SolverStopped(f"level {level.name} became infeasible")
            if status != highspy.HighsModelStatus.kOptimal:
                raise SolverStopped(f"level {level.name}: {highs.modelStatusToString(status)}")
            values = list(highs.getSolution().col_value)
            if level is not every[-1] and level.costs:
                reached = sum(cost * values[column] for column, cost in level.costs.items())
                slip = max(LEAST_SLIP, SLIP * abs(reached))
                used = sorted(level.costs)
                highs.addRow(
                    reached - slip if level.is_maximum else -INFINITY,
                    INFINITY if level.is_maximum else reached + slip,
                    len(used),
                    np.array(used, dtype=np.int32),
                    np.array([level.costs[column] for column in used]),
                )
        return values

    def _highs(self, fixed: Mapping[int, float], gap: Fraction) -> Any:
        highs = highspy.Highs()
        options: dict[str, Any] = {
            "output_flag": False,
            "threads": 1,
            "random_seed": SEED,
            "parallel": "off",
            "mip_rel_gap": float(gap),
            "mip_abs_gap": 1e-6,
            "primal_feasibility_tolerance": 1e-9,
            "dual_feasibility_tolerance": 1e-9,
            "mip_feasibility_tolerance": 1e-9,
        }
        for option, value in options.items():
            highs.setOptionValue(option, value)
        model = highspy.HighsLp()
        model.num_col_ = len(self.lower)
        model.num_row_ = len(self._row_lower)
        model.col_cost_ = np.zeros(len(self.lower))
        lower, upper = np.array(self.lower), np.array(self.upper)
        for column, value in fixed.items():
            lower[column] = upper[column] = value
        model.col_lower_, model.col_upper_ = lower, upper
        model.row_lower_, model.row_upper_ = np.array(self._row_lower), np.array(self._row_upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self._columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self._values)
        kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
        free = [is_whole and column not in fixed for column, is_whole in enumerate(self.whole)]
        if any(free):
            model.integrality_ = [kinds[is_free] for is_free in free]
        highs.passModel(model)
        return highs
