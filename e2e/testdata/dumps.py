"""Sends points pickled in every way that a Python client may choose.

    dumps.py HOST PORT

All frames go over one connection. Printed for each point, one JSON list a line:
name, timestamp, value, as carbon's float() understands them.
"""
import json
import pickle
import socket
import struct
import sys

VALUES = [0, 1, -1, 255, 65536, -2147483649, 2 ** 53, 2 ** 70, 0.1, -2.5, 1e-300, 1.7976931348623157e308,
          0.30000000000000004, True, False, "42", "1e3", " 7.5 ", "-0.125"]
TIMESTAMPS = [1700000000, 1700000000.5, "1700000000", 0, 4102444800]
NAMES = ["servers.web-1.load", "größe.日本.вес", "disk.used;host=a;rack=b", "emoji.\U0001f600", "n" * 300]


def points(prefix, names):
    for i, name in enumerate(names):
        for k, value in enumerate(VALUES):
            yield "%s.%d.%d.%s" % (prefix, i, k, name), TIMESTAMPS[(i + k) % len(TIMESTAMPS)], value


def shapes():
    yield "tuples", lambda ps: [(n, (t, v)) for n, t, v in ps]
    yield "lists", lambda ps: [[n, [t, v]] for n, t, v in ps]
    yield "outer-tuple", lambda ps: tuple((n, (t, v)) for n, t, v in ps)


def picklers():
    yield "c", pickle.dumps
    yield "python", pickle._dumps


def batches():
    for protocol in range(6):
        for pickler, dumps in picklers():
            for shape, shaped in shapes():
                ps = list(points("p%d.%s.%s" % (protocol, pickler, shape), NAMES))
                yield ps, dumps(shaped(ps), protocol)
            single = [("p%d.%s.single" % (protocol, pickler), 1700000000, 1.5)]
            yield single, dumps([(n, (t, v)) for n, t, v in single], protocol)
            if protocol >= 3:  # below, bytes are a call of a codec
                ps = [("p%d.%s.bytes.%d" % (protocol, pickler, i), 1700000000, i) for i in range(3)]
                yield ps, dumps([(n.encode(), (t, v)) for n, t, v in ps], protocol)


def main(host, port):
    with socket.create_connection((host, int(port))) as connection:
        for ps, frame in batches():
            connection.sendall(struct.pack("!L", len(frame)) + frame)
            for name, timestamp, value in ps:
                print(json.dumps([name, float(timestamp), float(value)]))


main(*sys.argv[1:])
