"""What ships inside every function: messages, the saga runtime, the AWS adapters."""
