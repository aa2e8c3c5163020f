"""Gather the key information sheet of a loan offer from its file, its terms and the register of its owner."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Sum

from fres.kernel import clock
from fres.kernel.french_dates import date_in_figures, date_in_words
from fres.kernel.locked_texts import read_text
from fres.kernel.money import NO_BREAK_SPACE, format_cents, share_cents, to_cents
from funds.fici.content import Fici, Item, LockedText, Part
from funds.fici.fields import BY_KEY, FIGURES, Kind
from funds.models import FundingSource, Offer, OfferFile
from funds.servicing.amortisation import schedule
from funds.states import COUNTED_CLEARED, OfferState

HYPOTHETICAL_CENTS = 1_000_000  # the fee table is told for 10 000 € (Annex I, part H)
EXAMPLE_CENTS = 100_000
NOT_CONCERNED = "Sans objet\u00a0: l’offre est un prêt. La partie G s’applique."


def gather_fici(*, offer: Offer, version: int, at: datetime) -> Fici:
    """Return the sheet of a loan offer as it stands now.

    Args: offer: its project, organisation, party, fund and books loaded; it has a file and an identifier. at: aware.
    """
    file: OfferFile = offer.file
    return Fici(
        identifier=offer.identifier or "",
        version=version,
        title=offer.project.title,
        issuer=offer.fund.operator.name,
        issuer_siren=offer.fund.operator.siren,
        disclaimer=_locked("fici.disclaimer"),
        warning=_locked("fici.warning"),
        reflection=_locked("fici.reflection"),
        responsibility=_locked("fici.responsibility"),
        overview=tuple(_overview(offer)),
        parts=(
            Part("A", tuple(_owner_and_project(offer, file))),
            Part("B", tuple(_process(offer, file))),
            Part("C", tuple(_risks(offer, file))),
            Part("D", (Item("d", "Valeurs mobilières", NOT_CONCERNED),)),
            Part("E", (Item("e", "Entité ad hoc", "Aucune entité ad hoc n’est interposée entre le projet et vous."),)),
            Part("F", (Item("f", "Droits attachés à des titres", NOT_CONCERNED),)),
            Part("G", tuple(_loan(offer, file))),
            Part("H", tuple(_fees(offer))),
            Part(
                "I",
                (
                    Item(
                        "i", "Gestion individuelle", "Sans objet\u00a0: la plateforme n’offre pas la gestion "
                        "individuelle de portefeuille de prêts. Chacun choisit chaque projet lui-même.",
                    ),
                ),
            ),
        ),
        at=at,
    )  # fmt: skip


def _locked(key: str) -> LockedText:
    text = read_text(key)
    return LockedText(text.key, text.version, text.body, text.digest)


def _overview(offer: Offer) -> Iterator[Item]:
    yield Item("identifier", "Identifiant de l’offre", offer.identifier or "")
    yield Item("owner_and_project", "Porteur et projet", f"{_owner(offer).name}, {offer.project.title}")
    yield Item("instrument", "Type d’offre", "Emprunt de fonds, prêt avec intérêts à taux fixe")
    yield Item("target", "Montant à emprunter", f"de {_euros(offer.minimum)} à {_euros(offer.maximum)}, en euros")
    yield Item("closing", "Dernier engagement", _moment(offer.closes_at))
    yield Item("decision", "Décision, au plus tard", date_in_words(offer.settles_on))


def _owner_and_project(offer: Offer, file: OfferFile) -> Iterator[Item]:
    owner, answers = _owner(offer), file.answers
    identity = [
        owner.name, owner.legal_form, "France" if owner.country == "FR" else owner.country,
        f"SIREN {owner.siren}" if owner.siren else "", f"LEI {owner.lei}" if owner.lei else "",
    ]  # fmt: skip
    yield Item("owner.identity", "Identité", ", ".join(part for part in identity if part))
    contact = [", ".join(owner.address_lines), owner.email, owner.phone, answers.get("website", "")]
    yield Item("owner.contact", "Coordonnées", ", ".join(part for part in contact if part))
    ownership = str(answers.get("ownership", ""))
    if answers.get("ownership_changed_on"):
        ownership += f" Dernier changement\u00a0: {_answer(answers, 'ownership_changed_on')}."
    yield Item("owner.ownership", "Propriété", ownership)
    yield Item("owner.management", "Direction", _answer(answers, "management"))
    yield Item("owner.responsibility", "Déclaration de responsabilité", _locked("fici.responsibility").body)
    people = [f"{one.name}, {one.role}" for one in offer.team.all() if one.is_responsible]
    yield Item("owner.responsible", "Personnes responsables de la fiche", "\u202f; ".join(people))
    yield Item("owner.activities", "Activités", _answer(answers, "activities"))
    yield Item("owner.accounts", "Derniers comptes", _answer(answers, "accounts"))
    figures = list(answers.get("figures", []))
    if figures:
        yield _figures(figures)
    else:
        yield Item("owner.figures", "Chiffres clés", "Le porteur n’a pas encore clos d’exercice.")
    yield Item("project.description", "Projet", f"{offer.project.summary} {offer.project.purpose}")
    yield Item("project.use", "Emploi des fonds", _answer(answers, "use_of_funds"))
    yield Item("project.insiders", "Personnes liées", _answer(answers, "insiders") or "Aucune.")


def _figures(years: list[Mapping[str, Any]]) -> Item:
    rows = [
        (str(label), *(_whole(year.get(key)) for year in years))
        for key, label in FIGURES
        if any(year.get(key) not in (None, "") for year in years)
    ]
    rows.append(("Marge nette", *(_ratio(year, "net_profit", "turnover", percent=True) for year in years)))
    rows.append(("Dette nette sur capitaux propres", *(_ratio(year, "net_debt", "equity") for year in years)))
    head = ("Chiffres clés, en euros", *(str(year["year"]) for year in years))
    return Item("owner.figures", "Chiffres clés", head=head, rows=tuple(rows))


def _process(offer: Offer, file: OfferFile) -> Iterator[Item]:
    answers = file.answers
    yield Item("process.minimum", "Montant minimum", _euros(offer.minimum))
    yield Item("process.maximum", "Montant maximum", _euros(offer.maximum))
    earlier = tuple(_earlier(offer))
    if earlier:
        head = ("Offres précédentes du projet", "Type", "Fin", "Visé", "Levé")
        yield Item("process.earlier", "Offres précédentes du projet", head=head, rows=earlier)
    else:
        yield Item("process.earlier", "Offres précédentes du projet", "Aucune.")
    yield Item("process.deadline", "Date limite", f"{_moment(offer.closes_at)}. L’offre est décidée sur l’argent "
               f"encaissé, au plus tard le {date_in_words(offer.settles_on)}.")  # fmt: skip
    yield Item(
        "process.failure", "Si le minimum n’est pas encaissé",
        "Les engagements sont annulés. Chaque euro est rendu par le moyen de paiement qui l’a apporté, sans frais "
        "pour l’investisseur, dès la décision.",
    )  # fmt: skip
    own = int(answers.get("own_funds") or 0) * 100
    share = f", soit {_percent(Fraction(own, to_cents(offer.maximum)))} du maximum" if own else ""
    yield Item("process.own_funds", "Fonds engagés par les associés et dirigeants", f"{format_cents(own)}{share}.")
    before = int(answers.get("debt_before") or 0) * 100
    yield Item(
        "process.debt", "Effet sur l’endettement",
        f"Les dettes financières passent de {format_cents(before)} à {format_cents(before + to_cents(offer.maximum))} "
        "si le maximum est atteint.",
    )  # fmt: skip
    yield Item("process.reflection", "Délai de réflexion", _locked("fici.reflection").body)
    plan = [
        (one.get_kind_display() + (f", {one.label}" if one.label else ""), _euros(one.amount), _obtained(one))
        for one in offer.funding.all()
    ]
    if plan:
        plan_head = ("Plan de financement", "Montant", "État")
        yield Item("process.plan", "Plan de financement", head=plan_head, rows=tuple(plan))
    tranches = [
        (f"Tranche {one.rank}\u00a0: {one.milestone}", _euros(one.planned), one.proof) for one in offer.tranches.all()
    ]
    if tranches:
        tranche_head = ("Versement par tranches (si le maximum est levé)", "Montant", "Preuve")
        yield Item("process.tranches", "Versement par tranches", head=tranche_head, rows=tuple(tranches))
        yield Item("process.votes", "Libération des tranches", tranche_rules(file))


def tranche_rules(file: OfferFile) -> str:
    """Return, in French, how the lenders release a tranche and what their silence means: printed on offer and sheet."""
    if file.delegates:
        who = f"{file.delegates} prêteurs tirés au sort votent pour tous, une voix chacun."
    else:
        who = "Chaque prêteur vote, sa voix pèse ce qu’il a prêté."
    silence = (
        "Qui ne vote pas dans le délai est compté comme d’accord."
        if file.silence_rule == OfferFile.SilenceRule.AGREES
        else "Qui ne vote pas s’abstient\u202f; sans aucune voix exprimée, la tranche n’est pas libérée."
    )
    return (
        "La première tranche est versée après le succès. Chaque autre attend dans un compte séparé que le porteur "
        f"publie la preuve de l’étape. {who} La majorité des voix pour libère. {silence} Les intérêts courent sur "
        "tout le capital dès le premier versement."
    )


def _risks(offer: Offer, file: OfferFile) -> Iterator[Item]:
    answers = file.answers
    sector = f" (NACE {offer.project.nace_code})" if offer.project.nace_code else ""
    yield Item("risk.project", "Risque lié au projet", _answer(answers, "risk_project"))
    yield Item("risk.sector", f"Risque lié au secteur{sector}", _answer(answers, "risk_sector"))
    yield Item("risk.default", "Risque de défaut", _answer(answers, "risk_default"))
    yield Item("risk.return", "Risque de rendement moindre, tardif ou nul", _answer(answers, "risk_return"))
    yield Item(
        "risk.platform", "Risque de défaillance de la plateforme",
        f"Si {offer.fund.operator.name} cesse son activité, le registre, l’échéancier et les sommes détenues passent à "
        "un autre prestataire\u202f; les remboursements peuvent être retardés. L’argent des prêteurs est détenu chez "
        "un prestataire de services de paiement.",
    )  # fmt: skip
    yield Item(
        "risk.liquidity", "Risque d’illiquidité",
        f"La somme prêtée est bloquée {offer.months} mois. Il n’y a pas de marché où céder sa part.",
    )  # fmt: skip
    yield Item("risk.other", "Autres risques", _answer(answers, "risk_other") or offer.risks)


def _loan(offer: Offer, file: OfferFile) -> Iterator[Item]:
    answers = file.answers
    yield Item(
        "loan.nature", "Nature, durée et conditions",
        f"Prêt de {offer.months} mois, remboursé en mensualités constantes qui comprennent capital et intérêts. "
        f"De {_euros(offer.ticket_minimum)} à {_euros(offer.ticket_maximum)} par personne.",
    )  # fmt: skip
    yield Item(
        "loan.rate", "Taux d’intérêt",
        f"{_rate(offer.rate_bp)} par an, fixe. L’intérêt d’un mois est le capital restant dû multiplié par le taux "
        "annuel et divisé par douze, arrondi au centime.",
    )  # fmt: skip
    yield Item("loan.guarantee", "Garanties et atténuation des risques", _answer(answers, "guarantee"))
    lines = schedule(
        principal_cents=EXAMPLE_CENTS, rate_bp=offer.rate_bp, months=offer.months, first_due_on=date(2000, 1, 1)
    )
    rows = []
    for year in range((offer.months + 11) // 12):
        part = lines[year * 12 : year * 12 + 12]
        principal, interest = sum(one.principal_cents for one in part), sum(one.interest_cents for one in part)
        rows.append(
            (f"Année {year + 1}", format_cents(principal), format_cents(interest), format_cents(principal + interest))
        )
    head = (f"Remboursement de {format_cents(EXAMPLE_CENTS)} prêtés", "Capital", "Intérêts bruts", "Total")
    yield Item("loan.schedule", "Échéancier", head=head, rows=tuple(rows))
    yield Item(
        "loan.prepayment", "Remboursement anticipé",
        "L’emprunteur peut rembourser par anticipation, sans indemnité, en prévenant trente jours avant.",
    )  # fmt: skip
    yield Item("loan.defaults", "Défauts du porteur depuis cinq ans", _answer(answers, "defaults_five_years"))
    yield Item(
        "loan.servicing", "Gestion du prêt et impayés",
        f"{offer.books.name} encaisse les échéances et les répartit. Une échéance impayée est relancée\u202f; "
        "après plus de 90 jours, ou en cas de procédure collective, le prêt est en défaut\u00a0: les prêteurs sont "
        "informés sans délai et l’opérateur recouvre pour leur compte.",
    )  # fmt: skip


def _fees(offer: Offer) -> Iterator[Item]:
    nothing = (format_cents(0), _rate(0))
    rows = tuple(
        (name, *nothing)
        for name in ("Frais d’entrée, uniques", "Frais de sortie, uniques", "Frais courants", "Frais accessoires")
    )
    head = (f"Pour {format_cents(HYPOTHETICAL_CENTS)} investis, par an", "En euros", "En %")
    yield Item("fees.table", "Frais pour l’investisseur", head=head, rows=rows)
    holder = share_cents(to_cents(offer.maximum), Fraction(offer.holder_fee_bp, 10_000))
    yield Item(
        "fees.holder", "Frais payés par le porteur",
        f"{_rate(offer.holder_fee_bp)} du montant versé, au plus {format_cents(holder)}.",
    )  # fmt: skip
    yield Item(
        "fees.information", "Où s’informer, sans frais",
        "Sur la page de l’offre, où chacun peut poser une question au porteur, et auprès de l’opérateur.",
    )  # fmt: skip
    email = f" à {offer.fund.operator.party.email}" if offer.fund.operator.party.email else ""
    yield Item(
        "fees.complaints", "Réclamations",
        f"Gratuitement, par le formulaire du site ou par courrier{email}. Réception confirmée en dix jours ouvrés. "
        "Sans réponse satisfaisante, le médiateur nommé dans les mentions légales peut être saisi.",
    )  # fmt: skip


def _earlier(offer: Offer) -> Iterator[tuple[str, ...]]:
    """The project's earlier offers that were decided or closed."""
    over = (OfferState.SUCCEEDED, OfferState.FAILED, OfferState.CANCELLED, OfferState.CLOSED)
    for one in Offer.objects.filter(project=offer.project, state__in=over).exclude(pk=offer.pk).order_by("opens_at"):
        raised = 0
        if one.state == OfferState.SUCCEEDED:
            counted = one.commitments.filter(state__in=COUNTED_CLEARED).aggregate(total=Sum("amount"))["total"]
            raised = int((counted or 0) * 100)
        yield (
            one.get_state_display(), one.get_instrument_display(),
            date_in_figures(clock.local(one.decided_at or one.closes_at).date()),
            _euros(one.maximum), format_cents(raised),
        )  # fmt: skip


