"""Read yearly statements from the books and the registers, many savers at a time, and refuse what does not agree.

Amounts come from the books (what is held, owed and claimed) and from the registers (holdings, distributions); each
figure that both know is compared to the cent. A batch is read in one view of the database, by the same handful of
queries whatever its size.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from fres.kernel import clock
from fres.kernel.errors import BooksBroken
from fres.kernel.models import Parameter, Territory
from fres.kernel.money import NO_BREAK_SPACE, share_cents, split_cents
from fres.kernel.one_view import one_view
from funds.chart import Purpose, heading
from funds.models import GiftReceipt, LegalEntity
from investors.models import Party
from reporting.statements.content import (
    Claim,
    CommitmentLine,
    GiftLine,
    InterestLine,
    Movement,
    Statement,
    ToBePaid,
    YearAhead,
    problems,
)

SAVER_PURPOSES = (Purpose.SAVER_MONEY, Purpose.REFUND_TO_SEND, Purpose.TO_BE_PAID, Purpose.CLAIM_ON_SAVER)
_PARTY_FIELDS = (
    "uuid", "number", "kind", "family_name", "given_names", "legal_name", "address_line", "postal_code", "city",
    "country",
)  # fmt: skip

# One row per transfer of an account of money held, between two of which nothing is told: signed cents, the account it
# was against, the commitment it is about when its entry comes from a payment, a refund or a dispute.
_MONEY = """
SELECT account.party_id, account.offer_id, other.number, entry.key, entry.accounting_date, entry.label,
    coalesce(payment.commitment_id, refunded.commitment_id, disputed.commitment_id), moved.cents
FROM funds_account account
JOIN LATERAL (
    SELECT id, entry_id, debit_id AS other_id, amount_cents AS cents FROM funds_transfer WHERE credit_id = account.id
    UNION ALL
    SELECT id, entry_id, credit_id, -amount_cents FROM funds_transfer WHERE debit_id = account.id
) moved ON true
JOIN funds_entry entry ON entry.id = moved.entry_id
JOIN funds_account other ON other.id = moved.other_id
LEFT JOIN funds_payment payment ON entry.source_type = 'payment' AND payment.uuid = entry.source_uuid
LEFT JOIN funds_refund refund ON entry.source_type = 'refund' AND refund.uuid = entry.source_uuid
LEFT JOIN funds_payment refunded ON refunded.id = refund.payment_id
LEFT JOIN funds_dispute dispute ON entry.source_type = 'dispute' AND dispute.uuid = entry.source_uuid
LEFT JOIN funds_payment disputed ON disputed.id = dispute.payment_id
WHERE account.entity_id = %(entity)s AND account.number = ANY(%(held)s) AND account.party_id = ANY(%(parties)s)
    AND other.number <> ALL(%(held)s)
    AND entry.accounting_date <= %(ends_on)s
ORDER BY entry.accounting_date, entry.id, moved.id
"""

# What is owed to a saver and what they owe: sums by counterpart, the year apart from what came before.
_DEBTS = """
SELECT account.party_id, account.number, other.number, entry.accounting_date >= %(starts_on)s,
    split_part(entry.key, ':', 1) = 'distribution', moved.cents > 0, sum(moved.cents)::bigint
FROM funds_account account
JOIN LATERAL (
    SELECT entry_id, debit_id AS other_id, amount_cents AS cents FROM funds_transfer WHERE credit_id = account.id
    UNION ALL
    SELECT entry_id, credit_id, -amount_cents FROM funds_transfer WHERE debit_id = account.id
) moved ON true
JOIN funds_entry entry ON entry.id = moved.entry_id
JOIN funds_account other ON other.id = moved.other_id
WHERE account.entity_id = %(entity)s AND account.number IN (%(due)s, %(claim)s)
    AND account.party_id = ANY(%(parties)s) AND entry.accounting_date <= %(ends_on)s
