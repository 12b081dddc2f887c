"""The rows of the host, one file for each aggregate."""

from ats.models.candidates import Candidate, CandidateValue, fold
from ats.models.companies import Company
from ats.models.fields import CandidateField, FieldType
from ats.models.imports import CandidateImport
from ats.models.jobs import Application, Interview, Job, JobStatus, Stage
from ats.models.teams import Team, TeamMember
from ats.models.users import Role, User

__all__ = [
    "Application",
    "Candidate",
    "CandidateField",
    "CandidateImport",
    "CandidateValue",
    "Company",
    "FieldType",
    "Interview",
    "Job",
    "JobStatus",
    "Role",
    "Stage",
    "Team",
    "TeamMember",
    "User",
    "fold",
]
