"""What the national registers say: rows of the files imported, and each answer given about an organisation."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from projects.models.organisations import REGISTER_ANSWERED, Organisation, RegisterState


class RegisterEntry(models.Model):
    """A legal person as the last file imported told it. Found by SIREN, or by RNA for an association without one."""

    siren = models.CharField(_("SIREN"), max_length=9, blank=True, db_index=True)
    rna = models.CharField(_("numéro RNA"), max_length=10, blank=True, db_index=True)
    siret = models.CharField(_("SIRET du siège"), max_length=14, blank=True)
    name = models.CharField(_("dénomination"), max_length=200)
    legal_category = models.CharField(_("catégorie juridique"), max_length=4, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5, blank=True)
    is_active = models.BooleanField(_("en activité"), default=True)
    is_ess = models.BooleanField(_("déclarée de l’ESS"), null=True)
    address = models.CharField(_("adresse du siège"), max_length=200, blank=True)
    directors = models.CharField(_("dirigeants"), max_length=400, blank=True)  # "NOM Prénom, qualité | …"
    insolvency = models.CharField(_("procédure collective"), max_length=200, blank=True)  # the last notice, or nothing
    source = models.CharField(_("fichier"), max_length=120)
    as_of = models.DateField(_("état au"))

    class Meta:
        verbose_name = _("ligne du registre")
        verbose_name_plural = _("lignes du registre")
        constraints = (
            models.CheckConstraint(
                name="register_entry_has_a_number",
                condition=~models.Q(siren="", rna=""),
                violation_error_message=_("Une ligne du registre porte un SIREN ou un RNA."),
            ),
            models.UniqueConstraint(
                name="register_entry_once_per_siren", fields=("siren",), condition=~models.Q(siren="")
            ),
            models.UniqueConstraint(
                name="register_entry_once_per_rna", fields=("rna",), condition=models.Q(siren="") & ~models.Q(rna="")
            ),
        )

    def __str__(self) -> str:
        return self.siren or self.rna


class RegisterCheck(models.Model):
    """One answer of a register about one organisation, kept whole: what was true on that day. Append-only."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="register_checks")
    outcome = models.CharField(
        _("réponse"), max_length=10, choices=[(state.value, state.label) for state in REGISTER_ANSWERED]
    )
    checked_at = models.DateTimeField(_("consulté le"))
    source = models.CharField(_("registre"), max_length=120)
    as_of = models.DateField(_("état au"))
    answer = models.JSONField(_("réponse détaillée"), default=dict)

    class Meta:
        verbose_name = _("consultation du registre")
        verbose_name_plural = _("consultations du registre")
        ordering = ("-checked_at", "-pk")
        triggers = append_only.triggers("register_check")

    def __str__(self) -> str:
        return f"{self.organisation} {RegisterState(self.outcome).label}"
