"""What everything is called. Stacks find each other by these names alone; nothing is exported."""

from dataclasses import dataclass
from typing import Final

PLATFORM: Final = "platform"
QUARANTINE: Final = "quarantine"
BOARD: Final = "board"
"""The observer's index of open trips by due time."""


@dataclass(frozen=True, slots=True)
class Names:
    """Physical names within one stage; unique in an account and region."""

    stage: str
    app: str = "wayfare"
    """What every name begins with: stages of two sagas live side by side."""

    @property
    def bus(self) -> str:
        return f"{self.app}-{self.stage}"

    @property
    def archive(self) -> str:
        return f"{self.app}-{self.stage}-requests"

    @property
    def alarm_topic(self) -> str:
        return f"{self.app}-{self.stage}-alarms"

    @property
    def quarantine(self) -> str:
        return f"{self.app}-{self.stage}-{QUARANTINE}"

    @property
    def metrics_namespace(self) -> str:
        """CloudWatch namespace; stages in one account must not add up to one metric."""
        return f"{self.app.capitalize()}/{self.stage}"

    @property
    def machine(self) -> str:
        return f"{self.app}-{self.stage}-orchestrator"

    def stack(self, service: str) -> str:
        """The stack of a service, or of `platform`."""
        return f"{self.app}-{self.stage}-{service}"

    def table(self, service: str) -> str:
        return f"{self.app}-{self.stage}-{service}"

    @property
    def dossiers(self) -> str:
        """The table that all participants of a saga share, if it keeps dossiers."""
        return f"{self.app}-{self.stage}-dossiers"

    def queue(self, service: str, role: str) -> str:
        return f"{self.app}-{self.stage}-{service}-{role}"

    def function(self, service: str, role: str) -> str:
        return f"{self.app}-{self.stage}-{service}-{role}"

    def log_group(self, service: str, role: str) -> str:
        return f"/{self.app}/{self.stage}/{service}-{role}"

    def rule(self, service: str, role: str, purpose: str) -> str:
        return f"{self.app}-{self.stage}-{service}-{role}-{purpose}"


def dead_letters(queue: str) -> str:
    """The name of a queue's dead-letter queue."""
    return f"{queue}-dlq"


@dataclass(frozen=True, slots=True)
class Place:
    """An account and region, real or a CloudFormation token; makes ARNs from names."""

    account: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bus(self, name: str) -> str:
        return self.arn("events", f"event-bus/{name}")

    def rule(self, bus: str, name: str) -> str:
        return self.arn("events", f"rule/{bus}/{name}")

    def queue(self, name: str) -> str:
        return self.arn("sqs", name)

    def topic(self, name: str) -> str:
        return self.arn("sns", name)

    def table(self, name: str) -> str:
        return self.arn("dynamodb", f"table/{name}")

    def function(self, name: str) -> str:
        return self.arn("lambda", f"function:{name}")

    def machine(self, name: str) -> str:
        return self.arn("states", f"stateMachine:{name}")

    def executions(self, machine: str) -> str:
        return self.arn("states", f"execution:{machine}:*")

    def log_group(self, name: str) -> str:
        return self.arn("logs", f"log-group:{name}")
