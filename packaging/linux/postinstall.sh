#!/bin/sh
# After the files are there, by dpkg (configure) and rpm (1 or 2). Nothing is started
# that was not running: a gateway needs to be told first where points go.
set -e

[ "${1:-1}" = abort-upgrade ] && exit 0

if ! getent passwd plumbago >/dev/null 2>&1; then
	if command -v systemd-sysusers >/dev/null 2>&1; then
		systemd-sysusers plumbago.conf
	else
		useradd --system --user-group --home-dir /var/lib/plumbago --no-create-home \
			--shell /usr/sbin/nologin --comment "plumbago metrics gateway" plumbago
	fi
fi

# The configuration may hold keys: the service reads it, and nobody else.
chown root:plumbago /etc/plumbago /etc/plumbago/plumbago.yml
chmod 0750 /etc/plumbago
chmod 0640 /etc/plumbago/plumbago.yml
if [ ! -e /var/lib/plumbago ]; then
	install -d -o plumbago -g plumbago -m 0700 /var/lib/plumbago
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# The process that runs has the new one take over its sockets and queues.
	if systemctl is-active --quiet plumbago.service; then
		systemctl kill --kill-whom=main --signal=SIGUSR2 plumbago.service
	fi
fi
