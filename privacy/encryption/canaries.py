"""Start-up self-test: are these the roots that sealed this database? (ADR 0003)"""

import os

from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured

from privacy.encryption.boxes import NONCE_BYTES
from privacy.encryption.keys import KEK_VERSION, Zone, kek
from privacy.encryption.models import KeyCanary

TEXT = b"suian canary"


def plant() -> int:
    """Lay a canary for every KEK that has none yet; returns how many were laid."""
    laid = 0
    for zone in Zone:
        nonce = os.urandom(NONCE_BYTES)
        box = nonce + kek(zone, KEK_VERSION).encrypt(nonce, TEXT, zone.encode())
        _, made = KeyCanary.objects.get_or_create(
            zone=zone, kek_version=KEK_VERSION, defaults={"box": box}
        )
        laid += made
    return laid


def faults() -> list[str]:
    """Zones whose canary is missing or does not open; empty when all is well."""
    found = {(row.zone, row.kek_version): bytes(row.box) for row in KeyCanary.objects.all()}
    bad = [zone.value for zone in Zone if (zone, KEK_VERSION) not in found]
    for (zone, version), box in found.items():
        try:
            opened = kek(zone, version).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], zone.encode())
        except (InvalidTag, ImproperlyConfigured):
            bad.append(zone)
        else:
            if opened != TEXT:
                bad.append(zone)
    return sorted(set(bad))
