"""What is normal on this machine: what was seen of it when all was well, from a case that was kept then."""

from typing import Any

from tenmatsu.model.evidence import Event
from tenmatsu.model.words import Words
from tenmatsu.sight.scene import Notebook, Scene, Sight

# What findings compare; written down again under names of its own, so that the case is whole by itself.
COMPARED = ("process.capture", "program.ran")
PREFIX = "normal."


def look(scene: Scene, notebook: Notebook) -> None:
    """Write down what findings compare with; nothing where no normal was given."""
    if scene.normal is None:
        notebook.read = NOT_GIVEN
        return
    for name in COMPARED:
        for event in scene.normal.find_events(name):
            notebook.event(PREFIX + name, event.time, **_as_words(event))
    notebook.read = READ.fill(time=f"{scene.normal.window.start.astimezone():%Y-%m-%d %H:%M}")


def _as_words(event: Event) -> dict[str, Any]:
    return {key.replace(".", "__"): value for key, value in event.attributes.items()}


READ = Words("as it was at {time}", "{time} 時点の様子")
NOT_GIVEN = Words("none was given (--normal)", "指定なし (--normal)")

SIGHT = Sight(name="normal", title=Words("what is normal here", "平常時の様子"), look=look)
