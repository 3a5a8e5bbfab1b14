"""Counts the SQL statements of one page: ``python -m benchmarks.statements PATH``."""

import json
import sys
import time


def main() -> int:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from crm.staff.middleware import SEEN, STARTED
    from crm.staff.models import User

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(
        User.objects.filter(role="front_desk")[0], backend="crm.staff.backends.StaffBackend"
    )
    session = client.session
    session[STARTED] = session[SEEN] = int(time.time())
    session.save()
    client.get(sys.argv[1])  # warms what is read once a process
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(sys.argv[1])
    if answer.status_code != 200:
        raise SystemExit(f"the page answered {answer.status_code}")
    kept = [one for one in captured.captured_queries if "SAVEPOINT" not in one["sql"]]
    print(json.dumps({"statements": len(kept), "sql": [one["sql"][:120] for one in kept]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
