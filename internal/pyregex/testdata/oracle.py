"""Says what Python's re module makes of expressions.

Reads {"cases": [{"pattern", "ignore", "anchored"}], "names": [], "replacements": []}
from stdin and writes one JSON line a case: {"error": true}, or {"found": [[start,
end, ...] or null, a name each], "replaced": [[text, ... a name each] or null, a
replacement each]}. Offsets count bytes.
"""
import json
import re
import sys
import warnings

warnings.simplefilter("ignore")


def offset(text, i):
    return -1 if i < 0 else len(text[:i].encode())


def find(expr, anchored, name):
    m = expr.match(name) if anchored else expr.search(name)
    if m is None:
        return None
    return [offset(name, i) for g in range(expr.groups + 1) for i in m.span(g)]


def replace(expr, text, names):
    try:
        return [expr.sub(text, name) for name in names]
    except (re.error, IndexError):
        return None


def case(c, names, replacements):
    try:
        expr = re.compile(c["pattern"], re.I if c.get("ignore") else 0)
    except (re.error, OverflowError):
        return {"error": True}
    answer = {"found": [find(expr, c.get("anchored"), n) for n in names]}
    if not c.get("anchored") and not c.get("ignore"):
        answer["replaced"] = [replace(expr, t, names[:24]) for t in replacements]
    return answer


work = json.load(sys.stdin)
for c in work["cases"]:
    print(json.dumps(case(c, work["names"], work["replacements"])))
