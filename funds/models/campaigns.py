"""What stands around an offer: its file, its information sheet and versions, what the holder says, what is asked."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.offers import Commitment, Offer
from funds.states import OfferFileState
from investors.models import User
from projects.models import Application

HIDDEN_SAYS_WHY = Q(hidden_at=None, hidden_by=None) | (
    Q(hidden_at__isnull=False, hidden_by__isnull=False) & ~Q(hidden_reason="")
)


@track_every_change()
class OfferFile(models.Model):
    """The file of an offer: what the holder writes for the information sheet, and who reviewed it.

    `answers` holds what `funds.fici.fields` asks, by key.
    """

    class SilenceRule(models.TextChoices):
        AGREES = "AGREES", _("Qui ne vote pas est d’accord")
        ABSTAINS = "ABSTAINS", _("Qui ne vote pas s’abstient")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="file")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("état"), max_length=10, choices=OfferFileState, default=OfferFileState.DRAFT)
    answers = models.JSONField(_("réponses"), default=dict)
    silence_rule = models.CharField(
        _("règle du silence"), max_length=8, choices=SilenceRule, default=SilenceRule.ABSTAINS
    )
    # How many lenders are drawn to vote for all; none: every lender votes.
    delegates = models.PositiveSmallIntegerField(_("délégués tirés au sort"), default=0)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("créé le"))
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(_("transmis le"), null=True, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(_("relu le"), null=True, blank=True)
    review_note = models.TextField(_("mot de la relecture"), blank=True)
    # Shown to the public before it opens: intentions may then be told (ruling B31).
    announced_at = models.DateTimeField(_("annoncée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("dossier d’offre")
        constraints = (
            models.CheckConstraint(
                name="offer_file_sent_has_sender",
                condition=Q(state="DRAFT") | Q(sent_by__isnull=False, sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="offer_file_accepted_has_reviewer",
                condition=~Q(state="ACCEPTED") | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="offer_file_four_eyes",
                condition=~Q(state="ACCEPTED") | ~Q(reviewed_by=F("sent_by")),
                violation_error_message=_("Qui transmet un dossier d’offre ne le relit pas."),
            ),
        )

    def __str__(self) -> str:
        return str(self.offer)


class ThresholdComputation(models.Model):
    """What an owner would have raised over twelve months with an offer, as it was counted (E10). Append-only."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="threshold_computations")
    computed_at = models.DateTimeField(_("calculé le"))
    computed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    looks_back_to = models.DateField(_("compté depuis le"))
    raised_cents = models.BigIntegerField(_("levé ici en centimes"))
    elsewhere_cents = models.BigIntegerField(_("levé ailleurs en centimes"))
    maximum_cents = models.BigIntegerField(_("maximum de l’offre en centimes"))
    total_cents = models.BigIntegerField(_("total en centimes"))
    cap_cents = models.BigIntegerField(_("plafond en centimes"))
    lines = models.JSONField(_("offres comptées"), default=list)  # [{"offer", "state", "opens_on", "cents"}]
    parameters = models.JSONField(_("valeurs datées"), default=dict)  # key → primary key of its row

    class Meta:
        verbose_name = _("calcul du plafond")
        ordering = ("-computed_at", "-pk")
        triggers = append_only.triggers("threshold_computation")
        constraints = (
            models.CheckConstraint(
                name="threshold_adds_up",
                condition=Q(total_cents=F("raised_cents") + F("elsewhere_cents") + F("maximum_cents")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.offer}: {self.total_cents}"


class FiciVersion(models.Model):
    """One version of an offer's information sheet, issued and frozen (Regulation (EU) 2020/1503, art. 23).

    `content` is what was printed, by field; two versions are compared by it. Append-only: the last one counts.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="fici_versions")
    number = models.PositiveSmallIntegerField(_("version"))
    document = models.OneToOneField("kernel.Document", on_delete=models.PROTECT, related_name="fici_version")
    content = models.JSONField(_("contenu"))
    pages = models.PositiveSmallIntegerField(_("pages"))
    is_material = models.BooleanField(_("changement substantiel"), default=False)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    published_at = models.DateTimeField(_("publiée le"))
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version de la fiche d’informations clés")
        ordering = ("offer", "-number")
        triggers = append_only.triggers("fici_version")
        constraints = (
            models.UniqueConstraint(name="fici_number_once", fields=("offer", "number")),
            models.CheckConstraint(
                name="fici_six_pages",
                condition=Q(pages__gte=1, pages__lte=6),
                violation_error_message=_("Une fiche d’informations clés tient en six pages."),
            ),
            models.CheckConstraint(
                name="fici_later_version_says_why", condition=Q(number=1) | ~Q(reason=""),
                violation_error_message=_("Une nouvelle version dit ce qui change."),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.offer} v{self.number}"


class FiciReading(models.Model):
    """That a person opened a version of the sheet, and when: evidence for E11. Append-only."""

    version = models.ForeignKey(FiciVersion, on_delete=models.PROTECT, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("ouverte le"))

    class Meta:
        verbose_name = _("lecture de la fiche")
        triggers = append_only.triggers("fici_reading")
        constraints = (models.UniqueConstraint(name="fici_read_once", fields=("version", "user")),)

    def __str__(self) -> str:
        return f"{self.version} – {self.user}"


class RevocationRight(models.Model):
    """The right that a material change gives to whoever is engaged: to take it all back until `ends_at` (ruling B30).

    Silence keeps the commitment, then bound to the new version.
    """

    version = models.ForeignKey(FiciVersion, on_delete=models.PROTECT, related_name="rights")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="revocation_rights")
    told_at = models.DateTimeField(_("annoncé le"))
    ends_at = models.DateTimeField(_("jusqu’au"))
    used_at = models.DateTimeField(_("utilisé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("droit de retrait")
        indexes = (models.Index(fields=("ends_at",)),)
        constraints = (
            models.UniqueConstraint(name="revocation_right_once", fields=("version", "commitment")),
            models.CheckConstraint(name="revocation_right_lasts", condition=Q(ends_at__gt=F("told_at"))),
            models.CheckConstraint(
                name="revocation_right_used_after_it_starts", condition=Q(used_at=None) | Q(used_at__gte=F("told_at"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.commitment} → {self.ends_at}"


@track_every_change()
class Question(models.Model):
    """A question asked in public under an offer, and the holder's answer. Hidden ones stay, with the reason."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="questions")
    text = models.TextField(_("question"), max_length=1_000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("posée le"))
    answer_before = models.DateField(_("réponse attendue au plus tard le"))
    answer = models.TextField(_("réponse"), blank=True, max_length=4_000)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("répondue le"), null=True, blank=True)
    hidden_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    hidden_at = models.DateTimeField(_("masquée le"), null=True, blank=True)
    hidden_reason = models.CharField(_("motif"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("question")
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=("offer", "answered_at")),)
        constraints = (
            models.CheckConstraint(
                name="question_answered_iff_signed",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="question_hidden_says_why",
                condition=HIDDEN_SAYS_WHY,
                violation_error_message=_("Masquer une question demande un motif."),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.text[:60]


@track_every_change()
class CampaignUpdate(models.Model):
    """News that the holder gives under an offer."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="updates")
    title = models.CharField(_("titre"), max_length=120)
    body = models.TextField(_("nouvelle"), max_length=6_000)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("publiée le"))
    hidden_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    hidden_at = models.DateTimeField(_("masquée le"), null=True, blank=True)
    hidden_reason = models.CharField(_("motif"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("nouvelle")
        ordering = ("-published_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="update_hidden_says_why",
                condition=HIDDEN_SAYS_WHY,
                violation_error_message=_("Masquer une nouvelle demande un motif."),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.title


@track_every_change()
class TeamMember(models.Model):
    """Somebody who carries the project, as the holder presents them; `is_responsible` signs the sheet."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="team")
    rank = models.PositiveSmallIntegerField(_("rang"))
    name = models.CharField(_("nom"), max_length=120)
    role = models.CharField(_("fonction"), max_length=120)
    presentation = models.TextField(_("présentation"), blank=True, max_length=600)
    is_responsible = models.BooleanField(_("responsable de la fiche"), default=False)

    class Meta:
        verbose_name = _("membre de l’équipe")
        ordering = ("offer", "rank")
        constraints = (models.UniqueConstraint(name="team_rank_once", fields=("offer", "rank")),)

    def __str__(self) -> str:
        return self.name


@track_every_change()
class FundingSource(models.Model):
    """One line of the funding plan: who brings what. The savers' line is the offer's own maximum."""

    class Kind(models.TextChoices):
        SAVERS = "SAVERS", _("Épargnants de cette offre")
        OWN = "OWN", _("Le porteur lui-même")
        POOL = "POOL", _("Fonds régional, pot commun")
        BANK = "BANK", _("Banques")
        REGION = "REGION", _("Région et collectivités")
        OTHER = "OTHER", _("Autres")
        GUARANTEE = "GUARANTEE", _("Garantie")

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="funding")
    rank = models.PositiveSmallIntegerField(_("rang"))
    kind = models.CharField(_("qui"), max_length=10, choices=Kind)
    label = models.CharField(_("précision"), max_length=120, blank=True)
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    is_obtained = models.BooleanField(_("obtenu"), default=False)

    class Meta:
        verbose_name = _("ligne du plan de financement")
        ordering = ("offer", "rank")
        constraints = (
            models.UniqueConstraint(name="funding_rank_once", fields=("offer", "rank")),
            models.CheckConstraint(
                name="funding_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Une ligne du plan de financement est d’un montant positif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"


class Intention(models.Model):
    """What a person says they might lend or give before the campaign opens: binds nobody, told as a total (B31)."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="intentions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    told_at = models.DateTimeField(_("dite le"))
    withdrawn_at = models.DateTimeField(_("retirée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("intention")
        constraints = (
            models.UniqueConstraint(
                name="intention_one_standing", fields=("offer", "user"), condition=Q(withdrawn_at=None)
            ),
            models.CheckConstraint(
                name="intention_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Une intention est d’un montant positif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.offer}: {self.amount}"
