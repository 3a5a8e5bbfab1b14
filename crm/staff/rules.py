"""When a sign-in is locked, which code is good, how long a session lives (R28, R29)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network
from unicodedata import normalize

PER_ADDRESS = 5  # failures of one name from one address ...
PER_ADDRESS_WINDOW = timedelta(minutes=15)
PER_NAME = 10  # ... and of one name from anywhere
PER_NAME_WINDOW = timedelta(hours=1)
MOST_SESSIONS = 2  # of one member of staff at a time; one more ends the oldest
STRANGER_SECONDS = 15 * 60  # a session that nobody signed in to

KINDS_NEEDED = 3  # of four kinds of characters, under the policy "complexity" (R27)
SHORTEST_WORD = 3
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 5 bits each; no I, L, O, U to misread
CODE_LENGTH = 16  # 80 bits
CODE_GROUP = 4
MISREAD = str.maketrans("ILO", "110")

# In the order of the names' precision: Edge and Opera call themselves Chrome as well.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class End(StrEnum):
    """Why a session was ended before its time."""

    IDLE = "idle"
    ABSOLUTE = "absolute"
    ONE_TOO_MANY = "one_too_many"
    OWN_WISH = "own_wish"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    BY_ADMINISTRATOR = "by_administrator"
    SUSPENDED = "suspended"
    RESTORE = "restore"


def locked_until(
    failures: Sequence[tuple[datetime, str | None]], *, ip: str | None, now: datetime
) -> datetime | None:
    """Until when sign-in of one name from ``ip`` is locked, or None.

    In: (moment, address) of this name's failures, any order, aware.
    The lock is on name + address, so that one mistyping person does not lock a whole clinic
    behind one address; the second limit stops guessing from many addresses.
    """
    here = sorted(at for at, source in failures if source == ip and now - at < PER_ADDRESS_WINDOW)
    anywhere = sorted(at for at, _ in failures if now - at < PER_NAME_WINDOW)
    ends = []
    if len(here) >= PER_ADDRESS:
        ends.append(here[-PER_ADDRESS] + PER_ADDRESS_WINDOW)
    if len(anywhere) >= PER_NAME:
        ends.append(anywhere[-PER_NAME] + PER_NAME_WINDOW)
    return max(ends, default=None)


def matching_step(codes: Sequence[tuple[int, int]], *, given: int, last_step: int) -> int | None:
    """The step whose code was given and that was not used before, or None.

    In: (step, code) candidates around now. A code is good once: replays are refused.
    """
    for step, code in codes:
        if code == given and step > last_step:
            return step
    return None


def device_of(agent: str) -> tuple[str, str]:
    """Browser and system by what the browser says of itself; "" for what is not known."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    return browser, next((name for mark, name in SYSTEMS if mark in agent), "")


def contains_known(password: str, known: Iterable[str]) -> bool:
    """Whether a word that others know stands in the password; ASCII words count from 3 letters."""
    text = password.casefold()
    words = [word.casefold() for word in known if len(word) >= SHORTEST_WORD or not word.isascii()]
    return any(word in text for word in words)


def is_stretched(password: str, common: Callable[[str], bool]) -> bool:
    """Whether a password is one common word, as it is or made longer.

    In: ``common`` answers for a word in small letters. Longer means: said again and again, or with
    digits and signs before or after it, as nearly all common passwords of this length are made.
    """
    text = password.casefold()
    signs = "".join(one for one in set(text) if not one.isalnum())
    digits = "".join(one for one in set(text) if not one.isalpha())
    cores = {text, text.strip(signs), text.strip(digits)}
    return any(common(word) for core in cores for word in (core, _unit(core)))


def _unit(text: str) -> str:
    """What a text repeats from its first sign to its last; else the text."""
    turn = (text + text).find(text, 1)
    return text[:turn] if turn > 0 else text


def kinds_of_characters(password: str) -> int:
    """How many of: small letters, capitals, digits, anything else."""
    kinds = (
        any(one.islower() for one in password),
        any(one.isupper() for one in password),
        any(one.isdigit() for one in password),
        any(not one.isalnum() or not one.isascii() for one in password),
    )
    return sum(kinds)


def count_moves_on(known: int, shown: int) -> bool:
    """Whether a passkey's counter may follow the last one; 0 and 0: the device does not count."""
    return shown > known or known == shown == 0


def in_groups(code: str) -> str:
    """A code for one use as it stands on paper: four groups of four."""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def read_code(text: str) -> str:
    """A code for one use as it was typed, in the one way it is hashed; "" if it cannot be one."""
    plain = normalize("NFKC", text).upper().translate(MISREAD)
    code = "".join(letter for letter in plain if letter.isalnum())
    fits = len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS)
    return code if fits else ""


def off_hours(local: datetime, *, opens: int, closes: int) -> bool:
    """Whether a moment of clinic time lies outside opening hours (whole hours)."""
    return not opens <= local.hour < closes


def closed_since(local: datetime, *, closes: int) -> datetime:
    """When a clinic that is closed at a moment of clinic time has last closed."""
    closing = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=closes)
    return closing if closing <= local else closing - timedelta(days=1)


def network_of(ip: str | None) -> str:
    """The wider network of an address, which a provider or a building keeps: /16 of IPv4, /32 of
    IPv6; "" for none. In: an address in the spelling of the trail."""
    if not ip:
        return ""
    return str(ip_network((ip, 32 if ":" in ip else 16), strict=False))
