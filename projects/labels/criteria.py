"""What an assessment concludes, criterion by criterion: rules and answers in, an explained conclusion out (B23). Pure.

Numbers are exact fractions. A mandatory criterion counts only with a piece or a reference that proves it, still valid
on the day. Sentences come out in the reader's language; what is issued is made in French.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from operator import ge, gt, le, lt

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from projects.labels.words import plain_number
from projects.models.assessments import AssessmentOutcome as Outcome
from projects.models.labels import Criterion, Label

OPERATORS = {">=": ge, "<=": le, ">": gt, "<": lt}
HIGHEST_LEVEL = 3
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}


class AssessmentIncomplete(RuleViolation):
    """A criterion waits for its answer. `missing` holds their identifiers."""

    rule = "assessment-incomplete"

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            _("%(count)s critères n’ont pas de réponse : %(names)s.")
            % {"count": len(missing), "names": ", ".join(missing)},
            next_step=_("Répondez à chacun, ou dites qu’il est sans objet quand il peut l’être."),
        )


class NothingAsked(RuleViolation):
    """The version asks nothing in the case chosen."""

    rule = "assessment-branch"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One test of a numeric criterion, in the unit it says ("%": a share of 2 out of 3 counts for 200/3)."""

    name: str
    label: str
    operator: str
    value: Fraction
    unit: str = ""

    def is_met(self, value: Fraction) -> bool:
        return bool(OPERATORS[self.operator](value, self.value))

    def __str__(self) -> str:
        return f"{self.label} {_SIGNS[self.operator]} {plain_number(self.value, self.unit)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One criterion, as the conclusion needs it."""

    identifier: str
    kind: str
    scale: str
    title: str
    evidence: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    any_test: bool = False
    weight: int = 1
    allows_na: bool = False
    alternative: str = ""
    branches: frozenset[str] = frozenset()

    def is_asked(self, branch: str) -> bool:
        return not self.branches or branch in self.branches


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a label: `every` mandatory criterion or some, and a share of the best possible progress, or none."""

    code: str
    name: str
    every: bool
    progress: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one criterion. `proofs`: names of pieces and references; `valid_to`: last day they prove it."""

    is_na: bool = False
    yes: bool | None = None
    values: Mapping[str, Fraction] = field(default_factory=dict)
    level: int | None = None
    proofs: tuple[str, ...] = ()
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one criterion says. `is_met`: None when it neither passes nor fails (progress, information, no object)."""

    identifier: str
    title: str
    kind: str
    is_met: bool | None
    sentence: str
    proofs: tuple[str, ...]
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    outcome: str
    level: str
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]  # of a refusal: sentences that name the criterion
    progress: Fraction | None  # share of the best possible, of the criteria of progress


def rule_of(criterion: Criterion) -> Rule:
    """Return a stored criterion as the conclusion reads it."""
    return Rule(
        identifier=criterion.identifier,
        kind=criterion.kind,
        scale=criterion.scale,
        title=criterion.title,
        evidence=tuple(criterion.evidence),
        thresholds=tuple(
            Threshold(one["name"], one["label"], one["operator"], Fraction(one["threshold"]), one["unit"])
            for one in criterion.tests
        ),
        any_test=criterion.any_test,
        weight=criterion.weight,
        allows_na=criterion.allows_na,
        alternative=criterion.alternative,
        branches=frozenset(filter(None, criterion.branch.split(","))),
    )


def levels_of(label: Label) -> tuple[Level, ...]:
    """Return the levels of a version, lowest first."""
    return tuple(
        Level(
            one["code"],
            one["name"],
            one["mandatory"] == "ALL",
            Fraction(one["progress"]) if one["progress"] else None,
        )
        for one in label.levels
    )


def conclude(
    *,
    decision_rule: str,
    rules: Sequence[Rule],
    answers: Mapping[str, Given],
    on: date,
    levels: Sequence[Level] = (),
    branch: str = "",
) -> Conclusion:
    """Return the outcome that a version gives these answers on a day, with what each criterion says.

    Raises: NothingAsked: no criterion is asked in this case. AssessmentIncomplete: an answer is missing.
    """
    asked = [rule for rule in rules if rule.is_asked(branch)]
    if not any(rule.kind != Criterion.Kind.INFORMATIVE for rule in asked):
        raise NothingAsked(
            _("Cette version ne demande rien dans le cas choisi."), next_step=_("Choisissez un cas de la liste.")
        )
    _check_complete(asked, answers)
    findings = tuple(_finding(rule, answers.get(rule.identifier), on) for rule in asked)
    excluding = [one for one in findings if one.kind == Criterion.Kind.EXCLUSION and one.is_met is False]
    unmet = _unmet(asked, findings)
    progress = _progress(asked, findings)
    return Conclusion(
        outcome=_outcome(decision_rule, is_excluded=bool(excluding), has_unmet=bool(unmet)),
        level="" if excluding else _level(levels, findings, has_unmet=bool(unmet), progress=progress),
        findings=findings,
        reasons=tuple(f"{one.identifier} – {one.title} : {one.sentence}" for one in (*excluding, *unmet)),
        progress=progress,
    )


_OUTCOMES = {
    Label.Rule.ASSESSED: (Outcome.PASSED, Outcome.FAILED),
    Label.Rule.CHECKED: (Outcome.CHECKED, Outcome.REFUSED),
    Label.Rule.IN_FORCE: (Outcome.IN_FORCE, Outcome.NOT_IN_FORCE),
    Label.Rule.SIGNED: (Outcome.SIGNED, Outcome.DENIED),
    Label.Rule.PROFILE: (Outcome.PROFILE, Outcome.PROFILE),
    Label.Rule.TO_CONFIRM: (Outcome.TO_CONFIRM, Outcome.INCOMPLETE),
}


def _outcome(decision_rule: str, *, is_excluded: bool, has_unmet: bool) -> str:
    fine, unfit = _OUTCOMES[Label.Rule(decision_rule)]
    if is_excluded:
        return Outcome.EXCLUDED
    return unfit if has_unmet else fine


def _level(levels: Sequence[Level], findings: Sequence[Finding], *, has_unmet: bool, progress: Fraction | None) -> str:
    has_some = any(one.is_met for one in findings if one.kind == Criterion.Kind.MANDATORY)
    reached = ""
    for level in levels:
        if not has_some or (level.every and has_unmet):
            continue
        if level.progress is None or (progress is not None and progress >= level.progress):
            reached = level.code
    return reached


def _progress(rules: Sequence[Rule], findings: Sequence[Finding]) -> Fraction | None:
    weights = {rule.identifier: rule.weight for rule in rules if rule.kind == Criterion.Kind.PROGRESS}
    counted = [one for one in findings if one.identifier in weights and one.level is not None]
    best = sum(HIGHEST_LEVEL * weights[one.identifier] for one in counted)
    if not best:
        return None
    return Fraction(sum((one.level or 0) * weights[one.identifier] for one in counted), best)


def _unmet(rules: Sequence[Rule], findings: Sequence[Finding]) -> list[Finding]:
    """The mandatory criteria that fail; of those offered as alternatives, all of them or none."""
    by_id = {one.identifier: one for one in findings}
    groups: dict[str, list[Finding]] = {}
    for rule in rules:
        if rule.kind == Criterion.Kind.MANDATORY:
            groups.setdefault(rule.alternative or rule.identifier, []).append(by_id[rule.identifier])
    return [
        one
        for group in groups.values()
        if not any(finding.is_met for finding in group)
        for one in group
        if one.is_met is False
    ]


def _check_complete(rules: Sequence[Rule], answers: Mapping[str, Given]) -> None:
    missing = [
        rule.identifier
        for rule in rules
        if rule.kind != Criterion.Kind.INFORMATIVE and not _is_answered(rule, answers.get(rule.identifier))
    ]
    if missing:
        raise AssessmentIncomplete(missing)


def _is_answered(rule: Rule, given: Given | None) -> bool:
    if given is None:
        return False
    if given.is_na:
        return rule.allows_na or bool(rule.alternative)
    if rule.scale == Criterion.Scale.NUM:
        names = {threshold.name for threshold in rule.thresholds}
        return bool(names & set(given.values)) if rule.any_test else names <= set(given.values)
    if rule.scale == Criterion.Scale.PROG:
        return given.level is not None
    return given.yes is not None


def _finding(rule: Rule, given: Given | None, on: date) -> Finding:
    if given is None or not _is_answered(rule, given):
        return Finding(rule.identifier, rule.title, rule.kind, None, _("Sans réponse."), ())
    is_met, sentence = _judge(rule, given, on)
    if rule.kind in (Criterion.Kind.PROGRESS, Criterion.Kind.INFORMATIVE):
        is_met = None
    return Finding(rule.identifier, rule.title, rule.kind, is_met, sentence, given.proofs, given.level)


def _judge(rule: Rule, given: Given, on: date) -> tuple[bool | None, str]:
    if given.is_na:
        # An alternative left aside is not met: another of its group must be.
        return (False if rule.alternative else None), _("Sans objet.")
    if rule.scale == Criterion.Scale.PROG:
        return None, _progress_words()[given.level or 0]
    if rule.kind == Criterion.Kind.EXCLUSION:
        if given.yes:
            return False, _("Oui : c’est une exclusion.")
        return True, _("Non : rien n’exclut.")
    if rule.scale == Criterion.Scale.NUM:
        is_met, sentence = _judge_number(rule, given)
    elif rule.scale == Criterion.Scale.DECL:
        is_met, sentence = bool(given.yes), _("Déclaré et signé.") if given.yes else _("Refusé par le signataire.")
    else:
        is_met, sentence = bool(given.yes), _("Oui.") if given.yes else _("Non.")
    return _judge_proof(rule, given, on, is_met, sentence)


def _judge_proof(rule: Rule, given: Given, on: date, is_met: bool, sentence: str) -> tuple[bool, str]:
    needs_proof = rule.kind == Criterion.Kind.MANDATORY and rule.scale != Criterion.Scale.DECL
    if is_met and needs_proof and not given.proofs:
        wanted = ", ".join(rule.evidence) or _("une pièce")
        return False, _("%(answer)s Sans preuve : il manque %(wanted)s.") % {"answer": sentence, "wanted": wanted}
    if is_met and given.valid_to is not None and given.valid_to < on:
        return False, _("%(answer)s Mais la preuve a cessé de valoir le %(day)s.") % {
            "answer": sentence,
            "day": given.valid_to.strftime("%d/%m/%Y"),
        }
    return is_met, sentence


def _judge_number(rule: Rule, given: Given) -> tuple[bool, str]:
    met, said = [], []
    for threshold in rule.thresholds:
        value = given.values.get(threshold.name)
        if value is None:
            continue
        met.append(threshold.is_met(value))
        words = _("atteint") if met[-1] else _("non atteint")
        said.append(
            _("%(value)s pour « %(threshold)s » (%(words)s)")
            % {"value": plain_number(value, threshold.unit), "threshold": threshold, "words": words}
        )
    return (any(met) if rule.any_test else all(met)), f"{' ; '.join(said)}."


def _progress_words() -> tuple[str, str, str, str]:
    return _("0 – absent."), _("1 – prévu."), _("2 – en place."), _("3 – exemplaire.")
