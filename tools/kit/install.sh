#!/bin/sh
# Linux:  sh install.sh [FOLDER] [--try]        macOS: a double click on install.command does the same
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for minor in @MINORS@; do
  if command -v "python3.$minor" > /dev/null 2>&1 && "python3.$minor" -c "" 2> /dev/null; then
    exec "python3.$minor" "$here/install.py" "$@"
  fi
done
exec python3 "$here/install.py" "$@"
