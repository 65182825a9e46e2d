#!/usr/bin/env bash
# Installs what the tests of this folder hold Parley against: Go with golang.org/x/mod (ledger-go), tweepy with what its
# asynchronous client needs, requests-oauthlib (twarc), and Chromium (persons who sign in and allow an app).
set -euo pipefail
packages=(golang-go golang-golang-x-mod-dev python3-tweepy python3-aiohttp python3-async-lru python3-requests-oauthlib chromium)
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] && [ -x /usr/bin/chromium ] &&
  /usr/bin/python3 -c 'import tweepy.asynchronous, requests_oauthlib' 2>/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "install these, or run as root on Debian: ${packages[*]}" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
