"""Does with python3-whisper what it reads on standard input, a case a line, and
answers each with a line: the file that comes of it, and what fetch reads."""
import json, math, os, sys, tempfile
import whisper

# Which of several intervals becomes the base of an empty archive is left to the
# order of a set: here the oldest does.
whisper.set = lambda items: sorted(frozenset(items))


def plain(values):
    return [None if v is None else v.hex() for v in values]


def run(case, path):
    out = {"fetched": []}
    try:
        whisper.create(path, [tuple(a) for a in case["archives"] or []], case["xff"], case["method"],
                       sparse=case.get("sparse", False))
        for now, points in case["updates"] or []:
            whisper.update_many(path, [(t, float.fromhex(v)) for t, v in points or []], now)
        for begin, end, now in case["fetches"] or []:
            try:
                got = whisper.fetch(path, begin, end, now)
            except whisper.InvalidTimeInterval:
                out["fetched"].append({"err": True})
                continue
            out["fetched"].append({} if got is None else {"time": got[0], "values": plain(got[1])})
        with open(path, "rb") as f:
            out["file"] = f.read().hex()
    except whisper.InvalidConfiguration:
        out["err"] = "invalid"
    return out


with tempfile.TemporaryDirectory() as folder:
    for n, line in enumerate(sys.stdin):
        path = os.path.join(folder, "x.wsp")
        print(json.dumps(run(json.loads(line), path)), flush=True)
        if os.path.exists(path):
            os.unlink(path)
