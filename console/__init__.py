"""What a person uses: the `wayfare` command."""
