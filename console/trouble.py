"""Errors as a person reads them: one sentence with what happened, to which thing, and what to do."""

from enum import IntEnum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import (
    ConnectionError as NotConnected,
)

from infra.packaging import PackagingFailed
from infra.synth import SynthFailed
from sandbox.engine.assembly import AssemblyError
from sandbox.engine.deploy import DeployError
from sandbox.engine.engine import EngineError
from shared.message import Unreadable
from shared.ports import Busy


class Exit(IntEnum):
    """What the command's exit code says."""

    OK = 0
    NO = 1
    """The answer is no: the trip failed, there is none, the stock cannot be set."""
    USAGE = 2
    UNREACHABLE = 3
    """Not answered in time, not deployed, not permitted."""


class Trouble(Exception):
    """An expected failure; its text is the sentence to print."""

    def __init__(self, sentence: str, code: Exit = Exit.UNREACHABLE) -> None:
        super().__init__(sentence)
        self.code = code


EXPECTED = (
    Trouble,
    EngineError,
    DeployError,
    AssemblyError,
    SynthFailed,
    PackagingFailed,
    Busy,
    Unreadable,
    ClientError,
    BotoCoreError,
)
"""What `in_a_sentence` knows how to put; anything else is a bug and shows its traceback."""

_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, ProfileNotFound)
_WRONG_KEYS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
_THINGS = {
    "GetItem": "the observer's table",
    "Query": "the observer's table",
    "Invoke": "the function",
    "PutEvents": "the bus",
}


def in_a_sentence(error: Exception) -> Trouble:
    """An expected error as trouble."""
    match error:
        case Trouble():
            return error
        case Busy() | Unreadable() if isinstance(error.__cause__, ClientError | BotoCoreError):
            return in_a_sentence(error.__cause__)
        case ClientError():
            return Trouble(_refusal(error))
        case BotoCoreError():
            return Trouble(_not_asked(error))
        case _:
            return Trouble(str(error))


def _not_asked(error: BotoCoreError) -> str:
    if isinstance(error, _CREDENTIALS):
        return (
            f"no usable AWS credentials ({_text(error)}):"
            " set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if isinstance(error, NoRegionError):
        return "no AWS region is set: set AWS_DEFAULT_REGION to the region that the stage is deployed in"
    if isinstance(error, NotConnected | HTTPClientError):
        return f"nothing answers ({_text(error)}): check the network, or start the local engine with `wayfare up`"
    return f"{type(error).__name__}: {_text(error)}"


def _refusal(error: ClientError) -> str:
    told = error.response["Error"]
    code, message, call = told.get("Code", "unknown"), _text(told.get("Message", "")), error.operation_name
    if code.startswith("AccessDenied") or code in ("AuthorizationError", "NotAuthorized"):
        return f"{call} is not permitted ({message}): ask for that permission, or use other credentials"
    if code in _WRONG_KEYS:
        return f"AWS does not accept the credentials for {call} ({code}): renew them, or use others"
    if code in _MISSING:
        thing = _THINGS.get(call, f"what {call} works on")
        return f"{thing} does not exist ({message or code}): deploy it with `wayfare deploy SERVICE --stage NAME`"
    return f"{call} was refused ({code}): {message}"


def _text(value: object) -> str:
    return str(value).strip().rstrip(".")
