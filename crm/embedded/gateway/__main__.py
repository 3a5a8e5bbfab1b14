"""``python -m crm.embedded.gateway``: the local SMS company, until it is told to stop.

Environment: SMS_GATEWAY_PORT, SMS_GATEWAY_DATA_DIR, SMS_GATEWAY_KEY_ID, SMS_GATEWAY_SECRET or
SMS_GATEWAY_SECRET_FILE; SMS_GATEWAY_APP_URL is where receipts go (none: they are not sent);
SMS_GATEWAY_REHEARSAL=1 opens the action that plans faults.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from crm.embedded.gateway.server import GatewayServer, Manners
from crm.messaging.sms.callback_address import callback_address


def main() -> int:
    """Serve until SIGTERM or Ctrl-C. Returns 2 if the environment lacks something."""
    env = os.environ
    try:
        secret = env.get("SMS_GATEWAY_SECRET") or Path(env["SMS_GATEWAY_SECRET_FILE"]).read_text()
        server = GatewayServer(
            folder=Path(env["SMS_GATEWAY_DATA_DIR"]),
            key_id=env["SMS_GATEWAY_KEY_ID"],
            secret=secret.strip(),
            port=int(env["SMS_GATEWAY_PORT"]),
            manners=Manners(
                callback=callback_address(env.get("SMS_GATEWAY_APP_URL", ""), secret.strip()),
                may_be_faulty=env.get("SMS_GATEWAY_REHEARSAL") == "1",
                receipt_delay=float(env.get("SMS_GATEWAY_RECEIPT_SECONDS", "2")),
            ),
        )
    except (KeyError, ValueError, OSError) as error:
        sys.stderr.write(f"gateway: {type(error).__name__}: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        pass
    finally:
        server.stopping.set()
        server.server_close()
        server.receipts.close()
        server.ledger.close()
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
