"""For each of the 18 referentials: answers that just make it, and the smallest change that does not."""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from projects.labels.criteria import Conclusion, Given, conclude, levels_of, rule_of
from projects.labels.loading import SHIPPED, read_label
from projects.models import AssessmentOutcome as O

ON = date(2026, 11, 23)
PROOF = ("Pièce n° 1",)


@dataclass(frozen=True)
class Case:
    """A referential: what it concludes on answers that just make it, and on the same with one criterion spoiled."""

    file: str
    makes: str
    fails: str
    criterion: str
    spoiled: Given
    branch: str = ""
    changed: dict[str, Given] = field(default_factory=dict)


def n(**values: int | str) -> Given:
    return Given(values={name: Fraction(value) for name, value in values.items()}, proofs=PROOF)


NO = Given(yes=False, proofs=PROOF)
DENIED = Given(yes=False)

CASES = (
    Case("ptce-labo-2011", O.PASSED, O.FAILED, "PTCE-M2", n(members=4, types=2)),
    Case("ptce-labo-2011", O.PASSED, O.EXCLUDED, "PTCE-X3", Given(yes=True, proofs=PROOF)),
    Case("ptce-law-2014", O.TO_CONFIRM, O.INCOMPLETE, "PTCE-L3", NO),
    Case("cces-2012", O.SIGNED, O.DENIED, "CCES-A8", DENIED),
    Case("cces-2014", O.SIGNED, O.DENIED, "CCES-A2", DENIED),
    Case("cces-2015", O.SIGNED, O.DENIED, "CCES-A1", DENIED, branch="ENERGY"),
    Case("ess-2014", O.CHECKED, O.REFUSED, "ESS-4", n(carried="49.99", reserve=20), branch="COMPANY"),
    Case("esus-2019", O.CHECKED, O.REFUSED, "ESUS-3", n(share="65.99"), branch="STANDARD"),
    Case("esus-2019", O.CHECKED, O.REFUSED, "ESUS-5", DENIED, branch="BY_RIGHT"),
    Case("esus-2019", O.CHECKED, O.REFUSED, "ESUS-F", n(assets="34.99", loans="79.99"), branch="FINANCIER"),
    Case("finansol-2025", O.PASSED, O.FAILED, "FIN-A1", NO),
    Case("finansol-2025", O.PASSED, O.EXCLUDED, "FIN-S4", Given(yes=True, proofs=PROOF)),
    Case("scic-2001", O.CHECKED, O.REFUSED, "SCIC-3", n(reserves="57.49")),
    Case("scop-1978", O.CHECKED, O.REFUSED, "SCOP-1", n(capital=51, votes="64.99")),
    *(
        Case(f"siae-{kind}-1", O.IN_FORCE, O.NOT_IN_FORCE, f"SIAE-{kind.upper()}",
             Given(yes=True, proofs=PROOF, valid_to=date(2026, 11, 22)),
             changed={f"SIAE-{kind.upper()}": Given(yes=True, proofs=PROOF, valid_to=ON)})
        for kind in ("ei", "etti", "aci", "ai", "eiti")
    ),
    Case("geiq-2015", O.CHECKED, O.REFUSED, "GEIQ-12", NO),
)  # fmt: skip

# The last value that passes a threshold: strict ones need a little more.
LITTLE = Fraction(1, 1_000_000)


def label_of(file: str):
    return read_label(SHIPPED / f"{file}.json")


def just_enough(file: str, branch: str = "") -> dict[str, Given]:
    """Answers that pass every criterion by nothing: at the threshold, with one proof each."""
    _label, criteria = label_of(file)
    answers = {}
    for rule in map(rule_of, criteria):
        if not rule.is_asked(branch):
            continue
        if rule.kind == "X":
            answers[rule.identifier] = NO
        elif rule.scale == "NUM":
            values = {
                one.name: one.value + (LITTLE if one.operator == ">" else -LITTLE if one.operator == "<" else 0)
                for one in rule.thresholds
            }
            answers[rule.identifier] = Given(values=values, proofs=PROOF)
        elif rule.scale == "PROG":
            answers[rule.identifier] = Given(level=0, proofs=PROOF)
        elif rule.scale == "DECL":
            answers[rule.identifier] = Given(yes=True)
        else:
            answers[rule.identifier] = Given(yes=True, proofs=PROOF)
    return answers


def concluded(file: str, answers: dict[str, Given], branch: str = "", on: date = ON) -> Conclusion:
    label, criteria = label_of(file)
    return conclude(
        decision_rule=label.rule,
        rules=[rule_of(one) for one in criteria],
        answers=answers,
        on=on,
        levels=levels_of(label),
        branch=branch,
    )


def without_proof(given: Given) -> Given:
    return replace(given, proofs=())
