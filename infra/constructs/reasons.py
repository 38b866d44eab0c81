"""Findings of cdk-nag that stay, each acknowledged on one construct with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding on one construct; any other finding still fails the synth."""
    Validations.of(scope).acknowledge(Acknowledgment(id=finding, reason=reason))
