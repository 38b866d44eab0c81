"""A comparison as people read it: one content, as a terminal shows it, as Markdown, as one HTML page."""
