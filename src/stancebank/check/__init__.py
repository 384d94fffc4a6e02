"""Rules over a workspace: everything that makes its data trustworthy, as findings."""

from stancebank.check.corpus import check_history
from stancebank.check.workspace import Report, check_workspace

__all__ = ["Report", "check_history", "check_workspace"]
