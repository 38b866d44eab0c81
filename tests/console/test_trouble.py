"""Expected failures become one sentence: what happened, to which thing, what to do."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from console.trouble import Exit, Trouble, in_a_sentence
from sandbox.engine.engine import EngineError
from shared.aws.clients import understood


def refused(code: str, message: str = "", call: str = "PutEvents") -> ClientError:
    """An answer of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, call)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentialsError(), r"no usable AWS credentials .*: set AWS_PROFILE"),
        (NoRegionError(), r"no AWS region is set: set AWS_DEFAULT_REGION"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), r"nothing answers .*4566.*`wayfare up`"),
        (refused("AccessDeniedException", "not authorized"), r"PutEvents is not permitted \(not authorized\): ask"),
        (refused("ExpiredToken"), r"does not accept the credentials for PutEvents .*: renew"),
        (refused("ResourceNotFoundException", call="Query"), r"the observer's table does not exist .*: deploy it"),
        (refused("AWS.SimpleQueueService.NonExistentQueue", "no queue"), r"no queue.*: deploy it"),
        (refused("ValidationException", "too long."), r"PutEvents was refused \(ValidationException\): too long$"),
        (EngineError("port 1 is taken: choose another"), r"^port 1 is taken: choose another$"),
    ],
)
def test_each_failure_has_its_cure(error: Exception, told: str) -> None:
    """The sentence names the thing and what to do, and the exit code says that it was not reached."""
    trouble = in_a_sentence(error)
    with pytest.raises(Trouble, match=told):
        raise trouble
    assert trouble.code is Exit.UNREACHABLE


@pytest.mark.parametrize("error", [NoCredentialsError(), refused("ThrottlingException"), refused("AccessDenied")])
def test_the_observers_log_hides_no_cause(error: ClientError | BotoCoreError) -> None:
    """What the log says in the saga's words is told as AWS said it."""
    with pytest.raises(Exception, match=r".") as caught:
        raise understood(error) from error
    assert str(in_a_sentence(caught.value)) == str(in_a_sentence(error))
