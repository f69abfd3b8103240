"""A guest is found from below by what it is, never by what it is called."""

from tenmatsu.model.below import GuestFacts, Power
from tenmatsu.model.marks import Marks, find_guest, swap_uuid

UUID = "564d1c2a-0102-0304-0506-0708090a0b0c"


def guest(key: str, **fields: object) -> GuestFacts:
    return GuestFacts(key=key, name="web1", host="esx1", power=Power.ON, **fields)  # type: ignore[arg-type]


def test_the_surest_mark_that_fits_decides() -> None:
    by_address, by_uuid = guest("a", addresses=("192.0.2.21",)), guest("b", uuid=UUID)
    marks = Marks(uuid=UUID, addresses=("192.0.2.21",))
    assert find_guest(marks, [by_address, by_uuid]) == (by_uuid, "uuid")


def test_a_uuid_that_the_firmware_shows_turned_round_is_the_same() -> None:
    turned = swap_uuid(UUID)
    assert turned == "2a1c4d56-0201-0403-0506-0708090a0b0c"
    assert find_guest(Marks(uuid=turned), [guest("a", uuid=UUID)]) is not None


def test_a_mark_that_fits_two_proves_nothing_and_the_next_is_tried() -> None:
    clones = [guest("a", uuid=UUID, macs=("52:54:00:00:00:01",)), guest("b", uuid=UUID)]
    assert find_guest(Marks(uuid=UUID), clones) is None
    found = find_guest(Marks(uuid=UUID, macs=("52:54:00:00:00:01",)), clones)
    assert found == (clones[0], "mac")


def test_names_never_join_unless_the_owner_says_so_and_nothing_surer_does() -> None:
    assert find_guest(Marks(), [guest("a")]) is None
    called = Marks(called="web1")
    assert find_guest(called, [guest("a")]) == (guest("a"), "called")
    assert find_guest(called, [guest("a"), guest("b")]) is None
    assert find_guest(Marks(called="b", uuid=UUID), [guest("a", uuid=UUID), guest("b")]) == (
        guest("a", uuid=UUID),
        "uuid",
    )


def test_marks_of_both_sides_add_up() -> None:
    both = Marks(macs=("a",)) + Marks(uuid=UUID, macs=("a", "b"))
    assert both == Marks(uuid=UUID, macs=("a", "b"))
