#!/usr/bin/env bash
# Installs what the tests of this folder hold Parley against: Go with golang.org/x/mod (ledger-go), tweepy.
set -euo pipefail
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] &&
  /usr/bin/python3 -c 'import tweepy' 2>/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "install these, or run as root on Debian: golang-go golang-golang-x-mod-dev python3-tweepy" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-go golang-golang-x-mod-dev python3-tweepy
