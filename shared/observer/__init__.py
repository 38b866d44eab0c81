"""The observer of a saga: sees every fact, commands nothing, reminds the pivot."""
