"""Runs as a script: `launch.py PARENT_PID PROGRAM [ARGUMENT...]` becomes PROGRAM, which dies with its parent.

A supervisor killed with SIGKILL cannot stop its children, so the kernel does it. This is a program of its own
because code between fork and exec is unsafe in a process that has threads (the supervisor's engine client has).
It imports nothing of Greenlane to start in a few milliseconds. Off Linux it only starts the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent ends; leave at once when it already has."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Bind this process's life to the parent's and become the program."""
    die_with_parent(int(arguments[0]))
    os.execvp(arguments[1], arguments[1:])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
