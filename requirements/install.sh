#!/bin/sh
# Builds .venv from the locked, hashed requirements: `install.sh runtime` or `install.sh dev`.
# Safe to run again: a stamp keyed by the requirement files makes the second run do nothing.
set -eu

profile=${1:?runtime or dev}
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/greenlane.stamp

say() { printf 'greenlane set-up: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# One installer at a time; the directory itself is the lock file.
if command -v flock >/dev/null 2>&1; then exec 9<requirements; flock 9; fi

key() { { pwd; cat requirements/runtime.txt requirements/dev.txt pyproject.toml; } | sha256sum | cut -c1-32; }
wanted=$(key)
is_current() { [ -x "$venv/bin/greenlane" ] && grep -qxE "($profile|dev) $wanted" "$stamp" 2>/dev/null; }
if is_current && "$venv/bin/python" -c '' 2>/dev/null; then exit 0; fi

is_recent() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }
find_python() {
  for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
    if is_recent "$candidate"; then printf '%s\n' "$candidate"; return; fi
  done
  die "Python 3.11 or newer is needed; none found. Debian, Ubuntu: apt-get install python3 python3-venv"
}

# A virtual environment copied or moved from elsewhere points back to where it was made: build it again.
is_usable() {
  is_recent "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 &&
    { [ ! -f "$stamp" ] || grep -qxF "path $(pwd)" "$stamp"; }
}
if ! is_usable; then
  python=$(find_python)
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    die "the venv module of $python is incomplete. Debian, Ubuntu: apt-get install python3-venv"
  say "creating $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
fi

say "installing requirements/$profile.txt (the first time takes a minute or two)"
rm -f "$stamp"
pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install --require-hashes -r "requirements/$profile.txt"
$pip install --no-deps --no-build-isolation -e .
printf 'path %s\n%s %s\n' "$(pwd)" "$profile" "$wanted" >"$stamp"
say "ready"
