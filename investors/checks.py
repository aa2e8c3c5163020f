"""What the staff checks of a person, each a fact of its own: the identity, the sanctions lists, the account (B29)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.models import Party, PartyCheck, User
from investors.selectors import parties_acted_for

_DATED_IN = {
    PartyCheck.Kind.IDENTITY: "kyc_verified_at",
    PartyCheck.Kind.LISTS: "screened_at",
    PartyCheck.Kind.IBAN: "iban_verified_at",
}


class PartyCheckRefused(RuleViolation):
    """A check cannot be written as things stand: no evidence, no account, or a check of oneself."""

    rule = "party-check"


@transaction.atomic
def record_check(
    *, party: Party, kind: PartyCheck.Kind, evidence: str, by: User, at: datetime, iban_hash: str = ""
) -> PartyCheck:
    """Write that a person was checked, on what evidence; the person is dated by it.

    Args: evidence: what was looked at, in a sentence. iban_hash: of the account that was shown, when one was: an
        account changed meanwhile is not taken for it.
    Raises: PartyCheckRefused.
    """
    evidence = evidence.strip()
    if not evidence or len(evidence) > 300:
        raise PartyCheckRefused(
            _("Un contrôle dit sur quelle preuve il repose, en 300 signes au plus."),
            next_step=_("Écrivez ce qui a été regardé : pièce, liste et date, relevé d’identité bancaire."),
        )
    party = Party.objects.select_for_update().get(pk=party.pk)
    if parties_acted_for(by, clock.local(at).date()).filter(pk=party.pk).exists():
        raise PartyCheckRefused(
            _("Personne ne contrôle sa propre identité, ni celle de qui il représente."),
            next_step=_("Demandez à une autre personne de la conformité."),
        )
    if kind == PartyCheck.Kind.IBAN and (not party.iban or (iban_hash and iban_hash != party.iban_hash)):
        raise PartyCheckRefused(
            _("Cette personne n’a pas enregistré de compte, ou vient d’en changer."),
            next_step=_("Rechargez la page et regardez le compte enregistré."),
        )
    check = PartyCheck.objects.create(
        party=party, kind=kind, evidence=evidence, by=by, made_at=at,
        iban_hash=party.iban_hash if kind == PartyCheck.Kind.IBAN else "",
    )  # fmt: skip
    dated = _DATED_IN[kind]
    setattr(party, dated, at)
    party.save(update_fields=[dated])
    return check
