"""Publish the information sheet of an offer, version after version (Regulation (EU) 2020/1503, art. 23; ruling B30).

A version is issued, numbered and frozen; the next one names it. The identifier of the offer never changes, nor do the
instrument and the owner: another one is another offer.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.errors import RuleViolation
from fres.kernel.pdf.fonts import UnprintableText
from funds.fici.content import Difference, Fici, differences
from funds.fici.fields import missing_answers
from funds.fici.gathering import gather_fici
from funds.fici.pdf import RenderedFici, render_fici
from funds.locks import lock_offer
from funds.models import FiciReading, FiciVersion, LegalEntity, Offer
from funds.states import OfferFileState, OfferState
from investors.models import User
from projects.organisations.identifiers import LEI_LENGTH, is_lei

KIND, SERIES = "fici", "FICI"
MOST_PAGES = 6
OFFER_DIGITS = 8
NEVER_CHANGES = {"instrument": _("l’instrument"), "owner.identity": _("le porteur")}


class FiciRefused(RuleViolation):
    """The sheet cannot be published as it is."""

    rule = "E09"


class FiciIncomplete(FiciRefused):
    """A required statement, a responsible person, or an identifier is missing."""


class FiciTooLong(FiciRefused):
    """More than six A4 pages (art. 23(7)); `pages` and `lengths` say by how much, and where."""

    pages = 0
    lengths: tuple[tuple[str, int], ...] = ()


class FiciOfAnotherOffer(FiciRefused):
    """Another instrument or another owner is a new offer (ruling B30)."""

    rule = "B30"


def current_version(offer: Offer) -> FiciVersion | None:
    """Return the version in force of an offer's sheet, its document loaded; None when it has none."""
    return FiciVersion.objects.filter(offer=offer).select_related("document").order_by("-number").first()


def missing_for_fici(offer: Offer) -> list[str]:
    """Return, in French, what must be written or registered before the sheet can be published; none when it can."""
    found: list[str] = []
    if offer.is_gift:
        return [_("un don n’a pas de fiche d’informations clés")]
    file = getattr(offer, "file", None)
    if file is None:
        return [_("le dossier de l’offre")]
    found += [str(field.label) for field in missing_answers(file.answers, is_gift=False)]
    if not offer.team.filter(is_responsible=True).exists():
        found.append(_("une personne responsable de la fiche, dans l’équipe"))
    owner = offer.project.organisation.party
    if owner.siren and not is_lei(owner.lei):
        found.append(_("le LEI du porteur"))
    if not is_lei(offer.fund.operator.lei):
        found.append(_("le LEI de l’opérateur"))
    return found


@transaction.atomic
def allocate_identifier(*, offer: Offer) -> Offer:
    """Give an offer its identifier, once: the operator's LEI and eight digits (Delegated Regulation 2022/2119, art. 3).

    Raises: FiciIncomplete: the operator has no valid LEI.
    """
    offer = lock_offer(offer=offer)
    if offer.identifier:
        return offer
    operator = LegalEntity.objects.select_for_update().get(pk=offer.fund.operator_id)
    if not is_lei(operator.lei):
        raise FiciIncomplete(
            _("L’opérateur n’a pas de LEI valide : l’offre ne peut pas recevoir d’identifiant."),
            next_step=_("Inscrivez son LEI, puis publiez la fiche."),
        )
    last = Offer.objects.filter(identifier__startswith=operator.lei).order_by("-identifier").first()
    rank = int(str(last.identifier)[LEI_LENGTH:]) + 1 if last is not None else 1
    offer.identifier = f"{operator.lei}{rank:0{OFFER_DIGITS}d}"
    offer.save(update_fields=["identifier"])
    return offer


def preview_fici(*, offer: Offer, at: datetime) -> tuple[Fici, RenderedFici]:
    """Return the sheet as it would be published now, and its PDF; nothing is written.

    Raises: FiciIncomplete, FiciTooLong.
    """
    offer = _read(offer)
    _refuse_incomplete(offer)
    last = current_version(offer)
    with override("fr"):
        fici = gather_fici(offer=offer, version=last.number + 1 if last else 1, at=at)
        return fici, _rendered(fici, "—")


