"""Whether who wrote a file is still there."""

from __future__ import annotations

import os


def is_alive(pid: str) -> bool:
    """Tell whether a process is running; its number may have been given to another since."""
    if not pid.isdigit():
        return False
    if os.name == "nt":
        import psutil

        return psutil.pid_exists(int(pid))
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
