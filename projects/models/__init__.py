"""Tables of the project side, one module per subject."""

from projects.models.applications import Application, ApplicationPiece, ApplicationVersion, SectionAnswers
from projects.models.awards import Award
from projects.models.forms import Call, Form
from projects.models.indicators import Indicator
from projects.models.instruction import (
    Answer,
    Appeal,
    ApplicationMessage,
    Assignment,
    EligibilityCheck,
    ExpertOpinion,
    InstructionNote,
    Question,
    QuestionRound,
    Refusal,
    RefusalReason,
    SiteVisit,
)
from projects.models.organisations import Membership, Organisation
from projects.models.projects import Project, Theme

__all__ = [
    "Answer",
    "Appeal",
    "Application",
    "ApplicationMessage",
    "ApplicationPiece",
    "ApplicationVersion",
    "Assignment",
    "Award",
    "Call",
    "EligibilityCheck",
    "ExpertOpinion",
    "Form",
    "Indicator",
    "InstructionNote",
    "Membership",
    "Organisation",
    "Project",
    "Question",
    "QuestionRound",
    "Refusal",
    "RefusalReason",
    "SectionAnswers",
    "SiteVisit",
    "Theme",
]
