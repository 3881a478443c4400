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
need chromium chromium
need netcat-openbsd nc
# What packages are made for, and what looks at them.
need dpkg dpkg dpkg-deb
need rpm rpm
need systemd systemd-analyze systemd-sysusers systemd-socket-activate
need iproute2 ip
need procps ps
need man-db man
need mandoc mandoc
need prometheus promtool prometheus
need zsh zsh
need fish fish
need git git
need nats-server nats-server
/usr/bin/python3 -c 'import keystone' 2>/dev/null || missing="$missing python3-keystone"
/usr/bin/python3 -c 'import requests' 2>/dev/null || missing="$missing python3-requests"
/usr/bin/python3 -c 'import whisper' 2>/dev/null || missing="$missing python3-whisper"
/usr/bin/python3 -c 'import graphite.settings' 2>/dev/null || missing="$missing graphite-web"
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"

missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
[ -n "${missing% }" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing the peers that the tests talk to: $missing"
	export DEBIAN_FRONTEND=noninteractive
	if [ ! -e /usr/sbin/policy-rc.d ]; then # the tests start what they need: no package is to
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "The tests talk to real peers, and these Debian packages are missing: $missing" >&2
echo "Install them (as root: apt-get install $missing), or run 'make unit' for the tests that need none." >&2
exit 1