def _owner(offer: Offer) -> Any:
    return offer.project.organisation.party


def _answer(answers: Mapping[str, Any], key: str) -> str:
    value = str(answers.get(key, "") or "").strip()
    if value and BY_KEY[key].kind is Kind.DATE:
        return date_in_figures(date.fromisoformat(value))
    return value


def _obtained(source: FundingSource) -> str:
    if source.kind == FundingSource.Kind.SAVERS:
        return "cette offre"
    return "obtenu" if source.is_obtained else "demandé"


def _euros(money: Any) -> str:
    return format_cents(to_cents(money))


def _whole(value: Any) -> str:
    return format_cents(int(value) * 100, whole=True) if value not in (None, "") else "non établi"


def _ratio(year: Mapping[str, Any], above: str, below: str, *, percent: bool = False) -> str:
    over, under = year.get(above), year.get(below)
    if over in (None, "") or under in (None, "") or int(str(under)) == 0:
        return "non établi"
    ratio = Fraction(int(str(over)), int(str(under)))
    return _percent(ratio) if percent else _decimal(ratio)


def _percent(ratio: Fraction) -> str:
    return f"{_decimal(ratio * 100)}{NO_BREAK_SPACE}%"


def _decimal(ratio: Fraction) -> str:
    """Return an exact ratio with two decimals, half away from zero."""
    hundredths = (abs(ratio) * 200 + 1).__floor__() // 2
    sign = "\u2212" if ratio < 0 and hundredths else ""
    return f"{sign}{hundredths // 100},{hundredths % 100:02}"


def _rate(basis_points: int) -> str:
    return f"{basis_points // 100},{basis_points % 100:02}{NO_BREAK_SPACE}%"


def _moment(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{date_in_words(local.date())}, {local.hour}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{local.minute:02}"
