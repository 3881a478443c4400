// A drawing of what flows: receivers, the rules, destinations, and lines between them that
// are as thick as what goes through. It is for the eye alone: the boxes below say the same.
import { box } from "./box.js";
import { el, Rows, say, set } from "./dom.js";
import { catching, isWell } from "./flowing.js";
import { count, duration, rate } from "./format.js";
import { Lines } from "./lines.js";
import { isBad, plan, speed } from "./plan.js";

// most is how many nodes a column has, unless all are wanted: fewer where columns are
// below each other.
const most = { wide: 10, narrow: 6 };
const narrow = matchMedia("(max-width: 860px)");

export class Flow {
  #status = null;
  #all = false;
  #lines = new Lines();
  #columns = {};
  #drawing;
  #total = el("b", {});
  #lost = el("p", { class: "flow-lost", hidden: true });
  #more = el("button", { type: "button", class: "quiet flow-all", hidden: true, onclick: () => this.#toggle() }, "Show all");

  constructor() {
    const list = (name, make) => {
      const node = el("ul", { class: `flow-${name}` });
      this.#columns[name] = new Rows(node, make);
      return node;
    };
    this.hub = el("div", { class: "flow-hub" }, el("p", {}, "Rules ", this.#total), list("rules", rule), this.#lost);
    this.#drawing = el("div", { class: "flow", "aria-hidden": "true" },
      this.#lines.node, list("receivers", receiver), this.hub, list("destinations", destination));
    this.node = box("Flow", el("p", { class: "away" }, "A drawing of what the lists below say."), this.#more, this.#drawing);
    new ResizeObserver(() => requestAnimationFrame(() => this.#draw())).observe(this.#drawing);
  }

  show(status) {
    this.#status = status;
    this.#draw();
  }

  #toggle() {
    this.#all = !this.#all;
    this.#draw();
  }

  #draw() {
    const status = this.#status;
    if (status === null || this.#drawing.clientWidth === 0) return;
    const few = narrow.matches ? most.narrow : most.wide;
    const planned = plan(status, this.#all ? Infinity : few);
    for (const [name, rows] of Object.entries(this.#columns)) rows.show(planned[name], ({ key }) => key);
    say(this.#total, `${rate(status.inward)} /s`);
    say(this.#lost, `${rate(status.dropping)} /s go nowhere`);
    this.#lost.hidden = !status.dropping;
    const longest = Math.max(status.receivers.length, status.rules.length, status.destinations.length);
    this.#more.hidden = longest <= few;
    say(this.#more, this.#all ? "Show fewer" : "Show all");
    this.#lines.draw({ ...planned, columns: this.#columns, hub: this.hub, inward: status.inward });
  }
}

function receiver() {
  const name = el("code", { class: "name" });
  const much = el("b", {});
  const update = (node) => {
    say(name, node.rest ? `${count(node.rest.length)} more` : node.item.name);
    say(much, `${rate(speed(node, "speed"))} /s`);
  };
  return { node: el("li", { class: "flow-node" }, name, much), update };
}

function rule() {
  const number = el("span", { class: "soft" });
  const match = el("code", { class: "name" });
  const label = el("span", { class: "soft" });
  const update = (node) => {
    const r = node.item;
    say(number, r ? String(r.rule) : "…");
    say(match, r ? r.match || "every name" : `${count(node.rest.length)} more`);
    say(label, r ? [r.label, r.by && `by ${r.by}`].filter(Boolean).join(" · ") : "");
  };
  return { node: el("li", { class: "flow-rule" }, number, match, label), update };
}

function destination() {
  const name = el("span", { class: "name" });
  const much = el("b", {});
  const about = el("p", { class: "flow-about" });
  const node = el("li", { class: "flow-node" }, el("p", { class: "flow-head" }, el("span", { class: "dot" }), name, much), about);
  const update = (of) => {
    const bad = isBad(of);
    set(node, "data-state", bad ? "bad" : "good");
    set(node.firstElementChild, "data-state", bad ? "bad" : "good");
    say(name, of.rest ? `${count(of.rest.length)} more` : of.item.name);
    say(much, `${rate(speed(of, "inward"))} /s`);
    const [text, state] = of.rest ? aboutMany(of.rest) : aboutOne(of.item);
    say(about, text);
    set(about, "data-state", bad ? "bad" : state);
  };
  return { node, update };
}

// aboutOne says of a destination what is wrong with it, or how far it is behind.
function aboutOne(d) {
  const out = `out ${rate(d.outward)} /s`;
  const [caught] = [catching(d)].flat();
  const behind = `oldest ${duration(d.late)}, caught up ${caught}`;
  if (!d.connected) return [`down · ${d.waiting > 0 ? behind : "nothing waits"}`, "bad"];
  if (d.disk_error) return [`disk error · ${out}`, "bad"];
  if (caught === "yes") return [d.removed ? `removed · ${out}` : out, null];
  return [`${out} · ${behind}`, "warn"];
}

function aboutMany(list) {
  const down = list.filter((d) => !d.connected);
  const oldest = Math.max(0, ...list.map((d) => d.late));
  const outward = speed({ rest: list }, "outward");
  if (down.length > 0) return [`${count(down.length)} down · oldest ${duration(oldest)}`, "bad"];
  if (!list.every(isWell)) return ["disk errors", "bad"];
  return [`out ${rate(outward)} /s${oldest > 2 ? ` · oldest ${duration(oldest)}` : ""}`, oldest > 2 ? "warn" : null];
}
