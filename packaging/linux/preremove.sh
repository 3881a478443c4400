#!/bin/sh
# Before the files go, by dpkg (remove) and rpm (0); not before an upgrade.
set -e

case "${1:-0}" in
remove | 0) ;;
*) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now plumbago.socket plumbago.service
fi
