"""The AWS adapters: DynamoDB ledger, EventBridge publisher, SQS entry, settings, telemetry. Only these know boto3."""
