"""A service's table."""

from aws_cdk import aws_dynamodb as dynamodb

from infra.constructs.service_stack import ServiceStack
from infra.names import BOARD


def records_table(scope: ServiceStack, *, name: str | None = None, with_board: bool = False) -> dynamodb.Table:
    """The service's own table (or one of another name): on demand, restorable to any second, kept where the stage protects data."""
    table = dynamodb.Table(
        scope,
        "Records",
        table_name=name or scope.names.table(scope.service),
        partition_key=_text("pk"),
        sort_key=_text("sk"),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=scope.stage.protects_data,
        removal_policy=scope.data_removal,
    )
    if with_board:
        table.add_global_secondary_index(
            index_name=BOARD,
            partition_key=_text("board"),
            sort_key=_text("due"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["summary"],  # not the facts: each copy of them would be paid for
        )
    return table


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
