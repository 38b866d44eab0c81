"""What calls a person: CloudWatch alarms, as data and as resources."""

from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric that must not stay above a threshold for a number of minutes."""

    of: str
    """Physical name of what is watched; with the metric, the alarm's own name."""
    metric: str
    namespace: str
    dimension: tuple[str, str]
    statistic: Literal["Maximum", "Sum"]
    above: int = 0
    minutes: int = 1
    meaning: str
    """For whoever is called at night: what happened, and what to do."""

    def add_to(self, scope: Construct, id_: str, topic: str) -> None:
        """Make it, telling the topic with that ARN. No data is no alarm."""
        name, value = self.dimension
        cloudwatch.CfnAlarm(
            scope,
            id_,
            alarm_name=f"{self.of}-{self.metric}",
            alarm_description=self.meaning,
            namespace=self.namespace,
            metric_name=self.metric,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)],
            statistic=self.statistic,
            period=60,
            evaluation_periods=self.minutes,
            comparison_operator="GreaterThanThreshold",
            threshold=self.above,
            treat_missing_data="notBreaching",
            alarm_actions=[topic],
        )


def messages_in(queue: str, meaning: str) -> Alarm:
    """A queue that should be empty is not."""
    return Alarm(
        of=queue,
        metric="ApproximateNumberOfMessagesVisible",
        namespace="AWS/SQS",
        dimension=("QueueName", queue),
        statistic="Maximum",
        meaning=meaning,
    )


def messages_late(queue: str, seconds: int, read_by: str) -> Alarm:
    """Messages wait too long, for three minutes on end."""
    return Alarm(
        of=queue,
        metric="ApproximateAgeOfOldestMessage",
        namespace="AWS/SQS",
        dimension=("QueueName", queue),
        statistic="Maximum",
        above=seconds,
        minutes=3,
        meaning=f"Messages wait longer than {seconds} s for {read_by}",
    )


def function_trouble(function: str) -> tuple[Alarm, Alarm]:
    """A function raised, or could not be started."""
    errors = f"{function} raised or was stopped: its log says why; the messages come again"
    throttles = f"{function} was not started for lack of concurrency; the messages come again"
    return _function(function, "Errors", errors), _function(function, "Throttles", throttles)


def _function(function: str, metric: str, meaning: str) -> Alarm:
    return Alarm(
        of=function,
        metric=metric,
        namespace="AWS/Lambda",
        dimension=("FunctionName", function),
        statistic="Sum",
        meaning=meaning,
    )


def executions_stuck(arn: str, machine: str) -> Alarm:
    """An execution ran into its timeout: nobody caught that, the trip's deadline has to end it."""
    return Alarm(
        of=machine,
        metric="ExecutionsTimedOut",
        namespace="AWS/States",
        dimension=("StateMachineArn", arn),
        statistic="Sum",
        meaning=f"An execution of {machine} timed out: see its history; the trip's deadline ends the trip",
    )
