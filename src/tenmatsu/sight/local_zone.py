"""The machine's own time zone, for logs that are written without one."""

from datetime import UTC, tzinfo

from tenmatsu.errors import ParseError, ReachError
from tenmatsu.parse.zone import parse_zone
from tenmatsu.sight.scene import Scene


def read_zone(scene: Scene) -> tzinfo:
    """Return the local time zone; UTC where the machine names none, as the C library then does."""

    def look() -> tzinfo:
        try:
            return parse_zone(scene.reach.read("/etc/localtime"))
        except (ReachError, ParseError):
            return UTC

    return scene.once("zone", look)
