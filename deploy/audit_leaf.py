"""Standard input: the audit root. Standard output: the key that signs audit events (HKDF-SHA256).

The worker gets this key in place of the root, so that it can open no second factor.
"""

import hmac
import sys

ROOT_BYTES = 32
root = bytes.fromhex(sys.stdin.read().strip())
if len(root) != ROOT_BYTES:
    sys.exit("the audit root must hold 32 bytes as hexadecimal")
extracted = hmac.digest(bytes(ROOT_BYTES), root, "sha256")
sys.stdout.write(hmac.digest(extracted, b"suian/audit/mac/v1\x01", "sha256").hex())
