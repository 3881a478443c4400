#!/bin/sh
# After the files are gone. Points that wait in the queues are only deleted by
# dpkg's purge; rpm leaves them. The user stays, as files of it may.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
if [ "${1:-}" = purge ]; then
	rm -rf /var/lib/plumbago /etc/plumbago
fi
