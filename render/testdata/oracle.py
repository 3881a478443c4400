"""Answers as Graphite's web application does, over Whisper files.

oracle.py FOLDER NOW [WHISPER] makes the files in FOLDER/whisper, or takes those in
the folder WHISPER, says "ready", and then answers each line of its input, a question
in JSON, with a line of JSON.
"""
import json
import os
import random
import sys
import types

folder, now = sys.argv[1], int(sys.argv[2])
os.makedirs(os.path.join(folder, 'whisper'))

settings = types.ModuleType('oracle_settings')
sys.modules['oracle_settings'] = settings
import graphite.settings as defaults  # noqa: E402

for key in dir(defaults):
    if key.isupper():
        setattr(settings, key, getattr(defaults, key))
settings.SECRET_KEY = 'a key that guards nothing'
settings.ALLOWED_HOSTS = ['*']
settings.TIME_ZONE = 'UTC'
settings.STORAGE_DIR = folder
settings.WHISPER_DIR = sys.argv[3] if len(sys.argv) > 3 else os.path.join(folder, 'whisper')
settings.STANDARD_DIRS = [settings.WHISPER_DIR]
settings.CARBONLINK_HOSTS = []
settings.CLUSTER_SERVERS = []
settings.DEFAULT_CACHE_DURATION = 0
settings.LOG_ROTATION = False
settings.LOG_FILE_INFO = settings.LOG_FILE_EXCEPTION = '-'
settings.LOG_FILE_CACHE = settings.LOG_FILE_RENDERING = '-'
settings.LOG_DIR = folder
settings.DATABASES = {'default': {
    'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(folder, 'graphite.db')}}
os.environ['DJANGO_SETTINGS_MODULE'] = 'oracle_settings'

import logging  # noqa: E402
logging.disable(logging.CRITICAL)
import django  # noqa: E402
django.setup()
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
import whisper  # noqa: E402
from graphite.storage import STORE  # noqa: E402
from graphite.tags.utils import TaggedSeries  # noqa: E402

dice = random.Random(7)
HOUR, DAY = 3600, 86400
FINE = [(10, 2 * 360), (60, 2 * 1440), (600, 14 * 144)]
MINUTES = [(60, 4 * 1440)]


def write(name, archives, points, method='average', xff=0.0):
    path = os.path.join(settings.WHISPER_DIR, TaggedSeries.encode(name, sep='/') + '.wsp')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whisper.create(path, archives, xFilesFactor=xff, aggregationMethod=method)
    points = list(points)
    for at in range(0, len(points), 500):
        whisper.update_many(path, points[at:at + 500], now=now)


def times(step, back, until=0):
    return range(now - back - (now - back) % step, now - until, step)


def wave(step, back, base, chance=1.0):
    value = base
    for t in times(step, back):
        value += dice.uniform(-1, 1) * base / 10
        if dice.random() < chance:
            yield t, round(value, dice.choice([0, 2, 6]))


def counter(step, back, grows, restarts=0.0, wraps=None):
    value = dice.randrange(1000)
    for t in times(step, back):
        value += dice.randrange(grows)
        if dice.random() < restarts:
            value = 0
        if wraps and value > wraps:
            value -= wraps + 1
        yield t, value


def make():
    """Makes the files, and returns the names of those with tags."""
    for server in range(1, 6):
        for kind in ('user', 'system', 'idle'):
            write('servers.web%d.cpu.%s' % (server, kind), FINE, wave(10, 4 * HOUR, 10 * server, 0.97))
        write('servers.web%d.load' % server, MINUTES, wave(60, 3 * DAY, server, 0.9), 'max')
    for server in range(1, 3):
        write('servers.db%d.cpu.user' % server, MINUTES, wave(60, 2 * DAY, 5 * server))
        write('servers.db%d.load' % server, [(300, 7 * 288)], wave(300, 5 * DAY, server))
    for name, restarts in (('a', 0), ('b', 0.01), ('c', 0.05)):
        write('counters.requests.' + name, MINUTES, counter(60, 2 * DAY, 100, restarts), 'last')
        write('counters.errors.' + name, MINUTES, counter(60, 2 * DAY, 7, restarts), 'last')
    write('counters.wrapping', MINUTES, counter(60, DAY, 40, 0, 255), 'last')
    for name, chance in (('few', 0.1), ('half', 0.5), ('most', 0.9)):
        write('gaps.' + name, MINUTES, wave(60, 2 * DAY, 100, chance))
    write('gaps.none', MINUTES, [])
    write('gaps.old', MINUTES, ((t, 3.5) for t in times(60, 2 * DAY, DAY)))
    write('gaps.new', MINUTES, ((t, 4.25) for t in times(60, 20 * 60)))
    write('gaps.tail', MINUTES, ((t, 1) for t in times(60, 2 * DAY, 30 * 60)))
    for step in (10, 60, 300, 420, 900):
        write('steps.s%d' % step, [(step, 3 * DAY // step)], wave(step, 2 * DAY if step > 10 else HOUR * 5, step))
    write('values.zero', MINUTES, ((t, 0) for t in times(60, DAY)))
    write('values.one', MINUTES, ((t, 1) for t in times(60, DAY)))
    write('values.sign', MINUTES, ((t, (-1) ** (t // 60) * (t % 7)) for t in times(60, DAY)))
    write('values.tiny', MINUTES, ((t, 1e-9 * (t % 11)) for t in times(60, DAY)))
    write('values.huge', MINUTES, ((t, 1e18 + 1e12 * (t % 13)) for t in times(60, DAY)))
    for number in (1, 2, 10, 9, 100):
        write('natural.n%dx' % number, MINUTES, wave(60, 6 * HOUR, number))
    write('both', MINUTES, wave(60, 3 * HOUR, 8))
    write('both.child', MINUTES, wave(60, 3 * HOUR, 9))
    for name in ('odd.with-dash.x_1', 'odd.a:b.c', 'odd.10min.5', 'odd.p%41.q', 'odd.UPPER.Lower'):
        write(name, MINUTES, wave(60, 6 * HOUR, 20))

    tagged = [
        'disk.used;datacenter=dc%d;rack=a%d;server=web%d' % (server % 2 + 1, server % 3, server)
        for server in range(1, 6)
    ] + [
        'disk.free;datacenter=dc1;server=web1', 'disk.free;datacenter=dc2;server=web2',
        'mem.used;server=db1', 'mem.used;datacenter=dc3;long.tag=with.dots;server=db2',
    ]
    for at, name in enumerate(tagged):
        write(name, MINUTES, wave(60, DAY, at + 1, 0.95))
    return tagged


TAGGED = [] if len(sys.argv) > 3 else make()
call_command('migrate', verbosity=0, run_syncdb=True)
for name in TAGGED:
    STORE.tagdb.tag_series(name)

client = Client(raise_request_exception=False)
print('ready', flush=True)
for line in sys.stdin:
    question = json.loads(line)
    pairs = {}
    for key, value in question['values']:
        pairs.setdefault(key, []).append(value)
    ask = client.post if question['method'] == 'POST' else client.get
    answer = ask(question['path'], pairs)
    print(json.dumps({
        'status': answer.status_code, 'body': answer.content.decode('utf-8', 'replace'),
    }), flush=True)
