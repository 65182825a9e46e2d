#!/bin/sh
# Reads a Parley log with Go's golang.org/x/mod/sumdb/{note,tlog}: see main.go for the arguments.
# Builds with Go and the library as Debian packages them, and installs both if they are missing and it may.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
library=/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog
if ! command -v go >/dev/null || [ ! -d "$library" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "ledger-go: needs Go and golang.org/x/mod: apt-get install golang-go golang-golang-x-mod-dev" >&2
    exit 3
  fi
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-go golang-golang-x-mod-dev >&2
fi
binary=${TMPDIR:-/tmp}/parley-ledger-go-$(cksum <"$here/main.go" | cut -d' ' -f1)
if [ ! -x "$binary" ]; then
  GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="${TMPDIR:-/tmp}/parley-go-cache" \
    go build -o "$binary.$$" "$here/main.go"
  mv "$binary.$$" "$binary"
fi
exec "$binary" "$@"
