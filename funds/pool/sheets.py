"""The synthetic information sheet of a compartment: who issues, what may be lost, how units come back.

For the pot what the key information sheet is for a loan. Its six parts follow the plan of the AMF's document
d'information synthétique for cooperative shares, from memory: to be compared with its instruction before a real issue.
Figures are those of the issuer's books on the day; a new sheet replaces the one before and keeps its number.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock, parameters
from fres.kernel.access import Role
from fres.kernel.check_codes import check_address
from fres.kernel.documents import issue_document
from fres.kernel.french_dates import date_in_figures, date_in_words
from fres.kernel.locked_texts import ShownText, read_text
from fres.kernel.models import Document
from fres.kernel.money import format_cents, to_cents
from fres.kernel.pdf.layout import LedgerPage, Letterhead
from funds.fici.content import Item
from funds.fici.pdf import BOXED, write_item
from funds.models import Compartment
from funds.pool.errors import PoolRefused
from funds.pool.locking import lock_compartment
from funds.pool.selectors import PotView, pot_views
from investors.models import User
from investors.permissions import has_role

SERIES, KIND, ABOUT = "DIS", "pool_sheet", "compartment"
WARNING = "pool.warning"
PAYMENT_DAYS = "pool.payment.days"
_RIGHTS = {Compartment.Instrument.SHARE.value: "Une personne, une voix, quel que soit le nombre de ses parts."}


@dataclass(frozen=True, slots=True)
class PoolSheet:
    """All that the PDF prints. `parts`: heading, statements."""

    title: str
    issuer: str
    issuer_siren: str
    warning: ShownText
    parts: tuple[tuple[str, tuple[Item, ...]], ...]
    at: datetime


@transaction.atomic
def publish_pool_sheet(*, compartment: Compartment, by: User, at: datetime) -> Document:
    """Issue the sheet of a compartment as its books stand; the one before is replaced, and kept.

    Raises: PoolRefused: the compartment has not said yet when its units come back.
    """
    compartment = lock_compartment(compartment.pk)
    with override("fr"):
        sheet = gather_pool_sheet(compartment=compartment, at=at)
        return issue_document(
            series=SERIES,
            year=clock.local(at).year,
            kind=KIND,
            about=(ABOUT, compartment.uuid),
            owner_party=None,
            title=f"Document d’information synthétique, {compartment.name}"[:200],
            at=at,
            render=partial(render_pool_sheet, sheet),
            supersedes=current_sheet(compartment),
        )


def can_publish_sheet(user: User) -> bool:
    """The manager, who answers for what the fund says of itself."""
    return has_role(user, Role.MANAGER)


def current_sheet(compartment: Compartment) -> Document | None:
    """Return the sheet in force, or None before the first."""
    issued = Document.objects.filter(kind=KIND, about_type=ABOUT, about_uuid=compartment.uuid)
    return issued.order_by("-pk").first()


def gather_pool_sheet(*, compartment: Compartment, at: datetime) -> PoolSheet:
    """Return what the sheet of a compartment says on a day. Raises: PoolRefused: it has no terms of redemption."""
    on = clock.local(at).date()
    (view,) = pot_views(on, Compartment.objects.filter(pk=compartment.pk).select_related("issuer__party", "fund"))
    shown = view.compartment
    return PoolSheet(
        title=shown.name,
        issuer=shown.issuer.name,
        issuer_siren=shown.issuer.siren,
        warning=read_text(WARNING),
        parts=(
            ("1. L’émetteur", _issuer(shown)),
            ("2. Les risques", (Item("risks", "Propres à ce compartiment", shown.risks), *_common_risks(shown))),
            ("3. Le capital et son emploi", _capital(view, on)),
            ("4. Les parts et leur rachat", _units(view)),
            ("5. L’opérateur de la plateforme", _operator(shown)),
            ("6. Souscrire", _subscribing(shown, on)),
        ),
        at=at,
    )


def render_pool_sheet(sheet: PoolSheet, number: str) -> bytes:
    """Return the PDF of a sheet under its number; the same content and number give the same bytes."""
    page = LedgerPage(
        title=f"Document d’information synthétique, {sheet.title}",
        letterhead=Letterhead(
            issuer=sheet.issuer,
            siren=sheet.issuer_siren,
            kind="Document d’information synthétique",
            document_number=number,
            check_address=check_address(number),
        ),
        created_at=sheet.at,
        subject=sheet.title,
    )
    page.title("Document d’information synthétique")
    page.paragraph(sheet.warning.body, BOXED)
    for heading, items in sheet.parts:
        page.heading(heading)
        for item in items:
            write_item(page, item)
    return page.finish()


def _issuer(compartment: Compartment) -> tuple[Item, ...]:
    party = compartment.issuer.party
    return (
        Item("issuer", "Qui émet", ", ".join(filter(None, (
            compartment.issuer.name, party.legal_form, f"SIREN {compartment.issuer.siren}", *party.address_lines,
        )))),
        Item("purpose", "À quoi sert ce compartiment", compartment.purpose),
        Item("fund", "Fonds", compartment.fund.name),
    )  # fmt: skip


def _common_risks(compartment: Compartment) -> tuple[Item, ...]:
    apart = (
        "Ce compartiment porte seul ses pertes : celles des autres ne l’atteignent pas."
        if compartment.is_strict
        else "Les pertes d’un projet se partagent entre toutes les parts du compartiment."
    )
    return (
        Item("loss", "Perte en capital", f"Vous pouvez perdre tout ou partie de la somme souscrite. {apart}"),
        Item(
            "exit", "Liquidité", "Il n’y a pas de marché où vendre ces parts. Un rachat peut attendre plusieurs années."
        ),
        Item("return", "Rendement", "Aucun revenu n’est promis. La valeur d’une part ne dépasse pas son nominal."),
    )


def _capital(view: PotView, on: date) -> tuple[Item, ...]:
    reserves = view.reserves
    rows = (
        ("Souscrit", format_cents(reserves.capital_cents)),
        ("Placé dans des projets", format_cents(reserves.placed_cents)),
        ("En caisse", format_cents(reserves.cash_cents)),
        ("Réserve de liquidité à garder", format_cents(reserves.liquidity_needed_cents)),
        ("Réserve pour pertes inscrite", format_cents(reserves.provision_cents)),
    )
    projects = tuple((one.project.title, format_cents(one.cents)) for one in view.placed)
    return (
        Item("capital_on", "D’après les livres de l’émetteur", f"au {date_in_words(on)}."),
        Item("capital", "Capital et emploi", head=("Poste", "Montant"), rows=rows),
        Item("holders", "Porteurs", f"{_counted(view.units)} parts, {_counted(view.holders)} personnes."),
        Item("placed", "Projets financés", head=("Projet", "Placé"), rows=projects)
        if projects
        else Item("placed", "Projets financés", "Aucun à ce jour."),
    )


def _units(view: PotView) -> tuple[Item, ...]:
    compartment, terms = view.compartment, view.terms
    if terms is None:
        raise PoolRefused(
            _("Ce compartiment n’a pas encore de règle de rachat."),
            next_step=_("Enregistrez-la, puis publiez la fiche."),
        )
    paid_by = [
        words
        for is_used, words in (
            (terms.uses_reserve, "la réserve de liquidité"),
            (terms.uses_entrants, "l’argent des nouveaux entrants"),
        )
        if is_used
    ]
    return (
        Item(
            "units", "Nature et prix",
            f"{compartment.get_instrument_display()}, {format_cents(to_cents(compartment.nominal))} l’une, de "
            f"{_counted(compartment.minimum_units)} à {_counted(compartment.maximum_units)} parts par personne.",
        ),
        Item("rights", "Droits", _RIGHTS.get(compartment.instrument, "Ceux du contrat d’émission, à lire avant.")),
        Item(
            "redemption", "Rachat",
            f"Une fenêtre par an, le {terms.window_day:02d}/{terms.window_month:02d}, après {terms.notice_days} jours "
            f"de préavis et {terms.holding_days} jours de détention au moins. Au plus "
            f"{terms.share_bp // 100},{terms.share_bp % 100:02d} % du capital par an, dans l’ordre des demandes, "
            f"payé par {' puis '.join(paid_by) or 'ce que le compartiment décide'}.",
        ),
        Item("terms_since", "Ces règles s’appliquent depuis le", date_in_figures(terms.valid_from)),
    )  # fmt: skip


def _counted(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _operator(compartment: Compartment) -> tuple[Item, ...]:
    operator = compartment.fund.operator
    return (
        Item(
            "operator", "Qui tient la plateforme",
            f"{operator.name}, SIREN {operator.siren}. Il tient le registre et encaisse pour l’émetteur ; il ne "
            "souscrit ni n’émet de parts.",
        ),
        Item("complaints", "Réclamations", "Gratuites, par la page « Réclamations » du site."),
    )  # fmt: skip


def _subscribing(compartment: Compartment, on: date) -> tuple[Item, ...]:
    days = parameters.value_at(PAYMENT_DAYS, on).whole
    closing = f", jusqu’au {date_in_figures(compartment.closes_on)}" if compartment.closes_on else ""
    return (
        Item("period", "Période", f"Depuis le {date_in_figures(compartment.opens_on)}{closing}."),
        Item(
            "steps", "Étapes",
            f"Vous choisissez un nombre de parts, puis vous payez sous {days} jours. Les parts sont à vous quand "
            "l’argent est encaissé ; sans paiement, la demande s’éteint sans frais.",
        ),
        Item("fees", "Frais pour vous", "Aucun."),
    )  # fmt: skip
