"""The boto3 clients, made once per function, and which of their errors are worth another try."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from shared.message import Unreadable
from shared.ports import Busy

CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)

BUSY = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalException",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error and cancellation codes that say nothing about the request itself."""


@cache
def client(service: str) -> Any:
    """The one client of a service; boto3 finds region, credentials and endpoint in the function's environment."""
    return boto3.client(service, config=CONFIG)


def understood(error: ClientError | BotoCoreError) -> Exception:
    """An AWS error in the saga's words: `Busy`, `Unreadable` (this message can never be written), or itself (a bug, or a wrong deployment)."""
    if isinstance(error, ParamValidationError):
        return Unreadable(str(error))
    if isinstance(error, BotoCoreError):
        return Busy(f"{type(error).__name__}: {error}")
    code = error.response["Error"]["Code"]
    if code in BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Busy(code)
    if code == "ValidationException":
        return Unreadable(error.response["Error"].get("Message", code))
    return error


@contextmanager
def understanding() -> Iterator[None]:
    """Raise AWS errors as `understood` has them."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        meaning = understood(error)
        if meaning is error:
            raise
        raise meaning from error
