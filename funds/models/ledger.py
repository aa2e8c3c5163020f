"""The books: transfers balanced by shape, entries that only grow, seals that number and chain them (D3, A1, A2)."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from funds.models.entities import LegalEntity
from investors.models import Party, User


class Account(models.Model):
    """One account of one entity; an auxiliary account names the party, the offer, or both, that it is about."""

    class Kind(models.TextChoices):
        ASSET = "ASSET", _("Actif")
        LIABILITY = "LIABILITY", _("Passif")
        EQUITY = "EQUITY", _("Capitaux propres")
        INCOME = "INCOME", _("Produit")
        EXPENSE = "EXPENSE", _("Charge")

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="accounts")
    number = models.CharField(_("numéro"), max_length=12)
    name = models.CharField(_("intitulé"), max_length=160)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_accounts")
    offer = models.ForeignKey(
        "funds.Offer", on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_accounts"
    )
    currency = models.CharField(_("monnaie"), max_length=3, default="EUR")

    class Meta:
        verbose_name = _("compte")
        # An account may be renamed with a new edition of its chart; what it is may not change under its transfers.
        triggers = [
            pgtrigger.Protect(name="account_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="account_identity", fields=["entity", "number", "kind", "party", "offer", "currency"]
            ),
        ]
        constraints = (
            models.UniqueConstraint(
                name="account_once_per_owner",
                fields=("entity", "number", "party", "offer", "currency"),
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Journal(models.Model):
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="journals")
    code = models.CharField(_("code"), max_length=6)
    name = models.CharField(_("nom"), max_length=80)

    class Meta:
        verbose_name = _("journal")
        verbose_name_plural = _("journaux")
        constraints = (models.UniqueConstraint(name="journal_code_once", fields=("entity", "code")),)

    def __str__(self) -> str:
        return self.code


class FiscalYear(models.Model):
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="fiscal_years")
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))

    class Meta:
        verbose_name = _("exercice")
        constraints = (
            models.UniqueConstraint(name="fiscal_year_once", fields=("entity", "starts_on")),
            models.CheckConstraint(name="fiscal_year_forward", condition=Q(ends_on__gt=F("starts_on"))),
        )

    def __str__(self) -> str:
        return f"{self.entity} {self.ends_on:%Y}"


class PeriodClosing(models.Model):
    """A closed month: no entry may be dated in it any more. Append-only."""

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="closings")
    month = models.DateField(_("mois (premier jour)"))
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    closed_at = models.DateTimeField(_("clos le"))

    class Meta:
        verbose_name = _("clôture de période")
        triggers = append_only.triggers("period_closing")
        constraints = (
            models.UniqueConstraint(name="month_closed_once", fields=("entity", "month")),
            models.CheckConstraint(name="closing_names_first_day", condition=Q(month__day=1)),
        )

    def __str__(self) -> str:
        return f"{self.entity} {self.month:%Y-%m}"


class Entry(models.Model):
    """One event in the books of one entity: a set of transfers with a unique key. Never changed, never deleted."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No index of their own: the entity leads two others, and nothing looks entries up by journal.
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="entries", db_index=False)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries", db_index=False)
    key = models.CharField(_("clé"), max_length=120)
    accounting_date = models.DateField(_("date comptable"))
    value_date = models.DateField(_("date de valeur"))
    label = models.CharField(_("libellé"), max_length=200)
    piece_ref = models.CharField(_("pièce"), max_length=80)
    piece_date = models.DateField(_("date de la pièce"))
    source_type = models.CharField(_("origine"), max_length=40)
    source_uuid = models.UUIDField(_("objet d’origine"), null=True)
    content_hash = models.BinaryField(max_length=32)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    posted_at = models.DateTimeField(_("écrite le"))

    class Meta:
        verbose_name = _("écriture")
        triggers = append_only.triggers("entry")
        constraints = (models.UniqueConstraint(name="entry_key_once_per_entity", fields=("entity", "key")),)
        indexes = (
            models.Index(fields=("source_type", "source_uuid")),
            models.Index(fields=("entity", "accounting_date")),
        )

    def __str__(self) -> str:
        return self.key


class Transfer(models.Model):
    """Cents moved from one account (debit) to another (credit) of the same entity. Never changed, never deleted."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="transfers")
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    amount_cents = models.BigIntegerField(_("montant en centimes"))

    class Meta:
        verbose_name = _("mouvement")
        triggers = append_only.triggers("transfer")
        constraints = (
            models.CheckConstraint(name="transfer_amount_positive", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(name="transfer_between_two_accounts", condition=~Q(debit=F("credit"))),
        )

    def __str__(self) -> str:
        return f"{self.debit_id}→{self.credit_id} {self.amount_cents}"


class OpeningLine(models.Model):
    """One balance brought forward by the opening entry of a financial year. Append-only.

    Balances are sums of transfers over all years, so carrying them forward moves nothing: these lines only repeat, for
    the year's file, what the books held on the evening before (LPF A47 A-1: opening balances first).
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="opening_lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="opening_lines")
    debit_cents = models.BigIntegerField(_("débit en centimes"), default=0)
    credit_cents = models.BigIntegerField(_("crédit en centimes"), default=0)

    class Meta:
        verbose_name = _("solde reporté")
        verbose_name_plural = _("soldes reportés")
        triggers = append_only.triggers("opening_line")
        constraints = (
            models.UniqueConstraint(name="opening_line_once_per_account", fields=("entry", "account")),
            models.CheckConstraint(
                name="opening_line_on_one_side",
                condition=Q(debit_cents__gt=0, credit_cents=0) | Q(debit_cents=0, credit_cents__gt=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.debit_cents - self.credit_cents}"


class Seal(models.Model):
    """The gapless number and the chained hash given to an entry afterwards (ruling A2). Append-only."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="seals")
    fiscal_year = models.ForeignKey(FiscalYear, on_delete=models.PROTECT, related_name="seals")
    number = models.PositiveBigIntegerField(_("numéro"))
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(_("validée le"))

    class Meta:
        verbose_name = _("sceau")
        triggers = append_only.triggers("seal")
        constraints = (models.UniqueConstraint(name="seal_number_once", fields=("entity", "fiscal_year", "number")),)

    def __str__(self) -> str:
        return str(self.number)


class BooksCheck(models.Model):
    """One run of `check_books`, kept whatever it said: the solvency page shows the failures too. Append-only."""

    checked_at = models.DateTimeField(_("vérifié le"))
    entries = models.PositiveBigIntegerField(_("écritures"))
    transfers = models.PositiveBigIntegerField(_("mouvements"))
    problems = models.JSONField(_("anomalies"), default=list)

    class Meta:
        verbose_name = _("contrôle des comptes")
        verbose_name_plural = _("contrôles des comptes")
        triggers = append_only.triggers("books_check")

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M} – {len(self.problems)}"
