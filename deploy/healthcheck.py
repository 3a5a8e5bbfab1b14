"""For the container: exit code 0 if the pages are alive and their servers answer."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
# The app answers to its own name only.
name = os.environ["ALLOWED_HOSTS"].split(",")[0]
connection.request("GET", "/healthz/ready/", headers={"Host": name})
sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
