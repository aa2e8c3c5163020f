from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("Projets")

    def ready(self) -> None:
        from investors.selectors import audit_kind
        from projects.applications import acts  # noqa: F401 who instructed, for the rule of four eyes
        from projects.committee import acts as committee_acts  # noqa: F401 who voted, for the same rule
        from projects.models import (
            Appeal,
            Application,
            Assessment,
            Award,
            Call,
            CharterSignature,
            Committee,
            InstructionNote,
            Label,
            Membership,
            MisuseReport,
            Organisation,
            Project,
            Seat,
            Session,
        )
        from projects.organisations.trail import audit_organisations

        audit_kind("organisations", _("Organisations"), Organisation)
        audit_kind("membres", _("Membres d’organisations"), Membership)
        audit_kind("projets", _("Projets"), Project)
        audit_kind("labels", _("Labels attribués"), Award)
        audit_kind("appels", _("Appels à projets"), Call)
        audit_kind("dossiers", _("Dossiers"), Application)
        audit_kind("notes", _("Notes d’instruction"), InstructionNote)
        audit_kind("recours", _("Recours"), Appeal)
        audit_kind("comites", _("Comités"), Committee)
        audit_kind("sieges", _("Sièges de comité"), Seat)
        audit_kind("seances", _("Séances de comité"), Session)
        audit_kind("referentiels", _("Référentiels"), Label)
        audit_kind("evaluations", _("Évaluations"), Assessment)
        audit_kind("signatures", _("Signatures de chartes"), CharterSignature)
        audit_kind("signalements", _("Signalements"), MisuseReport)
        audit_organisations()
