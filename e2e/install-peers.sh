#!/bin/sh
# Installs what the tests need of Debian: the real peers, and gcc for the race
# detector. Says plainly what is missing where it cannot.
set -eu

missing=
need() { # need PACKAGE COMMAND...
	package=$1
	shift
	for command in "$@"; do
		command -v "$command" >/dev/null 2>&1 || [ -x "/usr/bin/$command" ] || missing="$missing $package"
	done
}
need gcc gcc
need libc6-dev
need graphite-carbon carbon-relay carbon-cache whisper-fetch
need python3 python3
need carbon-c-relay carbon-c-relay
need stunnel4 stunnel4
need curl curl
need openssl openssl
need netcat-openbsd nc
/usr/bin/python3 -c 'import keystone' 2>/dev/null || missing="$missing python3-keystone"
/usr/bin/python3 -c 'import requests' 2>/dev/null || missing="$missing python3-requests"
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"

missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
[ -n "${missing% }" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing the peers that the tests talk to: $missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "The tests talk to real peers, and these Debian packages are missing: $missing" >&2
echo "Install them (as root: apt-get install $missing), or run 'make unit' for the tests that need none." >&2
exit 1
