"""For the container: exit code 0 if the pages are alive and their servers answer."""

import http.client
import os
import socket
import sys

connection = http.client.HTTPConnection("web", timeout=4)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(4)
connection.sock.connect(os.environ.get("SUIAN_WEB_SOCKET", "/run/suian/web.sock"))
# The app answers to its own name only.
name = os.environ["ALLOWED_HOSTS"].split(",")[0]
connection.request("GET", "/healthz/ready/", headers={"Host": name})
sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
