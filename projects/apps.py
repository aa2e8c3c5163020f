from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("Projets")

    def ready(self) -> None:
        from investors.selectors import audit_kind
        from projects.models import Award, Membership, Organisation, Project

        audit_kind("organisations", _("Organisations"), Organisation)
        audit_kind("membres", _("Membres d’organisations"), Membership)
        audit_kind("projets", _("Projets"), Project)
        audit_kind("labels", _("Labels attribués"), Award)
