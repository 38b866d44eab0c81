"""A saga's graph for people: as Mermaid, as tables, as JSON, in the documents."""