@transaction.atomic
def publish_fici(*, offer: Offer, by: User, at: datetime, is_material: bool = False, reason: str = "") -> FiciVersion:
    """Issue the next version of an offer's sheet; a material change tells whoever is engaged, and lets them go (B30).

    Args: is_material: the change matters to a decision to invest; reason: what changed, for a version after the first.
    Raises: FiciIncomplete, FiciTooLong, FiciOfAnotherOffer; FiciRefused: nothing changed, no reason, the file is not
        accepted, or its own author would publish it. Nothing is written.
    """
    from funds.fici.rights import extend_for_rights, give_rights

    offer = _read(allocate_identifier(offer=offer)) if not offer.is_gift else _read(offer)
    _refuse_incomplete(offer)
    _refuse_state(offer, by)
    last = current_version(offer)
    if last is not None and not reason.strip():
        raise FiciRefused(
            _("Une nouvelle version dit ce qui change."), next_step=_("Écrivez-le en une phrase : tous la liront.")
        )
    gives_rights = is_material and last is not None
    if gives_rights:
        offer = _read(extend_for_rights(offer=offer, at=at))
    with override("fr"):
        fici = gather_fici(offer=offer, version=last.number + 1 if last else 1, at=at)
    kept = fici.kept()
    if last is not None:
        _refuse_same_or_other(differences(last.content, kept), last, fici)
    pages = 0

    def render(number: str) -> bytes:
        nonlocal pages
        with override("fr"):
            rendered = _rendered(fici, number)
        pages = rendered.pages
        return rendered.content

    document = issue_document(
        series=SERIES,
        year=clock.local(at).year,
        kind=KIND,
        about=("offer", offer.uuid),
        owner_party=None,
        title=f"Fiche d’informations clés, {offer.project.title}, version {fici.version}"[:200],
        at=at,
        render=render,
        supersedes=last.document if last is not None else None,
    )
    version = FiciVersion.objects.create(
        offer=offer,
        number=fici.version,
        document=document,
        content=kept,
        pages=pages,
        is_material=gives_rights,
        reason=reason.strip()[:300] if last is not None else "",
        published_at=at,
        published_by=by,
    )
    if gives_rights:
        give_rights(version=version, at=at)
    return version


def record_reading(*, version: FiciVersion, user: User, at: datetime) -> None:
    """Keep that a person opened a version of the sheet (E11); a second opening changes nothing."""
    FiciReading.objects.bulk_create([FiciReading(version=version, user=user, opened_at=at)], ignore_conflicts=True)


def _read(offer: Offer) -> Offer:
    related = ("project__organisation__party", "fund__operator__party", "books", "file")
    return Offer.objects.select_related(*related).prefetch_related("team", "funding", "tranches").get(pk=offer.pk)


def _refuse_incomplete(offer: Offer) -> None:
    missing = missing_for_fici(offer)
    if missing:
        raise FiciIncomplete(
            _("La fiche n’est pas complète ; il manque : %(missing)s.") % {"missing": ", ".join(missing)},
            next_step=_("Complétez le dossier de l’offre."),
        )


def _refuse_state(offer: Offer, by: User) -> None:
    if offer.state not in (OfferState.PREPARED, OfferState.OPEN, OfferState.SUSPENDED):
        raise FiciRefused(
            _("Cette offre est terminée : sa fiche ne change plus."), next_step=_("Préparez une autre offre.")
        )
    if offer.file.state != OfferFileState.ACCEPTED:
        raise FiciRefused(
            _("Le dossier de l’offre n’est pas relu : son état est « %(state)s ».")
            % {"state": offer.file.get_state_display()},
            next_step=_("Une personne de la gestion le relit et l’accepte, puis la fiche est publiée."),
        )
    if by.pk in (offer.file.sent_by_id, offer.file.created_by_id):
        raise FiciRefused(
            _("Qui a écrit le dossier ne publie pas sa fiche."), next_step=_("Demandez à une autre personne.")
        )


def _refuse_same_or_other(changes: list[Difference], last: FiciVersion, fici: Fici) -> None:
    if not changes:
        raise FiciRefused(
            _("Rien n’a changé depuis la version %(number)s.") % {"number": last.number},
            next_step=_("Changez le dossier, ou gardez cette version."),
        )
    before = {one["key"]: one["said"] for one in last.content["statements"]}
    after = {item.key: item.said for _heading, item in fici.statements()}
    for key, name in NEVER_CHANGES.items():
        same = before.get(key) == after.get(key) if key == "instrument" else _same_owner(before, after)
        if not same:
            raise FiciOfAnotherOffer(
                _("Une version ne change pas %(what)s : c’est une autre offre.") % {"what": name},
                next_step=_("Annulez celle-ci et préparez-en une nouvelle, sous un autre identifiant."),
            )


def _same_owner(before: dict[str, str], after: dict[str, str]) -> bool:
    """The same register number: a name, a form or an address may change."""
    return _registered(before.get("owner.identity", "")) == _registered(after.get("owner.identity", ""))


def _registered(identity: str) -> str:
    return next((part for part in identity.split(", ") if part.startswith("SIREN ")), identity)


def _rendered(fici: Fici, number: str) -> RenderedFici:
    try:
        rendered = render_fici(fici, number)
    except UnprintableText as refused:
        raise FiciRefused(
            _("Un signe du dossier ne s’imprime pas : %(sign)s.") % {"sign": str(refused)},
            next_step=_("Remplacez-le par un mot."),
        ) from refused
    if rendered.pages > MOST_PAGES:
        longest = ", ".join(
            _("%(part)s (%(length)s page)") % {"part": heading, "length": f"{length // 100},{length % 100:02}"}
            for heading, length in rendered.lengths[:3]
        )
        refusal = FiciTooLong(
            _("La fiche fait %(pages)s pages ; la loi s’arrête à %(most)s pages A4.")
            % {"pages": rendered.pages, "most": MOST_PAGES},
            next_step=_("Les parties les plus longues : %(longest)s. Raccourcissez-les.") % {"longest": longest},
        )
        refusal.pages, refusal.lengths = rendered.pages, rendered.lengths
        raise refusal
    return rendered
