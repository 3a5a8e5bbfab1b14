"""Start-up self-test: are these the roots that sealed this database? (ADR 0003, ADR 0011)"""

import os

from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured

from privacy.encryption.boxes import NONCE_BYTES
from privacy.encryption.keys import Zone, kek
from privacy.encryption.models import KeyCanary, KeyState, KeyVersion

TEXT = b"suian canary"


def plant() -> int:
    """Lay a canary for every key version in use that has none yet; returns how many were laid."""
    found = set(KeyCanary.objects.values_list("zone", "kek_version"))
    bare = [one for one in _in_use() if (one.zone, one.version) not in found]
    for one in bare:
        lay(one)
    return len(bare)


def lay(version: KeyVersion) -> None:
    """Lay the canary of one version.

    Raises: ImproperlyConfigured if this process does not hold the zone's root.
    """
    nonce = os.urandom(NONCE_BYTES)
    box = nonce + kek(version.zone, version.version).encrypt(nonce, TEXT, version.zone.encode())
    KeyCanary.objects.get_or_create(
        zone=version.zone, kek_version=version.version, defaults={"box": box}
    )


def faults() -> list[str]:
    """What is wrong with the keys, such as "contact v2"; empty when all is well.

    A version that is not destroyed has to have a canary that opens; a zone without an active
    version ("contact") cannot seal anything.
    """
    found = {(row.zone, row.kek_version): bytes(row.box) for row in KeyCanary.objects.all()}
    versions = list(_in_use())
    active = {one.zone for one in versions if one.state == KeyState.ACTIVE}
    bad = {zone.value for zone in Zone if zone not in active}
    bad |= {
        str(one)
        for one in versions
        if not opens(one.zone, one.version, found.get((one.zone, one.version)))
    }
    return sorted(bad)


def _in_use() -> list[KeyVersion]:
    return list(KeyVersion.objects.exclude(state=KeyState.DESTROYED).order_by("zone", "version"))


def opens(zone: str, version: int, box: bytes | None) -> bool:
    """Whether a canary opens to its text under this process's root; None is a missing one."""
    if box is None:
        return False
    try:
        key = kek(zone, version)
        return key.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], zone.encode()) == TEXT
    except (InvalidTag, ValueError, ImproperlyConfigured):  # ValueError: too short to be a box
        return False
