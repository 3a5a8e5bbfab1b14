"""Standard input: the audit root. Standard output: a key derived from it (HKDF-SHA256).

``mac`` signs audit events, ``signer`` says whose signature counts under a checkpoint. Worker and
sealer get these in place of the root, so that they can open no second factor.
"""

import hmac
import sys

USES = ("mac", "signer")
ROOT_BYTES = 32
if sys.argv[1:] not in [[use] for use in USES]:
    sys.exit("give the use of the key: mac or signer")
root = bytes.fromhex(sys.stdin.read().strip())
if len(root) != ROOT_BYTES:
    sys.exit("the audit root must hold 32 bytes as hexadecimal")
extracted = hmac.digest(bytes(ROOT_BYTES), root, "sha256")
info = f"suian/audit/{sys.argv[1]}/v1".encode()
sys.stdout.write(hmac.digest(extracted, info + b"\x01", "sha256").hex())
