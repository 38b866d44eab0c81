"""A line of the saga log on the screen."""

from console.render import EVENT_STYLES, STYLES, Entry
from console.screen import Screen


def say_entry(screen: Screen, entry: Entry) -> None:
    """Print the line, coloured by what it tells."""
    ended = next((style for status, style in STYLES.items() if status in entry.line.note), "")
    style = ended if (entry.line.event, entry.line.step) == ("end", "saga") else EVENT_STYLES.get(entry.line.event, "")
    screen.say(str(entry), style)
