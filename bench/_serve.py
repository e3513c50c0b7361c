"""``manage.py serve`` with another bound on the connections that a web process takes.

``python -m bench._serve CONNECTIONS serve ...``: each of its sessions has a connection of its own.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Set the bound, then do what ``manage.py`` does."""
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "primepath.settings")
    connections = int(sys.argv.pop(1))
    # The supervisor starts the periodic work by this name.
    sys.argv[0] = "manage.py"
    from placement_test.management.commands import demo

    demo.SERVER_CONNECTIONS = connections
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
