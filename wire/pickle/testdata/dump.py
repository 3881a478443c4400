"""Writes frames of Python's own picklers to stdout, each behind its length, and
behind the length of the JSON that says which points are in it."""
import json
import pickle
import struct
import sys

T = 1700000000


def sets():
    yield "one", [("a.b", (T, 1.5))]
    yield "floats", [("servers.web-%02d.load" % i, (T + i, i * 0.1)) for i in range(3000)]
    yield "integers", [("n.%d" % i, (T, v)) for i, v in enumerate(
        [0, -1, 255, 256, 65535, 65536, -65537, 2**31 - 1, -2**31, 2**31, 2**53 + 1, -2**63, 2**64, 10**30, -10**300])]
    yield "numbers as text", [("n.a", ("1700000000", "2.50")), ("n.b", (" 1700000001\n", "\u00a01_000\u2003")),
                              ("n.c", (T, "inf")), ("n.d", (T, "-1e3")), ("n.e", ("1700000000.25", "\u0663"))]
    yield "booleans", [("b.t", (T, True)), ("b.f", (T, False)), ("b.one", (True, 7))]
    yield "odd floats", [("f.%d" % i, (T + 0.25, v)) for i, v in enumerate(
        [1e300, -1e-300, 0.1 + 0.2, 1 / 3, 5e-324, float("inf"), float("-inf"), -0.0, 123456789.123456789])]
    yield "names", [(n, (T, 1)) for n in ["x", "\u00e9", "x", "caf\u00e9.b", "\u65e5\u672c", "\U0001f600.x", "m\\u0041", "q'\"", "y" * 300, "y" * 70000]]
    yield "lists", [["a", [T, 1]], ("b", [T, 2]), ["c", (T, 3)]]
    yield "tuple", (("a", (T, 1)), ("b", (T, 2)))
    yield "dict", {("a", (T, 1)): None, ("b", (T, 2)): [1, 2]}
    name, point = "shared.name", (T, 4.5)
    item = ("shared.item", point)
    yield "shared", [(name, (T, i)) for i in range(600)] + [(name, point), item, item, (name, point)]
    yield "empty", []
    yield "no points", [None, 1, "text", ("a",), ("a", (T, 1), 2), ("a", T, 1), ("a", (T, None)), [], {}, ("a", (T, float("nan")))]
    yield "bytes as numbers", [("a", (T, b"1.5")), ("b", (b" 1700000000 ", 2))]
    yield "bytes as names", [(b"a.b", (T, 1)), (b"caf\xc3\xa9", (T, 2))]
    if sys.version_info >= (3, 8):
        yield "bytearrays", [(bytearray(b"a.b"), (T, bytearray(b"1.5")))]
    yield "sets", frozenset([("a", (T, 1))])


def points(data):
    for item in data:
        try:
            name, (t, v) = item
            t, v = float(t), float(v)
        except (ValueError, TypeError):
            continue
        if v == v:
            name = name if isinstance(name, str) else bytes(name).decode()
            yield {"m": name, "t": repr(t), "v": repr(v)}


for label, data in sets():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        if protocol < 3 and "bytes" in label or protocol < 4 and label == "sets" or protocol < 5 and label == "bytearrays":
            continue  # these call functions to make what the protocol lacks
        for maker, dumps in ("C", pickle.dumps), ("Python", pickle._dumps):
            about = json.dumps({"label": "%s, protocol %d, %s" % (label, protocol, maker), "points": list(points(data))}).encode()
            frame = dumps(data, protocol)
            for part in about, frame:
                sys.stdout.buffer.write(struct.pack(">I", len(part)) + part)
