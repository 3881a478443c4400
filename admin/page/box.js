// What boxes of the status view are made of.
import { el, Rows, say, set } from "./dom.js";
import { count, sum, words } from "./format.js";

// box is a titled part of the view, around what is inside.
export function box(title, ...inside) {
  const id = `box-${title.toLowerCase()}`;
  return el("section", { class: `panel box ${id}`, "aria-labelledby": id }, el("h2", { id }, title), ...inside);
}

// field is something to fill in, under its name.
export function field(name, input) {
  return el("label", { class: "field" }, el("span", {}, name), input);
}

// choose keeps the options of a select in step with a list of names; the first is for none.
export function choose(select, none, names) {
  const wanted = ["", ...names];
  if (select.options.length === wanted.length && wanted.every((name, at) => select.options[at].value === name)) return;
  const chosen = select.value;
  select.replaceChildren(...wanted.map((name) => el("option", { value: name }, name || none)));
  select.value = wanted.includes(chosen) ? chosen : "";
}

// Figures is a row of values, each under its name.
export class Figures {
  #values = new Map();

  constructor(names) {
    this.node = el("dl", { class: "figures" });
    for (const [key, name] of Object.entries(names)) {
      const value = el("dd", {});
      const figure = el("div", { class: `figure figure-${key}` }, el("dt", {}, name), value);
      this.#values.set(key, { figure, value });
      this.node.append(figure);
    }
  }

  // append puts a node below a value.
  append(key, node) {
    this.#values.get(key).figure.append(node);
  }

  // show sets values; a value is a text, or [text, state]. One that is null is hidden.
  show(values) {
    for (const [key, given] of Object.entries(values)) {
      const { figure, value } = this.#values.get(key);
      const [text, state] = Array.isArray(given) ? given : [given, null];
      figure.hidden = text === null;
      say(value, text ?? "");
      set(figure, "data-state", state);
    }
  }
}

// Reasons is a list of how much was lost, by why.
export class Reasons {
  #rows;

  constructor(label) {
    this.node = el("ul", { class: "reasons", "aria-label": label, hidden: true });
    this.#rows = new Rows(this.node, () => {
      const n = el("b", {});
      const why = el("span", {});
      return {
        node: el("li", {}, n, " ", why),
        update: ([reason, points]) => {
          say(n, count(points));
          say(why, words(reason));
        },
      };
    });
  }

  show(counts) {
    this.node.hidden = sum(counts) === 0;
    this.#rows.show(Object.entries(counts).sort(([, a], [, b]) => b - a), ([reason]) => reason);
  }
}
