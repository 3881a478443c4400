// The lines of the drawing of what flows: where they go, and how thick they are.
import { set } from "./dom.js";
import { isBad, speed } from "./plan.js";

const thin = 1.25;
const thick = 8;
const trunk = 16; // of what goes into a destination, where all its lines have met

const svg = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);

export class Lines {
  #paths = new Map();
  #columns;
  #frame;
  #largest = 0;

  constructor() {
    this.node = svg("svg");
    set(this.node, "class", "flow-lines");
  }

  // draw draws the lines of a plan between the rows of columns that show it.
  draw({ receivers, destinations, lines, columns, hub, inward }) {
    this.#columns = columns;
    this.#frame = this.node.getBoundingClientRect();
    const speeds = [...receivers.map((r) => [r, "speed"]), ...destinations.map((d) => [d, "inward"])].filter(([node]) => !node.rest);
    this.#largest = Math.max(inward ?? 0, ...speeds.map(([node, direction]) => speed(node, direction) ?? 0));
    const table = this.#place(hub);
    const far = destinations.map((node) => ({ node, at: this.#row("destinations", node) }));
    const stacked = far.length > 0 && far[0].at.left < table.right;
    const drawn = new Map();
    if (stacked) this.#down(drawn, table, inward);
    else this.#into(drawn, table, receivers);
    for (const { node, at } of far) this.#out(drawn, { node, at, stacked, lines: lines.filter((l) => l.to === node) });
    this.#keep(drawn);
  }

  // into draws what comes from the receivers to the table of rules.
  #into(drawn, table, receivers) {
    for (const node of receivers) {
      const from = this.#row("receivers", node);
      const y = Math.min(Math.max(from.middle, table.top + 12), table.bottom - 12);
      drawn.set(`in ${node.key}`, { d: curve(from.right, from.middle, table.left, y), much: speed(node, "speed") });
    }
  }

  // down draws what comes in as one, where the table is below the receivers.
  #down(drawn, table, much) {
    const above = this.#place(this.#columns.receivers.parent);
    drawn.set("in", { d: `M${table.left + 20} ${above.bottom}V${table.top}`, much });
  }

  // out draws what goes to a destination. How it divides between several rules is not known:
  // their lines are thin, and thick where they have met.
  #out(drawn, { node, at, stacked, lines }) {
    const bad = isBad(node);
    const much = speed(node, "inward");
    for (const line of lines) {
      const from = this.#row("rules", line.from);
      const d = stacked ? arc(from, at, this.#frame.width) : curve(from.edge, from.middle, at.left - trunk, at.middle);
      drawn.set(`to ${line.from.key} ${node.key}`, { d, much: lines.length === 1 ? much : null, bad, idle: much === 0 });
    }
    if (!stacked && lines.length > 0) drawn.set(`trunk ${node.key}`, { d: `M${at.left - trunk} ${at.middle}H${at.left}`, much, bad });
  }

  #keep(drawn) {
    for (const [key, path] of this.#paths) {
      if (drawn.has(key)) continue;
      path.remove();
      this.#paths.delete(key);
    }
    for (const [key, line] of drawn) {
      const path = this.#paths.get(key) ?? svg("path");
      this.#paths.set(key, path);
      set(path, "d", line.d);
      set(path, "stroke-width", this.#width(line.much).toFixed(2));
      set(path, "data-state", line.bad ? "bad" : line.much === 0 || line.idle ? "idle" : null);
      if (line.bad || !path.isConnected) this.node.append(path); // what is dead is above the others
    }
  }

  #width(much) {
    return this.#largest > 0 && much > 0 ? thin + (thick - thin) * Math.min(1, Math.sqrt(much / this.#largest)) : thin;
  }

  // row is the place of a node's row. edge is where its column ends.
  #row(column, { key }) {
    const rows = this.#columns[column];
    const place = this.#place(rows.row(key));
    return { ...place, edge: column === "rules" ? this.#place(rows.parent.parentElement).right : place.right };
  }

  #place(element) {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const { left: x, top: y } = this.#frame;
    return { left: left - x, right: right - x, top: top - y, bottom: bottom - y, middle: (top + bottom) / 2 - y };
  }
}

function curve(x1, y1, x2, y2) {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

// arc goes round, on the right of two rows that are above each other.
function arc(from, to, width) {
  const out = (width - Math.max(from.edge, to.right)) * 1.25;
  return `M${from.edge} ${from.middle}C${from.edge + out} ${from.middle} ${to.right + out} ${to.middle} ${to.right} ${to.middle}`;
}