GROUP BY 1, 2, 3, 4, 5, 6
"""

_COMMITMENTS = """
SELECT commitment.id, commitment.saver_id, commitment.offer_id, commitment.committed_at,
    (commitment.amount * 100)::bigint,
    commitment.settled_at IS NOT NULL AND offer.financing_state <> 'CANCELLED', offer.lane = 'GIFT', offer.rate_bp,
    offer.months, project.title, project.commune_code, organisation.name, award.label, award.label_version,
    holding.loan_id, holding.principal_cents, loan.principal_cents
FROM funds_commitment commitment
JOIN funds_offer offer ON offer.id = commitment.offer_id AND offer.books_id = %(entity)s
JOIN projects_project project ON project.id = offer.project_id
JOIN projects_organisation organisation ON organisation.id = project.organisation_id
JOIN projects_award award ON award.id = offer.award_id
LEFT JOIN funds_holding holding ON holding.commitment_id = commitment.id
LEFT JOIN funds_loan loan ON loan.id = holding.loan_id
WHERE commitment.saver_id = ANY(%(parties)s) AND EXISTS (
    SELECT FROM funds_payment payment WHERE payment.commitment_id = commitment.id AND payment.cleared_at IS NOT NULL
)
ORDER BY commitment.committed_at, commitment.id
"""

_DISTRIBUTED = """
FROM funds_holding holding
JOIN funds_distributionline line ON line.holding_id = holding.id
JOIN funds_distribution distribution ON distribution.id = line.distribution_id
JOIN funds_entry entry ON entry.entity_id = %(entity)s AND entry.key = 'distribution:' || distribution.uuid
"""
_REPAID_BEFORE = f"""
SELECT holding.commitment_id, sum(line.principal_cents)::bigint {_DISTRIBUTED}
WHERE holding.party_id = ANY(%(parties)s) AND entry.accounting_date < %(starts_on)s
GROUP BY 1
"""
_REPAID = f"""
SELECT holding.commitment_id, instalment.rank, entry.accounting_date, line.principal_cents, line.interest_cents,
    line.income_tax_cents, line.social_levy_cents, line.rates_used::text {_DISTRIBUTED}
JOIN funds_instalment instalment ON instalment.id = distribution.instalment_id
WHERE holding.party_id = ANY(%(parties)s) AND entry.accounting_date BETWEEN %(starts_on)s AND %(ends_on)s
ORDER BY entry.accounting_date, entry.id, line.id
"""

_AHEAD = """
SELECT instalment.loan_id, extract(year FROM instalment.due_on)::int, sum(instalment.principal_cents)::bigint,
    sum(instalment.interest_cents)::bigint
