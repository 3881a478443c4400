// What of a status is drawn: nodes in three columns, and the lines between the rules and
// the destinations. Where there are many, the rest of a column is one node.
import { isWell } from "./flowing.js";

// plan returns {receivers, rules, destinations, lines}, with at most so many nodes in a
// column. A node has a key, and as rest those that it stands for if it is several.
export function plan(status, most) {
  const down = (d) => (isWell(d) ? 0 : 1);
  const receivers = column(status.receivers, { most, key: (r, at) => `${r.name} ${at}`, weigh: (r) => [r.points] });
  const rules = column(status.rules, { most, key: (r) => String(r.rule), weigh: (r) => [-r.rule] });
  const destinations = column(status.destinations, { most, key: (d) => `${d.name} ${d.removed}`, weigh: (d) => [down(d), d.appended] });
  return { receivers, rules, destinations, lines: lines(status.pools, rules, destinations) };
}

// speed is what flows through a node in a direction, all that it stands for together.
export function speed(node, direction) {
  const each = (node.rest ?? [node.item]).map((item) => item[direction]);
  return each.includes(null) ? null : each.reduce((a, b) => a + b, 0);
}

// isBad says whether a destination's node stands for one in trouble.
export const isBad = (node) => !(node.rest ?? [node.item]).every(isWell);

// column makes the nodes of a list, in its order: those that weigh most, and one of the rest.
function column(list, { most, key, weigh }) {
  const all = list.map((item, at) => ({ key: key(item, at), item, weight: weigh(item) }));
  if (all.length <= most) return all;
  const kept = new Set([...all].sort((a, b) => heavier(a.weight, b.weight)).slice(0, most - 1));
  const rest = all.filter((node) => !kept.has(node));
  return [...all.filter((node) => kept.has(node)), { key: "rest", rest: rest.map((node) => node.item) }];
}

function heavier(a, b) {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at < 0 ? 0 : b[at] - a[at];
}

// lines are {from, to}, from the nodes of rules to those of destinations that they and
// their pools name, each once.
function lines(pools, rules, destinations) {
  const members = new Map(pools.map((p) => [p.name, p.members]));
  const nodes = new Map();
  for (const node of destinations) {
    for (const d of node.rest ?? [node.item]) if (!d.removed) nodes.set(d.name, node);
  }
  const found = new Map();
  for (const from of rules) {
    for (const rule of from.rest ?? [from.item]) {
      for (const name of rule.to.flatMap((name) => members.get(name) ?? [name])) {
        const to = nodes.get(name);
        if (to) found.set(`${from.key} ${to.key}`, { from, to });
      }
    }
  }
  return [...found.values()];
}
