"""What the project side does by itself, hour after hour: each subject has its own duties."""

from projects.applications import duties as application_duties

__all__ = ["application_duties"]
