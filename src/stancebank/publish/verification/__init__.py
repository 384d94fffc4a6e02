"""Verification: whether a folder is what it says, told from the folder alone. Nothing in it is trusted."""

from stancebank.publish.verification.faults import CHECKS, CODES, Fault
from stancebank.publish.verification.verify import Verified, Wanted, verify

__all__ = ["CHECKS", "CODES", "Fault", "Verified", "Wanted", "verify"]
