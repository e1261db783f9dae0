"""How a document of ours is signed."""

from enum import StrEnum


class SignatureLevel(StrEnum):
    """The baseline level of a PAdES signature (ETSI EN 319 142-1)."""

    B_B = "B-B"  # the signer's certificate alone: the moment is the signer's own word
    B_T = "B-T"  # with a time stamp, by which somebody else says when
