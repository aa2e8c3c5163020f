"""The act that creates a fund, who signed it, and the regional scheme it works by (R-004, R-048, R-049)."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from funds.founding.errors import FoundingRefused, SignatureRefused
from funds.founding.files import file_document
from funds.locks import lock_fund
from funds.models import ActSignature, EngagementText, FoundingAct, Fund, Partner, RegionalScheme
from funds.sources.partners import engaged_on, needs_engagement
from investors.models import User
from projects.committee.founding import add_axis
from projects.models import SchemeAxis


@transaction.atomic
def record_act(
    *,
    fund: Fund,
    kind: str,
    title: str,
    council: str,
    deliberation: str,
    deliberated_on: date,
    file: UploadedFile,
    by: User,
    at: datetime,
) -> FoundingAct:
    """Write an act of the regional council, with its document.

    Raises: FoundingRefused: a second creation, a change before any creation, a day to come, a deliberation already
        there. FileTooHeavy, UploadRefused.
    """
    fund = lock_fund(fund)
    _refuse_future(deliberated_on, at)
    created = fund.founding_acts.filter(kind=FoundingAct.Kind.CREATION).first()
    if kind == FoundingAct.Kind.CREATION and created is not None:
        raise FoundingRefused(
            _("Ce fonds a été créé par la délibération %(number)s : on ne crée un fonds qu’une fois.")
            % {"number": created.deliberation},
            next_step=_("Enregistrez un acte modificatif."),
        )
    if kind == FoundingAct.Kind.CHANGE and (created is None or deliberated_on < created.deliberated_on):
        raise FoundingRefused(
            _("Un acte modificatif suit l’acte de création."), next_step=_("Enregistrez d’abord l’acte de création.")
        )
    if fund.founding_acts.filter(deliberation=deliberation.strip()).exists():
        raise FoundingRefused(
            _("La délibération %(number)s est déjà enregistrée.") % {"number": deliberation.strip()},
            next_step=_("Vérifiez son numéro."),
        )
    kept = file_document(fund=fund, title=title, file=file, by=by, at=at)
    return FoundingAct.objects.create(
        fund=fund, kind=kind, title=title.strip(), council=council.strip(), deliberation=deliberation.strip(),
        deliberated_on=deliberated_on, file=kept, recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def sign_act(
    *, act: FoundingAct, partner: Partner, signatory: str, function: str, signed_on: date, by: User, at: datetime
) -> ActSignature:
    """Write that a partner signed an act.

    Raises: SignatureRefused: a bank without an engagement in force that day (R-004), a partner of another fund, a
        second signature, a day before the deliberation or to come.
    """
    fund = lock_fund(act.fund)
    _refuse_future(signed_on, at)
    if partner.fund_id != fund.pk:
        raise SignatureRefused(
            _("%(partner)s est partenaire d’un autre fonds.") % {"partner": partner.name},
            next_step=_("Inscrivez-le comme partenaire de ce fonds."),
        )
    if signed_on < act.deliberated_on:
        raise SignatureRefused(
            _("L’acte est du %(day)s : personne ne l’a signé avant.") % {"day": f"{act.deliberated_on:%d/%m/%Y}"},
            next_step=_("Écrivez la date portée sur le document."),
        )
    if act.signatures.filter(partner=partner).exists():
        raise SignatureRefused(
            _("%(partner)s a déjà signé cet acte.") % {"partner": partner.name},
            next_step=_("Une signature s’enregistre une fois."),
        )
    if needs_engagement(partner) and not engaged_on(partner, signed_on):
        raise SignatureRefused(
            _("%(partner)s n’avait pas d’engagement en vigueur le %(day)s.")
            % {"partner": partner.name, "day": f"{signed_on:%d/%m/%Y}"},
            next_step=_("Une banque signe d’abord l’engagement : servir tous les publics sur tout le territoire."),
        )
    return ActSignature.objects.create(
        act=act, partner=partner, signatory=signatory.strip(), function=function.strip(), signed_on=signed_on,
        recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def publish_engagement_text(
    *, fund: Fund, audience: str, body: str, valid_from: date, by: User, at: datetime
) -> EngagementText:
    """Write the next version of what partners sign; those who signed another are bound by the words they signed.

    Raises: FoundingRefused: no words, or a first day before the present version's.
    """
    fund = lock_fund(fund)
    last = fund.engagement_texts.filter(audience=audience).order_by("-version").first()
    if not body.strip():
        raise FoundingRefused(_("Un texte d’engagement n’est pas vide."), next_step=_("Écrivez ce qui est signé."))
    if last is not None and valid_from < last.valid_from:
        raise FoundingRefused(
            _("La version %(version)s est proposée depuis le %(day)s : la suivante ne commence pas avant.")
            % {"version": last.version, "day": f"{last.valid_from:%d/%m/%Y}"},
            next_step=_("Changez le premier jour."),
        )
    return EngagementText.objects.create(
        fund=fund, audience=audience, version=last.version + 1 if last else 1, body=body.strip(),
        valid_from=valid_from, recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def adopt_scheme(
    *,
    fund: Fund,
    name: str,
    deliberation: str,
    adopted_on: date,
    valid_from: date,
    valid_to: date,
    axes: Sequence[tuple[str, str]],
    by: User,
    at: datetime,
    file: UploadedFile | None = None,
) -> RegionalScheme:
    """Write a regional scheme; its axes become those that decisions of committees may name from its first day.

    Args: axes: codes and names. Axes that a committee wrote under the scheme's name before are kept, and joined.
    Raises: FoundingRefused: no axis, one code twice, dates that go backwards, another scheme on these days.
    """
    fund = lock_fund(fund)
    codes = [code for code, _label in axes]
    written = set(SchemeAxis.objects.filter(fund_uuid=fund.uuid, scheme=name).values_list("code", flat=True))
    if not codes and not written:
        raise FoundingRefused(
            _("Un schéma régional a au moins un axe : chaque décision en nomme un."),
            next_step=_("Écrivez un axe par ligne : son code, puis son intitulé."),
        )
    if len(codes) != len(set(codes)):
        raise FoundingRefused(_("Deux axes ont le même code."), next_step=_("Changez l’un des deux."))
    if not adopted_on <= clock.local(at).date() or not valid_from < valid_to:
        raise FoundingRefused(
            _("Un schéma est adopté avant d’être enregistré, et se termine après avoir commencé."),
            next_step=_("Corrigez les dates."),
        )
    other = fund.schemes.filter(valid_from__lt=valid_to, valid_to__gt=valid_from).first()
    if other is not None:
        raise FoundingRefused(
            _("« %(name)s » court du %(first)s au %(last)s : un seul schéma à la fois.")
            % {"name": other.name, "first": f"{other.valid_from:%d/%m/%Y}", "last": f"{other.valid_to:%d/%m/%Y}"},
            next_step=_("Changez les dates de celui-ci."),
        )
    kept = file_document(fund=fund, title=name, file=file, by=by, at=at) if file is not None else None
    scheme = RegionalScheme.objects.create(
        fund=fund, name=name.strip(), deliberation=deliberation.strip(), adopted_on=adopted_on, valid_from=valid_from,
        valid_to=valid_to, file=kept, recorded_by=by, recorded_at=at,
    )  # fmt: skip
    for code, label in axes:
        if code not in written:
            add_axis(
                fund_uuid=fund.uuid, scheme=scheme.name, code=code, label=label, valid_from=valid_from,
                valid_to=valid_to,
            )  # fmt: skip
    return scheme


def _refuse_future(on: date, at: datetime) -> None:
    if on > clock.local(at).date():
        raise FoundingRefused(
            _("Un acte ne se date pas dans l’avenir."), next_step=_("Écrivez la date portée sur le document.")
        )
