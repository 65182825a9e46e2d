#!/usr/bin/env bash
# Installs what the tests of this folder hold Parley against: Go with golang.org/x/mod (ledger-go), tweepy with what its
# asynchronous client needs, requests-oauthlib (twarc/habits.py), Chromium (persons who sign in and allow an app), and twarc2
# from PyPI, for Debian does not have it. Without PyPI its test is left out, and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=(golang-go golang-golang-x-mod-dev python3-tweepy python3-aiohttp python3-async-lru python3-requests-oauthlib python3-venv chromium)
TWARC='twarc==2.14.0'
twarc_folder=node_modules/.cache/parley-python # as test/real/twarc/command.ts

if ! { command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] && [ -x /usr/bin/chromium ] &&
  /usr/bin/python3 -c 'import tweepy.asynchronous, requests_oauthlib, ensurepip' 2>/dev/null; }; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "install these, or run as root on Debian: ${packages[*]}" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

if [ ! -x "$twarc_folder/bin/twarc2" ]; then
  mkdir -p "$(dirname "$twarc_folder")"
  /usr/bin/python3 -m venv "$twarc_folder"
  if ! "$twarc_folder/bin/pip" install --quiet --disable-pip-version-check "$TWARC"; then
    rm -rf "$twarc_folder"
    echo "$TWARC could not be installed from PyPI: its test will be left out" >&2
  fi
fi