FROM funds_instalment instalment
WHERE instalment.loan_id = ANY(%(loans)s) AND NOT EXISTS (
    SELECT FROM funds_distribution distribution
    JOIN funds_entry entry ON entry.entity_id = %(entity)s AND entry.key = 'distribution:' || distribution.uuid
    WHERE distribution.instalment_id = instalment.id AND entry.accounting_date <= %(ends_on)s
) AND NOT EXISTS (SELECT FROM funds_instalmentreplacement gone WHERE gone.instalment_id = instalment.id)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A statement and whom it is for."""

    party_uuid: UUID
    statement: Statement


@dataclass(slots=True)
class _Commitment:
    """A commitment being added up. `held` and `lent` are as of the end of what was read."""

    pk: int
    party_id: int
    offer_id: int
    committed_on: date
    amount_cents: int
    is_settled: bool
    is_gift: bool
    terms: str
    project: str
    commune_code: str
    holder: str
    label: str
    loan_id: int | None
    principal_cents: int
    loan_principal_cents: int
    opening: int = 0
    paid_in: int = 0
    given_back: int = 0
    given: int = 0
    repaid: int = 0
    held: int = 0
    lent: int = 0

    @property
    def closing(self) -> int:
        return self.opening + self.paid_in - self.given_back - self.given - self.repaid

    @property
    def is_silent(self) -> bool:
        """Whether nothing stood at the start and nothing moved in the year."""
        return not (self.opening or self.paid_in or self.given_back or self.given or self.repaid)

    @property
    def settled_cents(self) -> int:
        return self.principal_cents if self.loan_id is not None else self.amount_cents


@dataclass(slots=True)
class _Saver:
    """What is gathered of one saver."""

    commitments: list[_Commitment] = field(default_factory=list)
    movements: list[tuple[date, int, Movement]] = field(default_factory=list)
    interest: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    debts: list[tuple[str, str, bool, bool, bool, int]] = field(default_factory=list)  # rows of _DEBTS
    gifts: list[GiftLine] = field(default_factory=list)

    def moved(self, on: date, label: str, cents: int) -> None:
        self.movements.append((on, len(self.movements), Movement(on, label, cents)))


class Gatherer:
    """Reads the statements of one year in the books of one entity; keeps places, loans and rates between batches."""

    def __init__(self, *, entity: LegalEntity, year: int) -> None:
        self.entity = entity
        self.year = year
        self.starts_on, self.ends_on = date(year, 1, 1), date(year, 12, 31)
        self.numbers = {purpose: heading(entity.chart, purpose).number for purpose in Purpose}
        self._places: dict[str, tuple[str, str]] = {}
        self._ahead: dict[int, tuple[tuple[int, int, int], ...]] = {}
        self._rates: dict[str, str] = {}

    def statements(
        self, party_ids: Sequence[int], *, issued_at: datetime, replaces: Mapping[int, str] | None = None
    ) -> Iterator[Gathered]:
        """Yield the statement of each saver who had or moved anything in the year, by saver number.

        Args: replaces: number of the statement that each new one corrects, by the party's primary key.
        Raises: BooksBroken: a figure of the books and one of the registers disagree; names the saver.
        """
        with one_view():
            savers = self._read(list(party_ids), issued_at)
            parties = list(Party.objects.filter(pk__in=party_ids).only(*_PARTY_FIELDS).order_by("number"))
        for party in parties:
            statement = self._statement(party, savers[party.pk], issued_at, (replaces or {}).get(party.pk, ""))
            if statement is not None:
                yield Gathered(party.uuid, statement)

    # Reading

    def _read(self, party_ids: list[int], issued_at: datetime) -> dict[int, _Saver]:
        savers: dict[int, _Saver] = defaultdict(_Saver)
        values = {
            "entity": self.entity.pk,
            "parties": party_ids,
            "held": [self.numbers[Purpose.SAVER_MONEY], self.numbers[Purpose.REFUND_TO_SEND]],
            "due": self.numbers[Purpose.TO_BE_PAID],
            "claim": self.numbers[Purpose.CLAIM_ON_SAVER],
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }
        commitments: dict[int, _Commitment] = {}
        of_offer: dict[tuple[int, int], list[_Commitment]] = defaultdict(list)
        for row in _select(_COMMITMENTS, values):
            commitment = _commitment(row)
            commitments[commitment.pk] = commitment
            of_offer[commitment.party_id, commitment.offer_id].append(commitment)
            savers[commitment.party_id].commitments.append(commitment)
        self._read_money(values, savers, commitments, of_offer)
        self._read_repaid(values, savers, commitments)
        for party_id, *debt in _select(_DEBTS, values):
            savers[party_id].debts.append(tuple(debt))
        loans = {one.loan_id for one in commitments.values() if one.loan_id is not None} - self._ahead.keys()
        if loans:
            self._read_ahead({**values, "loans": sorted(loans)}, loans)
        self._read_gifts(party_ids, savers, issued_at)
        return savers

    def _read_money(
        self,
        values: Mapping[str, Any],
        savers: Mapping[int, _Saver],
        commitments: Mapping[int, _Commitment],
        of_offer: Mapping[tuple[int, int], list[_Commitment]],
    ) -> None:
        settled: dict[tuple[int, int], list[tuple[date, int]]] = defaultdict(list)
        for party_id, offer_id, other, key, on, label, commitment_id, cents in _select(_MONEY, values):
            if other == self.numbers[Purpose.HOLDER_MONEY]:
                settled[party_id, offer_id].append((on, cents))
                continue
            commitment = commitments.get(commitment_id) if commitment_id else None
            if commitment is None:
                # An entry that comes from no payment (a correction) is told with the saver's last commitment there.
                known = of_offer.get((party_id, offer_id))
                if not known:
                    raise BooksBroken(f"entry {key} moves money held for a saver without commitment")
                commitment = known[-1]
            self._hold(savers[party_id], commitment, on, key, label, cents)
        for owner, transfers in settled.items():
            self._settle(savers[owner[0]], of_offer.get(owner, []), transfers)

    def _hold(self, saver: _Saver, commitment: _Commitment, on: date, key: str, label: str, cents: int) -> None:
        commitment.held += cents
        if on < self.starts_on:
            commitment.opening += cents
            return
        subject, _separator, what = key.partition(":")
        step = what.partition(":")[2]
        if subject == "payment" and step == "cleared":
            commitment.paid_in += cents
        else:
            commitment.given_back -= cents
        saver.moved(on, f"{_HELD_IN_FRENCH.get((subject, step), label)}, {commitment.project}", cents)

    def _settle(self, saver: _Saver, commitments: Sequence[_Commitment], transfers: Sequence[tuple[date, int]]) -> None:
        """Share what left for the project among the commitments that the offer's success settled."""
        concerned = [one for one in commitments if one.is_settled]
        on, left = transfers[0][0], -sum(cents for _on, cents in transfers)
        if left == 0:
            return
        if sum(one.settled_cents for one in concerned) != left:
            raise BooksBroken(f"{left} cents left for a project, not what {len(concerned)} settled commitments say")
        for commitment in concerned:
            cents = commitment.settled_cents
            commitment.held -= cents
            if not commitment.is_gift:
                commitment.lent += cents
                if on >= self.starts_on:
                    saver.moved(on, f"Prêt conclu, {commitment.project}", 0)
            elif on >= self.starts_on:
                commitment.given += cents
                saver.moved(on, f"Don remis au projet, {commitment.project}", -cents)
            else:
                commitment.opening -= cents

    def _read_repaid(
        self, values: Mapping[str, Any], savers: Mapping[int, _Saver], commitments: Mapping[int, _Commitment]
    ) -> None:
        for commitment_id, principal in _select(_REPAID_BEFORE, values):
            if (commitment := commitments.get(commitment_id)) is not None:
                commitment.opening -= principal
                commitment.lent -= principal
        for commitment_id, rank, on, principal, interest, income_tax, social, rates in _select(_REPAID, values):
            commitment = commitments.get(commitment_id)
            if commitment is None:
                raise BooksBroken(f"a distribution repays commitment {commitment_id}, which no payment made")
            saver = savers[commitment.party_id]
            commitment.repaid += principal
            commitment.lent -= principal
            saver.moved(on, f"Capital de l’échéance n° {rank}, {commitment.project}", -principal)
            if not interest:
                continue
            sums = saver.interest.setdefault((commitment.pk, rates), [0, 0, 0])
            sums[0] += interest
            sums[1] += income_tax
            sums[2] += social

    def _read_ahead(self, values: Mapping[str, Any], loans: set[int]) -> None:
        years: dict[int, list[tuple[int, int, int]]] = {loan: [] for loan in loans}
        for loan_id, year, principal, interest in _select(_AHEAD, values):
            years[loan_id].append((year, principal, interest))
        self._ahead.update({loan: tuple(rows) for loan, rows in years.items()})

    def _read_gifts(self, party_ids: Sequence[int], savers: Mapping[int, _Saver], issued_at: datetime) -> None:
        rows = (
            GiftReceipt.objects.filter(
                donor_id__in=party_ids,
                commitment__offer__books=self.entity,
                paid_on__range=(self.starts_on, self.ends_on),
                issued_at__lte=issued_at,
            )
            .order_by("paid_on", "pk")
            .values_list(
                "donor_id", "paid_on", "commitment__offer__project__title", "beneficiary__legal_name",
                "document__number", "amount_cents", "document__void__at",
            )
        )  # fmt: skip
        for donor_id, paid_on, project, beneficiary, number, cents, voided_at in rows:
            is_void = voided_at is not None and voided_at <= issued_at
            voided_on = clock.local(voided_at).date() if is_void else None
            savers[donor_id].gifts.append(GiftLine(paid_on, project, beneficiary, number, cents, voided_on))

    # Adding up

    def _statement(self, party: Party, saver: _Saver, issued_at: datetime, replaces: str) -> Statement | None:
        kept = [one for one in saver.commitments if not one.is_silent]
        to_be_paid, claim = self._to_be_paid(saver), self._claim(saver)
        if not kept and to_be_paid == ToBePaid() and claim == Claim():
            return None
        by_pk = {one.pk: one for one in saver.commitments}
        statement = Statement(
            year=self.year,
            issuer=self.entity.name,
            issuer_siren=self.entity.siren,
            saver_number=party.number,
            saver_name=party.name,
            saver_address=party.address_lines,
            commitments=tuple(self._line(one) for one in kept),
            movements=tuple(movement for _on, _rank, movement in sorted(saver.movements, key=lambda one: one[:2])),
            interest=tuple(
                InterestLine(by_pk[pk].project, self._rates_in_french(rates), *sums)
                for (pk, rates), sums in saver.interest.items()
            ),
            to_be_paid=to_be_paid,
            claim=claim,
            gifts=tuple(saver.gifts),
            years_ahead=self._years_ahead(kept),
            issued_at=issued_at,
            issued_on=clock.local(issued_at).date(),
            replaces=replaces,
        )
        self._check(statement, saver)
        return statement

    def _check(self, statement: Statement, saver: _Saver) -> None:
        found = list(problems(statement))
        found += [
            f"commitment to {one.project}: {one.held} cents held and {one.lent} lent, not {one.closing}"
            for one in saver.commitments
            if one.held + one.lent != one.closing or one.held < 0 or one.lent < 0
        ]
        if found:
            raise BooksBroken(f"statement {statement.year} of {statement.saver_number}: {'; '.join(found)}")

    def _line(self, one: _Commitment) -> CommitmentLine:
        place, territory = self._place(one.commune_code)
        return CommitmentLine(
            project=one.project,
            holder=one.holder,
            place=place,
            territory=territory,
            label=one.label,
            terms=one.terms,
            committed_on=one.committed_on,
            opening_cents=one.opening,
            paid_in_cents=one.paid_in,
            given_back_cents=one.given_back,
            given_cents=one.given,
            repaid_cents=one.repaid,
            closing_cents=one.closing,
            lent_cents=one.lent,
        )

    def _to_be_paid(self, saver: _Saver) -> ToBePaid:
        opening = kept = paid = closing = 0
        for other, is_in_year, is_distribution, cents in self._debts(saver, Purpose.TO_BE_PAID):
            closing += cents
            if not is_in_year:
                opening += cents
            elif other == self.numbers[Purpose.CLAIM_ON_SAVER]:
                kept -= cents
            elif not is_distribution:
                paid -= cents
        sums = list(saver.interest.values())
        return ToBePaid(
            opening_cents=opening,
            principal_cents=sum(one.repaid for one in saver.commitments),
            net_interest_cents=sum(gross - income_tax - social for gross, income_tax, social in sums),
            kept_cents=kept,
            paid_cents=paid,
            closing_cents=closing,
        )

    def _claim(self, saver: _Saver) -> Claim:
        """The claim stands on the debit side: what the saver owes is debits less credits."""
        opening = contested = returned = kept = written_off = closing = 0
        for other, is_in_year, _is_distribution, cents in self._debts(saver, Purpose.CLAIM_ON_SAVER):
            closing -= cents
            if not is_in_year:
                opening -= cents
            elif other == self.numbers[Purpose.TO_BE_PAID]:
                kept += cents
            elif other == self.numbers[Purpose.LOSS]:
                written_off += cents
            elif cents > 0:
                returned += cents
            else:
                contested -= cents
        return Claim(opening, contested, returned, kept, written_off, closing)

    def _debts(self, saver: _Saver, purpose: Purpose) -> Iterator[tuple[str, bool, bool, int]]:
        number = self.numbers[purpose]
        for own, other, is_in_year, is_distribution, _is_credit, cents in saver.debts:
            if own == number:
                yield other, is_in_year, is_distribution, cents

    def _years_ahead(self, commitments: Sequence[_Commitment]) -> tuple[YearAhead, ...]:
        """Spread what is lent over the instalments to come, in proportion, so that nothing is lost."""
        totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for one in commitments:
            rows = self._ahead.get(one.loan_id, ()) if one.loan_id is not None else ()
            if not one.lent or not rows:
                continue
            parts = split_cents(one.lent, {year: principal for year, principal, _interest in rows})
            share = Fraction(one.principal_cents, one.loan_principal_cents)
            for year, _principal, interest in rows:
                totals[year][0] += parts[year]
                totals[year][1] += share_cents(interest, share)
        return tuple(YearAhead(year, *totals[year]) for year in sorted(totals))

    # Words

    def _place(self, commune_code: str) -> tuple[str, str]:
        found = self._places.get(commune_code)
        if found is None:
            found = self._places[commune_code] = _place_names(commune_code)
        return found

    def _rates_in_french(self, rates: str) -> str:
        """Return the rates of the dated rows that a distribution used: "12,80 % et 18,60 %"."""
        found = self._rates.get(rates)
        if found is None:
            keys = sorted(json.loads(rates).values())
            values = Parameter.objects.filter(pk__in=keys).order_by("key").values_list("value", flat=True)
            texts = [f"{value:.2f}".replace(".", ",") + f"{NO_BREAK_SPACE}%" for value in values]
            found = self._rates[rates] = " et ".join(texts) or "sans prélèvement"
        return found


