"""What `tenmatsu site` calls things, in both languages."""

from tenmatsu.model.site_map import Entry, EntryKind
from tenmatsu.model.words import Words, plain
from tenmatsu.site.picture import Box, Picture


def name_box(box: Box) -> Words:
    """Return what stands as the name of a box."""
    if box.entry is not None:
        return plain(box.entry.name)
    parts = [(GUESTS, box.guests), (SERVICES, box.services)]
    if box.kind is EntryKind.OUTSIDE:
        parts = [(OUTSIDE, box.guests)]
    told = [words.fill(count=count) for words, count in parts if count]
    return Words("+ " + ", ".join(one.en for one in told), "+ " + "、".join(one.ja for one in told))


def describe_box(box: Box, picture: Picture, *, places: bool = True) -> Words:
    """Return what a box is, in a few words: role, place, system, and with `places` what it is on."""
    if box.entry is None:
        return ON.fill(on=box.on) if box.on and places else plain("")
    entry = box.entry
    facts = [one for one in _facts(entry) if one]
    words = plain(" ".join(facts))
    if entry.on and places:
        words += (plain("  ") if facts else plain("")) + ON.fill(on=entry.on)
    if entry.kind is EntryKind.HOST:
        guests = sum(one.guests if one.entry is None else 1 for one in picture.on(entry.name))
        words += plain("  ") + GUESTS.fill(count=guests) if guests else plain("")
    return words + plain(f"  {entry.note}") if entry.note else words


def _facts(entry: Entry) -> tuple[str, ...]:
    port = f":{entry.port}" if entry.port and not entry.url else ""
    product = entry.api.product.value if entry.api else ""
    return entry.role, entry.url or port, product, " ".join(entry.addresses), entry.system


LAYER_NAMES = {
    EntryKind.OUTSIDE: Words("outside", "外部"),
    EntryKind.SERVICE: Words("services", "サービス"),
    EntryKind.GUEST: Words("guests", "ゲスト"),
    EntryKind.HOST: Words("hosts", "ホスト"),
}
ON = Words("on {on}", "{on} 上")
GUESTS = Words("{count:guest|guests}", "ゲスト {count} 台")
SERVICES = Words("{count:service|services}", "サービス {count} 個")
OUTSIDE = Words("{count} outside", "外部 {count} 件")
