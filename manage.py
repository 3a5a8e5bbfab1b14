#!/usr/bin/env python
"""Django's command line. Finds the running embedded clinic by itself."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.local")
    if (Path(__file__).parent / "crm" / "embedded").is_dir():  # a clinic's own server has none
        from crm.embedded.discovery import join_running_clinic

        join_running_clinic(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