_HELD_IN_FRENCH = {
    ("payment", "cleared"): "Versement encaissé",
    ("payment", "failed"): "Prélèvement rejeté par la banque",
    ("refund", ""): "Remboursement",
    ("refund", "failed"): "Remboursement revenu",
    ("bank_refund", "sent"): "Remboursement viré sur votre compte",
    ("dispute", ""): "Débit contesté, repris par la banque",
    ("dispute", "won"): "Contestation close, argent revenu",
}


def _commitment(row: Sequence[Any]) -> _Commitment:
    (
        pk, party_id, offer_id, committed_at, amount, is_settled, is_gift, rate_bp, months, project, commune_code,
        holder, label, label_version, loan_id, principal, loan_principal,
    ) = row  # fmt: skip
    rate = f"{rate_bp // 100},{rate_bp % 100:02}{NO_BREAK_SPACE}%"
    return _Commitment(
        pk=pk,
        party_id=party_id,
        offer_id=offer_id,
        committed_on=clock.local(committed_at).date(),
        amount_cents=amount,
        is_settled=is_settled,
        is_gift=is_gift,
        terms="Don" if is_gift else f"Prêt à {rate} sur {months} mois",
        project=project,
        commune_code=commune_code,
        holder=holder,
        label=f"{label} {label_version}",
        loan_id=loan_id,
        principal_cents=principal or 0,
        loan_principal_cents=loan_principal or 0,
    )


def _place_names(commune_code: str) -> tuple[str, str]:
    """Return a commune's name, and what it belongs to: intercommunal body, then département."""
    commune = (
        Territory.objects.filter(level=Territory.Level.COMMUNE, code=commune_code).order_by("-is_current", "pk").first()
    )
    if commune is None:
        return commune_code, ""
    wanted = {
        Territory.Level.EPCI: commune.epci_code,
        Territory.Level.DEPARTEMENT: commune.departement_code,
    }
    names = [
        Territory.objects.filter(level=level, code=code, is_current=True).values_list("name", flat=True).first()
        for level, code in wanted.items()
        if code
    ]
    return commune.name, ", ".join(name for name in names if name)


def _select(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
