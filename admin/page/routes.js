// The rules, in the order in which they are tried, and where each sends what it matches.
import { box } from "./box.js";
import { el, Rows, say } from "./dom.js";

export class Routes {
  #rows;
  #note = el("p", { class: "soft" }, "The first rule that matches a name is the last to be tried, unless it goes on.");

  constructor() {
    const list = el("ol", { class: "rules" });
    this.#rows = new Rows(list, () => row());
    this.node = box("Routes", this.#note, list);
  }

  show({ rules, pools, destinations }) {
    const down = new Set(destinations.filter((d) => !d.connected).map((d) => d.name));
    const members = new Map(pools.map((p) => [p.name, p.members]));
    this.#rows.show(rules.map((r) => ({ ...r, down, members })), (r) => r.rule);
  }
}

function row() {
  const match = el("code", { class: "match" });
  const about = el("span", { class: "soft" });
  const to = el("ul", { class: "chips", "aria-label": "goes to" });
  const targets = new Rows(to, () => chip());
  const update = (r) => {
    say(match, r.match === "" ? "every name" : r.match);
    say(about, [r.label, tenantsOf(r), r.by && `by ${r.by}`, r.continue && "then goes on"].filter(Boolean).join(" · "));
    targets.show(r.to.map((name) => ({ name, ...r })), ({ name }) => name);
  };
  return { node: el("li", {}, el("div", { class: "rule" }, match, to, about)), update };
}

const tenantsOf = (r) => (r.tenants.length > 0 ? `of ${r.tenants.join(", ")}` : "");

// chip is a destination, or a pool, as bad as its worst member.
function chip() {
  const node = el("li", { class: "chip" });
  const update = ({ name, down, members }) => {
    const pool = members.get(name);
    const bad = (pool ?? [name]).filter((m) => down.has(m));
    node.dataset.state = bad.length > 0 ? "bad" : "good";
    const inside = pool ? `${name} (${pool.join(", ")})` : name;
    say(node, bad.length > 0 ? `${inside} – down` : inside);
  };
  return { node, update };
}
