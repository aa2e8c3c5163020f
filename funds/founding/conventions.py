"""Conventions with the State and others: promised, shared out, paid; what is paid enters a compartment, earmarked.

A share towards a place or a sector becomes a rule EARMARK of its compartment, renewed at each payment, so that the
allocation sends that money there first (PREFERENCE), or nowhere else when the compartment is strict (ruling B14).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.money import format_cents, to_cents
from funds.chart import Purpose
from funds.founding.errors import ConventionRefused
from funds.founding.files import file_document
from funds.ledger import Line, account_for, post_entry
from funds.locks import lock_fund
from funds.models import Compartment, Convention, ConventionPayment, EarmarkedShare, Fund, Partner
from funds.pool.accounts import compartment_account
from funds.pool.locking import lock_compartment
from funds.rules.register import adopt_rule
from investors.models import User

WHOLE_BP = 10_000
_SECTOR = re.compile(r"[0-9]{2}(\.[0-9]{1,2}[A-Z]?)?")


@dataclass(frozen=True)
class ShareTerms:
    """A share as it is written with its convention."""

    name: str
    share_bp: int
    compartment: Compartment
    target: str = EarmarkedShare.Target.ALL
    target_code: str = ""


@transaction.atomic
def record_convention(
    *,
    fund: Fund,
    kind: str,
    reference: str,
    title: str,
    partner: Partner,
    signed_on: date,
    valid_from: date,
    valid_to: date,
    promised: Money,
    shares: Sequence[ShareTerms],
    file: UploadedFile,
    by: User,
    at: datetime,
) -> Convention:
    """Write a convention, or the next version of the one that has this reference.

    Raises: ConventionRefused: shares above the whole, two of one name, a target that is no place and no sector, less
        promised than what was paid already, days that go backwards or to come, a partner or a compartment of another
        fund. FileTooHeavy, UploadRefused.
    """
    fund = lock_fund(fund)
    if signed_on > clock.local(at).date() or valid_to < valid_from:
        raise ConventionRefused(
            _("Une convention est signée avant d’être enregistrée, et finit après avoir commencé."),
            next_step=_("Corrigez les dates."),
        )
    total = sum(one.share_bp for one in shares)
    if total > WHOLE_BP or any(one.share_bp <= 0 for one in shares):
        raise ConventionRefused(
            _("Les parts fléchées font %(total)s %% de la convention ; elles vont de 0 à 100 %% en tout.")
            % {"total": _percent(total)},
            next_step=_("Diminuez une part."),
        )
    if partner.fund_id != fund.pk or any(one.compartment.fund_id != fund.pk for one in shares):
        raise ConventionRefused(
            _("Une convention lie ce fonds, son partenaire et ses compartiments."),
            next_step=_("Choisissez un partenaire et des compartiments de ce fonds."),
        )
    if not shares or to_cents(promised) <= 0:
        raise ConventionRefused(
            _("Une convention promet un montant et le partage entre des compartiments."),
            next_step=_("Ajoutez au moins une part fléchée."),
        )
    _check_shares(shares)
    last = fund.conventions.filter(reference=reference.strip()).order_by("-version").first()
    paid = paid_cents(fund, reference.strip())
    if to_cents(promised) < paid:
        raise ConventionRefused(
            _("%(paid)s ont déjà été versés : la convention ne peut promettre moins.") % {"paid": format_cents(paid)},
            next_step=_("Corrigez le montant promis."),
        )
    kept = file_document(fund=fund, title=title, file=file, by=by, at=at)
    convention = Convention.objects.create(
        fund=fund, kind=kind, reference=reference.strip(), version=last.version + 1 if last else 1,
        title=title.strip(), partner=partner, signed_on=signed_on, valid_from=valid_from, valid_to=valid_to,
        promised=promised, file=kept, recorded_by=by, recorded_at=at,
    )  # fmt: skip
    EarmarkedShare.objects.bulk_create(
        EarmarkedShare(
            convention=convention, name=one.name.strip(), share_bp=one.share_bp, compartment=one.compartment,
            target=one.target, target_code=one.target_code.strip(),
        )
        for one in shares
    )  # fmt: skip
    return convention


@transaction.atomic
def record_convention_payment(
    *, share: EarmarkedShare, amount: Money, received_on: date, reference: str, by: User, at: datetime
) -> ConventionPayment:
    """Write money of a share that the issuer's bank received: it is cash of the compartment, earmarked by a rule.

    Raises: ConventionRefused: above what the share promises and has not paid, another version is in force, a day to
        come, a transfer already written. RuleNotAdopted: the earmark goes against another rule; nothing is written.
    """
    fund = lock_fund(share.convention.fund)
    share = EarmarkedShare.objects.select_related("convention").get(
        pk=share.pk
    )  # append-only: the fund is what is locked
    convention = share.convention
    on, cents = clock.local(at).date(), to_cents(amount)
    if not _is_last(convention):
        raise ConventionRefused(
            _("Une version plus récente de « %(reference)s » est en vigueur.") % {"reference": convention.reference},
            next_step=_("Enregistrez le versement sur la part de la dernière version."),
        )
    left = share_cents_of(share) - paid_of_share_cents(share)
    if not 0 < cents <= left:
        raise ConventionRefused(
            _("La part « %(name)s » peut encore recevoir %(left)s ; le versement est de %(amount)s.")
            % {"name": share.name, "left": format_cents(max(0, left)), "amount": format_cents(cents)},
            next_step=_("Corrigez le montant, ou enregistrez une nouvelle version de la convention."),
        )
    if received_on > on or ConventionPayment.objects.filter(reference=reference.strip()).exists():
        raise ConventionRefused(
            _("Un versement est reçu avant d’être enregistré, et ne s’enregistre qu’une fois."),
            next_step=_("Vérifiez la date et la référence du virement."),
        )
    compartment = lock_compartment(share.compartment_id)
    payment = ConventionPayment(
        share=share, amount=amount, received_on=received_on, reference=reference.strip(), recorded_by=by,
        recorded_at=at,
    )  # fmt: skip
    payment.entry = post_entry(
        entity=compartment.issuer,
        journal="PT",
        key=f"convention_payment:{payment.uuid}",
        transfers=[
            Line(
                account_for(compartment.issuer, Purpose.BANK),
                compartment_account(compartment, Purpose.EARMARKED_GRANT),
                cents,
            )
        ],
        accounting_date=on,
        value_date=received_on,
        label=f"Versement de convention {convention.reference}"[:200],
        piece_ref=str(payment.uuid),
        piece_date=received_on,
        source=("convention_payment", payment.uuid),
        at=at,
    )
    payment.save(force_insert=True)
    if share.target != EarmarkedShare.Target.ALL:
        adopt_rule(fund=fund, data=_earmark(share, compartment, on), reason=_reason(convention), by=by, at=at)
    return payment


def share_cents_of(share: EarmarkedShare) -> int:
    """Return what a share promises, in whole cents rounded down."""
    return to_cents(share.convention.promised) * share.share_bp // WHOLE_BP


def paid_of_share_cents(share: EarmarkedShare) -> int:
    """Return what was paid for a share, all versions of its convention together: a share keeps its name."""
    rows = ConventionPayment.objects.filter(
        share__convention__fund=share.convention.fund, share__convention__reference=share.convention.reference,
        share__name=share.name,
    )  # fmt: skip
    return int((rows.aggregate(sum=Sum("amount"))["sum"] or 0) * 100)


def paid_cents(fund: Fund, reference: str) -> int:
    """Return what was paid of a convention, all its versions together."""
    rows = ConventionPayment.objects.filter(share__convention__fund=fund, share__convention__reference=reference)
    return int((rows.aggregate(sum=Sum("amount"))["sum"] or 0) * 100)


def _check_shares(shares: Sequence[ShareTerms]) -> None:
    names = [one.name.strip() for one in shares]
    if "" in names or len(set(names)) < len(names):
        raise ConventionRefused(
            _("Chaque part fléchée a un nom à elle : ses versements s’y comptent d’une version à l’autre."),
            next_step=_("Nommez chaque part autrement."),
        )
    for one in shares:
        code = one.target_code.strip()
        level, _colon, place = code.partition(":")
        is_known = {
            EarmarkedShare.Target.ALL: code == "",
            EarmarkedShare.Target.SECTOR: _SECTOR.fullmatch(code) is not None,
            EarmarkedShare.Target.PLACE: Territory.objects.filter(level=level, code=place, is_current=True).exists(),
        }[EarmarkedShare.Target(one.target)]
        if not is_known:
            raise ConventionRefused(
                _("« %(code)s » n’est ni un territoire en vigueur (NIVEAU:CODE), ni un début de code d’activité.")
                % {"code": code[:40]},
                next_step=_("Écrivez par exemple DEPARTEMENT:62, ou 35.11."),
            )


def _first_of(share: EarmarkedShare) -> EarmarkedShare:
    """Return the share of this name in the first version that had it: the rule keeps its code across versions."""
    same = EarmarkedShare.objects.filter(
        convention__fund=share.convention.fund, convention__reference=share.convention.reference, name=share.name
    )
    return same.earliest("pk")


def _is_last(convention: Convention) -> bool:
    return not Convention.objects.filter(
        fund=convention.fund, reference=convention.reference, version__gt=convention.version
    ).exists()


def _earmark(share: EarmarkedShare, compartment: Compartment, on: date) -> dict[str, Any]:
    kind = "places" if share.target == EarmarkedShare.Target.PLACE else "sectors"
    params: dict[str, Any] = {kind: [share.target_code], "expires_on": share.convention.valid_to.isoformat()}
    if compartment.is_strict:
        params |= {"strictness": "STRICT", "fallback": "NEXT"}
    else:
        params |= {"strictness": "PREFERENCE", "fallback": "POOL", "cents": paid_of_share_cents(share)}
    return {
        "code": f"convention-{_first_of(share).pk}", "kind": "EARMARK", "params": params,
        "scope": f"compartment:{compartment.slug}", "valid_from": on.isoformat(),
    }  # fmt: skip


def _reason(convention: Convention) -> str:
    return _("Part fléchée de « %(reference)s », version %(version)s.") % {
        "reference": convention.reference, "version": convention.version,
    }  # fmt: skip


def _percent(share_bp: int) -> str:
    whole, rest = divmod(share_bp, 100)
    return f"{whole},{rest:02}" if rest else str(whole)
