"""What the tests of verification share."""

from stancebank.publish.verification import Verified, Wanted

ALONE = Wanted(readers=())


def codes(found: Verified) -> set[str]:
    return {each.code for each in found.faults}
