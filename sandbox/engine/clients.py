"""boto3 clients that speak to one local engine, and to nothing else whatever this machine's settings say."""

import os
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient

REGION = "us-east-1"
ACCOUNT = "000000000000"
ACCESS_KEY = SECRET_KEY = "test"  # noqa: S105 - what everybody uses for local engines

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=70,  # longer than any function here may run
    retries={"total_max_attempts": 3, "mode": "standard"},
    proxies={},
    inject_host_prefix=False,  # StartSyncExecution would otherwise go to sync-127.0.0.1
)


class Clients:
    """Makes clients of one endpoint; safe to use from several threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(botocore_session=_deaf_session(), region_name=REGION)
        self._made: dict[tuple[object, ...], Any] = {}
        self._lock = Lock()

    @overload
    def client(self, service: Literal["cloudformation"], **credentials: str) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["dynamodb"], **credentials: str) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["events"], **credentials: str) -> "EventBridgeClient": ...
    @overload
    def client(self, service: Literal["lambda"], **credentials: str) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["s3"], **credentials: str) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sqs"], **credentials: str) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["ssm"], **credentials: str) -> "SSMClient": ...
    @overload
    def client(self, service: str, **credentials: str) -> Any: ...
    def client(self, service: str, **credentials: str) -> Any:
        """A client of a service, made once.

        It acts as root unless `credentials` name somebody else: aws_access_key_id,
        aws_secret_access_key, aws_session_token, as boto3 calls them.
        """
        identity: dict[str, Any] = {**(credentials or _ROOT)}
        key = (service, *sorted(identity.items()))
        with self._lock:
            if key not in self._made:
                self._made[key] = self._session.client(service, endpoint_url=self.endpoint, config=_CONFIG, **identity)
            return self._made[key]


_ROOT = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}


def _deaf_session() -> botocore.session.Session:
    """A session with botocore's defaults alone: no AWS_* variable, no ~/.aws, no profile."""
    stock = botocore.session.Session.SESSION_VARIABLES
    nowhere = {"config_file": os.devnull, "credentials_file": os.devnull}
    return botocore.session.Session(
        session_vars={
            name: (in_file, None, nowhere.get(name, default), convert)
            for name, (in_file, _, default, convert) in stock.items()
        }
    )
