"""The page that says why: an assessment's conclusion, criterion by criterion, with the evidence. Renders only."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.check_codes import check_address
from fres.kernel.french_dates import date_in_words
from fres.kernel.pdf.flow import Block, Bullets, Heading, Paragraph, Table, Terms, Title, write_blocks
from fres.kernel.pdf.layout import Column, LedgerPage, Letterhead, Row
from fres.kernel.pdf.style import MM
from fres.kernel.publishers import publishers
from investors.models import User
from projects.labels.criteria import Conclusion
from projects.labels.versions import level_name
from projects.labels.words import plain_number
from projects.models import Assessment, AssessmentOutcome, Criterion, Label


@dataclass(frozen=True, slots=True)
class Line:
    identifier: str
    title: str
    kind: str
    verdict: str
    sentence: str
    proofs: tuple[str, ...]
    level: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that the page prints."""

    label: str
    label_name: str
    owner: str
    notice: str
    warning: str
    subject: str
    subject_kind: str
    evaluator: str
    concluded_at: datetime
    outcome: str
    level: str
    progress: str
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    issuer: str
    issuer_siren: str

    @property
    def day(self) -> date:
        return clock.local(self.concluded_at).date()

    def frozen(self) -> dict[str, Any]:
        """Return it as it is kept on the assessment: JSON values only."""
        return asdict(self) | {
            "concluded_at": self.concluded_at.isoformat(),
            "reasons": list(self.reasons),
            "lines": [asdict(line) | {"proofs": list(line.proofs)} for line in self.lines],
        }


def explanation_of(assessment: Assessment, conclusion: Conclusion, *, by: User, at: datetime) -> Explanation:
    """Gather what the page prints, in the language in force."""
    label = assessment.label
    operator = next(iter(publishers()), None)
    progress = conclusion.progress
    return Explanation(
        label=label.full_code,
        label_name=label.name,
        owner=label.owner,
        notice=label.notice,
        warning=_warning(label),
        subject=assessment.subject_name,
        subject_kind=assessment.get_subject_type_display(),
        evaluator=by.display_name,
        concluded_at=at,
        outcome=str(AssessmentOutcome(conclusion.outcome).label),
        level=level_name(label, conclusion.level),
        progress="" if progress is None else plain_number(progress * 100, "%"),
        reasons=conclusion.reasons,
        lines=tuple(
            Line(
                one.identifier,
                one.title,
                str(Criterion.Kind(one.kind).label),
                _verdict(one.kind, one.is_met),
                one.sentence,
                one.proofs,
                one.level,
            )
            for one in conclusion.findings
        ),
        issuer=operator.name if operator else label.owner,
        issuer_siren=operator.siren if operator else "",
    )


def render_explanation(explanation: Explanation, number: str) -> bytes:
    """Return the PDF under its number; the same content and number give the same bytes."""
    sheet = LedgerPage(
        title=f"Évaluation n° {number}",
        letterhead=Letterhead(
            issuer=explanation.issuer,
            siren=explanation.issuer_siren,
            kind="Évaluation d’un label",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=explanation.concluded_at,
        subject=explanation.subject,
    )
    write_blocks(sheet, tuple(_blocks(explanation)))
    sheet.check_code()
    return sheet.finish()


def _blocks(explanation: Explanation) -> Iterator[Block]:
    yield Title(f"{explanation.label_name}\u00a0: {explanation.subject}")
    yield Terms(tuple(_summary(explanation)))
    if explanation.reasons:
        yield Heading("Ce qui l’empêche")
        yield Bullets(explanation.reasons)
    yield Heading("Critère par critère")
    yield Table(
        (Column("Critère", 46 * MM, is_header=True), Column("Conclusion", 22 * MM), Column("Réponse"),
         Column("Preuves", 40 * MM)),
        tuple(
            Row(
                (f"{one.identifier} – {one.title}", one.verdict or one.kind, one.sentence, ", ".join(one.proofs) or "–")
            )
            for one in explanation.lines
        ),
        summary="Pour chaque critère, sa conclusion, la réponse et les preuves.",
    )  # fmt: skip
    if explanation.warning:
        yield Paragraph(explanation.warning)
    yield Paragraph(
        f"Évalué par {explanation.evaluator} le {date_in_words(explanation.day)}, sur la version {explanation.label}. "
        "Une version nouvelle ne change pas cette conclusion. Elle peut être contestée auprès de l’opérateur.",
        is_quiet=True,
    )
    if explanation.notice:
        yield Paragraph(explanation.notice, is_quiet=True)


def _summary(explanation: Explanation) -> Iterator[tuple[str, str]]:
    yield "Conclusion", explanation.outcome
    if explanation.level:
        yield "Niveau", explanation.level
    if explanation.progress:
        yield "Progrès", f"{explanation.progress} du meilleur possible"
    yield explanation.subject_kind, explanation.subject
    yield "Version", explanation.label
    yield "Décideur", explanation.owner


def _verdict(kind: str, is_met: bool | None) -> str:
    if is_met is None:
        return ""
    if kind == Criterion.Kind.EXCLUSION:
        return _("n’exclut pas") if is_met else _("exclut")
    return _("rempli") if is_met else _("non rempli")


def _warning(label: Label) -> str:
    if label.code == "FINANSOL":
        return _("Pré-examen : le label est décidé par le comité de FAIR. Il ne garantit jamais le capital.")
    if label.holding == Label.Holding.EXTERNAL:
        return _("Ce statut est donné par d’autres : il est ici vérifié, jamais attribué.")
    if label.holding == Label.Holding.CHARTER:
        return _("Une charte n’est ni un label ni une norme : c’est un engagement moral.")
    if label.rule == Label.Rule.PROFILE:
        return _("Un profil situe ; il ne donne ni note ni seuil de passage.")
    if label.rule == Label.Rule.TO_CONFIRM:
        return _("Les éléments sont réunis pour examen ; aucune liste officielle de pôles labellisés n’existe.")
    return ""
