"""Tables of the project side, one module per subject."""

from projects.models.applications import Application, ApplicationPiece, ApplicationVersion, SectionAnswers
from projects.models.assessments import Assessment, AssessmentAnswer, AssessmentOutcome
from projects.models.awards import Award, Evidence
from projects.models.charters import CharterSignature, MisuseReport
from projects.models.committee import College, Committee, Draw, Grid, GridCriterion, SchemeAxis, Seat
from projects.models.committee_sessions import (
    AgendaItem,
    Attendance,
    Ballot,
    Condition,
    ConflictDeclaration,
    Decision,
    Minutes,
    MinutesSignature,
    Outcome,
    Recusal,
    Review,
    Score,
    Session,
    Vote,
)
from projects.models.forms import Call, Form
from projects.models.groupings import CircuitCarrier, Grouping, GroupingActivity, GroupingMember, PooledResource
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
from projects.models.labels import Criterion, CriterionWeight, FinancialProduct, Label, SubjectType
from projects.models.monitoring import RegisterDrift, RegisterSnapshot, Report, ReportPiece, ReportValue
from projects.models.organisations import Membership, Organisation
from projects.models.places import TerritoryRole
from projects.models.programmes import MemberBenefit, ProgrammePart
from projects.models.projects import Project, Theme
from projects.models.registers import RegisterCheck, RegisterEntry
from projects.models.teams import Invitation, SignOff
from projects.models.tools import KeptAnswers, Tool

__all__ = [
    "AgendaItem",
    "Answer",
    "Appeal",
    "Application",
    "ApplicationMessage",
    "ApplicationPiece",
    "ApplicationVersion",
    "Assessment",
    "AssessmentAnswer",
    "AssessmentOutcome",
    "Assignment",
    "Attendance",
    "Award",
    "Ballot",
    "Call",
    "CharterSignature",
    "CircuitCarrier",
    "College",
    "Committee",
    "Condition",
    "ConflictDeclaration",
    "Criterion",
    "CriterionWeight",
    "Decision",
    "Draw",
    "EligibilityCheck",
    "Evidence",
    "ExpertOpinion",
    "FinancialProduct",
    "Form",
    "Grid",
    "GridCriterion",
    "Grouping",
    "GroupingActivity",
    "GroupingMember",
    "Indicator",
    "InstructionNote",
    "Invitation",
    "KeptAnswers",
    "Label",
    "MemberBenefit",
    "Membership",
    "Minutes",
    "MinutesSignature",
    "MisuseReport",
    "Organisation",
    "Outcome",
    "PooledResource",
    "ProgrammePart",
    "Project",
    "Question",
    "QuestionRound",
    "Recusal",
    "Refusal",
    "RefusalReason",
    "RegisterCheck",
    "RegisterDrift",
    "RegisterEntry",
    "RegisterSnapshot",
    "Report",
    "ReportPiece",
    "ReportValue",
    "Review",
    "SchemeAxis",
    "Score",
    "Seat",
    "SectionAnswers",
    "Session",
    "SignOff",
    "SiteVisit",
    "SubjectType",
    "TerritoryRole",
    "Theme",
    "Tool",
    "Vote",
]
