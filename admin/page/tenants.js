// The tenants: what each sends, and what it is kept from.
import { box, Figures, Reasons } from "./box.js";
import { el, Rows, say } from "./dom.js";
import { count, rate, sum } from "./format.js";

export class Tenants {
  #rows;

  constructor() {
    const list = el("ul", { class: "cards" });
    this.#rows = new Rows(list, () => this.#row());
    this.node = box("Tenants", list);
    this.node.hidden = true;
  }

  show({ tenants }) {
    this.node.hidden = tenants.length === 0;
    this.#rows.show(tenants, (t) => t.name);
  }

  #row() {
    const name = el("h3", {});
    const where = el("p", { class: "where" });
    const figures = new Figures({ points: "Points /s", live: "Live metrics", dropped: "Dropped" });
    const reasons = new Reasons("Dropped");
    const node = el("li", { class: "card" }, el("div", { class: "card-head" }, name, where), figures.node, reasons.node);
    const update = (t) => {
      const { points_per_second: most, live_metrics: live, dry_run: dry } = t.limits;
      const dropped = sum(t.dropped);
      say(name, t.name === "" ? "Nobody's" : t.name);
      say(where, dry ? "limits are only tried" : "");
      const now = rate(t.speed);
      figures.show({
        points: most ? `${now} of ${rate(most)}` : now,
        live: live ? [`${count(t.live_metrics)} of ${count(live)}`, t.live_metrics >= live ? "warn" : null] : null,
        dropped: [count(dropped), dropped > 0 ? "warn" : null],
      });
      reasons.show(t.dropped);
    };
    return { node, update };
  }
}
