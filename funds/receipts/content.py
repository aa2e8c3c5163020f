"""What a receipt says, and whether one may be given: facts gathered once, nothing left to look up.

Source: models Cerfa 11580*05 (CGI 200, 978) and 16216*02 (CGI 238 bis); the layout is free provided that every mention
of the model is there (BOI-IR-RICI-250-40). French, whatever the language of who asks (D13).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from fres.kernel import clock
from funds.models import Commitment, Payment, ReceiptEligibility, ReceiptMandate
from funds.states import PaymentState
from investors.models import Party

FORM_OF_GIFT = "Autre\u00a0: don en ligne"
NATURE_OF_GIFT = "Numéraire"
MEANS_IN_FRENCH = {
    "card": "Virement, prélèvement ou carte bancaire\u00a0: carte bancaire",
    "sepa_debit": "Virement, prélèvement ou carte bancaire\u00a0: prélèvement SEPA",
}
ANY_MEANS = "Virement, prélèvement ou carte bancaire"
_ARTICLES_OF = {
    Party.Kind.PERSON: (ReceiptEligibility.Article.CGI_200, ReceiptEligibility.Article.CGI_978),
    Party.Kind.LEGAL: (ReceiptEligibility.Article.CGI_238_BIS,),
}


@dataclass(frozen=True, slots=True)
class Body:
    """A person or legal person as a receipt names it. `siren` or `rna` is empty when there is none."""

    name: str
    address: tuple[str, ...]
    legal_form: str = ""
    siren: str = ""
    rna: str = ""
    family_name: str = ""
    given_names: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The receipt that this one replaces: its number, when and why it was voided."""

    number: str
    voided_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that the PDF prints. `articles` are those for which the beneficiary is eligible, of those `offered`."""

    beneficiary: Body
    purpose: str
    category: str
    donor: Body
    is_company: bool
    amount_cents: int
    paid_on: date
    form: str
    nature: str
    means: str
    articles: tuple[str, ...]
    offered: tuple[str, ...]
    signatory: str
    mandate_signed_on: date
    agent_name: str
    agent_siren: str
    issued_at: datetime
    replaced: Replaced | None = None


class NoReceipt(Exception):
    """A receipt may not be given for this gift; the text says why, in French, fit to show."""


def gather_receipt(
    *, commitment: Commitment, amount_cents: int, at: datetime, replaced: Replaced | None = None
) -> Receipt:
    """Return what a receipt for a gift would say, by the rights in force on the day it was paid.

    Args: amount_cents: what remains given. at: aware, the moment of issuing.
    Raises: NoReceipt: a condition of ruling B7 does not hold.
    """
    offer = commitment.offer
    if not (offer.is_gift and offer.gives_receipt):
        raise NoReceipt(_("Cette offre ne donne pas droit à un reçu fiscal."))
    if not commitment.wants_receipt:
        raise NoReceipt(_("Le donateur n’a pas demandé de reçu."))
    paid_on = _paid_on(commitment)
    donor = commitment.saver
    beneficiary = offer.project.organisation.party
    eligibilities = _eligibilities(beneficiary, donor, paid_on)
    mandate = (
        ReceiptMandate.objects.filter(party=beneficiary, operator=offer.books, signed_on__lte=paid_on)
        .filter(Q(ended_on=None) | Q(ended_on__gt=paid_on))
        .order_by("-signed_on", "-pk")
        .first()
    )
    if mandate is None:
        raise NoReceipt(_("Le bénéficiaire n’avait pas donné mandat de délivrer ses reçus le jour du versement."))
    missing = missing_from_profile(donor)
    if missing:
        raise NoReceipt(_("Le profil du donateur est incomplet : %(missing)s.") % {"missing": ", ".join(missing)})
    if not (beneficiary.siren or beneficiary.rna) or not beneficiary.address_line:
        raise NoReceipt(_("L’adresse ou le numéro SIREN ou RNA du bénéficiaire manque."))
    return Receipt(
        beneficiary=_body(beneficiary),
        purpose=eligibilities[0].purpose,
        category=eligibilities[0].category,
        donor=_body(donor),
        is_company=donor.kind == Party.Kind.LEGAL,
        amount_cents=amount_cents,
        paid_on=paid_on,
        form=FORM_OF_GIFT,
        nature=NATURE_OF_GIFT,
        means=MEANS_IN_FRENCH.get(_payment(commitment).means, ANY_MEANS),
        articles=tuple(str(one.article) for one in eligibilities),
        offered=tuple(str(article) for article in _ARTICLES_OF[Party.Kind(donor.kind)]),
        signatory=mandate.signatory,
        mandate_signed_on=mandate.signed_on,
        agent_name=offer.books.name,
        agent_siren=offer.books.siren,
        issued_at=at,
        replaced=replaced,
    )


def missing_from_profile(donor: Party) -> list[str]:
    """Return the names, in French, of what a receipt needs and the donor has not told (ruling B6)."""
    if donor.kind == Party.Kind.LEGAL:
        needed = {_("dénomination"): donor.legal_name, _("forme juridique"): donor.legal_form, "SIREN": donor.siren}
    else:
        needed = {
            _("nom"): donor.family_name,
            _("prénoms"): donor.given_names,
            _("date de naissance"): str(donor.birth_date or ""),
            _("lieu de naissance"): donor.birth_place,
        }
    address = {_("adresse"): donor.address_line, _("code postal"): donor.postal_code, _("ville"): donor.city}
    return [name for name, value in (needed | address).items() if not value]


def _payment(commitment: Commitment) -> Payment:
    payment = (
        commitment.payments.exclude(cleared_at=None)
        .filter(state__in=(PaymentState.CLEARED, PaymentState.REVERSED), is_surplus=False)
        .order_by("-cleared_at")
        .first()
    )
    if payment is None:
        raise NoReceipt(_("Le don n’est pas encaissé."))
    return payment


def _paid_on(commitment: Commitment) -> date:
    cleared_at = _payment(commitment).cleared_at
    assert cleared_at is not None  # of the query above
    return clock.local(cleared_at).date()


def _eligibilities(beneficiary: Party, donor: Party, on: date) -> list[ReceiptEligibility]:
    """Return one right per article that fits the donor, in force on a day, in the order of the articles of the form."""
    articles = _ARTICLES_OF[Party.Kind(donor.kind)]
    rows = (
        ReceiptEligibility.objects.filter(party=beneficiary, article__in=articles, valid_from__lte=on)
        .filter(Q(valid_to=None) | Q(valid_to__gte=on))
        .order_by("valid_from", "pk")
    )
    latest = {row.article: row for row in rows}
    found = [latest[article] for article in articles if article in latest]
    if not found:
        raise NoReceipt(_("Le bénéficiaire n’était pas habilité à délivrer un reçu à ce donateur ce jour-là."))
    return found


def _body(party: Party) -> Body:
    return Body(
        name=party.name,
        address=party.address_lines,
        legal_form=party.legal_form,
        siren=party.siren,
        rna=party.rna,
        family_name=party.family_name,
        given_names=party.given_names,
    )
