"""Tables of the project side, one module per subject."""

from projects.models.applications import Application
from projects.models.awards import Award
from projects.models.organisations import Membership, Organisation
from projects.models.projects import Project, Theme

__all__ = ["Application", "Award", "Membership", "Organisation", "Project", "Theme"]
