#!/usr/bin/env bash
# Installs what the tests of this folder hold Parley against: Go with golang.org/x/mod (ledger-go), tweepy with what its
# asynchronous client needs, requests-oauthlib (twarc/habits.py), Chromium (persons who sign in and allow an app), Postgres,
# and from PyPI, for Debian does not have them, twarc2 and moto. Without PyPI their tests are left out, and say so.
set -euo pipefail
cd "$(dirname "$0")/../../.."
packages=(golang-go golang-golang-x-mod-dev python3-tweepy python3-aiohttp python3-async-lru python3-requests-oauthlib python3-venv chromium postgresql)
from_pypi=('twarc2 twarc==2.14.0' 'moto_server moto[s3,server]==5.2.5') # each program with its package
python_folder=node_modules/.cache/parley-python # as server/test/real/twarc/command.ts and server/test/real/guard/moto-server.ts

if ! { command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] && [ -x /usr/bin/chromium ] &&
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null &&
  /usr/bin/python3 -c 'import tweepy.asynchronous, requests_oauthlib, ensurepip' 2>/dev/null; }; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "install these, or run as root on Debian: ${packages[*]}" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

if [ ! -x "$python_folder/bin/pip" ]; then
  mkdir -p "$(dirname "$python_folder")"
  /usr/bin/python3 -m venv "$python_folder"
fi
for wanted in "${from_pypi[@]}"; do
  read -r program package <<<"$wanted"
  if [ ! -x "$python_folder/bin/$program" ] &&
    ! "$python_folder/bin/pip" install --quiet --disable-pip-version-check "$package"; then
    echo "$package could not be installed from PyPI: its test will be left out" >&2
  fi
done
