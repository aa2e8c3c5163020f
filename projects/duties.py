"""What the project side does by itself, hour after hour: each subject has its own duties."""

from projects.applications import duties as application_duties
from projects.labels import duties as label_duties
from projects.monitoring import duties as monitoring_duties
from projects.organisations import duties as organisation_duties

__all__ = ["application_duties", "label_duties", "monitoring_duties", "organisation_duties"]
