// The tree of metrics: a level is asked for when it is opened. It is an ARIA tree, gone
// through with the arrow keys.
import { targetOf } from "./api.js";
import { el, set } from "./dom.js";

// cut is how many nodes of a level are shown at once.
const cut = 200;

export class Tree {
  #root;
  #load;
  #choose;
  #chosen = new Set();
  #typed = "";
  #typing = 0;

  // load returns the nodes below a path; choose is called with the path of a series.
  constructor(root, { load, choose }) {
    this.#root = root;
    this.#load = load;
    this.#choose = choose;
    root.addEventListener("click", (event) => this.#click(event));
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  // open shows the first level, and returns how many nodes it has.
  async open() {
    const nodes = await this.#load("");
    this.#fill(this.#root, nodes, 1);
    const first = this.#root.firstElementChild;
    if (first) set(first, "tabindex", "0");
    return nodes.length;
  }

  // mark shows which series are in the graph, as targets.
  mark(targets) {
    this.#chosen = new Set(targets);
    for (const item of this.#root.querySelectorAll("[data-leaf]")) this.#markOne(item);
  }

  #markOne(item) {
    set(item, "aria-selected", this.#chosen.has(targetOf(item.dataset.path)) ? "true" : "false");
  }

  // fill appends nodes to a group, up to cut of them and one more for the others.
  #fill(group, nodes, level) {
    group.append(...nodes.slice(0, cut).map((node) => this.#item(node, level)));
    const rest = nodes.slice(cut);
    if (rest.length === 0) return;
    const more = row(`more… (${rest.length.toLocaleString("en")})`, level, "more");
    more.show = () => {
      this.#fill(group, rest, level);
      const next = more.nextElementSibling;
      more.remove();
      this.#focus(next);
    };
    group.append(more);
  }

  #item(node, level) {
    const name = node.path.slice(node.path.lastIndexOf(".") + 1);
    const item = row(name, level, node.is_leaf ? "leaf" : "branch");
    item.dataset.path = node.path;
    item.title = node.path;
    if (node.is_leaf) {
      item.dataset.leaf = "";
      this.#markOne(item);
    } else {
      set(item, "aria-expanded", "false");
    }
    return item;
  }

  #click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    this.#focus(item);
    this.#act(item);
  }

  #act(item) {
    if (item.show) item.show();
    else if ("leaf" in item.dataset) this.#choose(item.dataset.path);
    else if (item.getAttribute("aria-expanded") === "true") collapse(item);
    else this.#expand(item);
  }

  async #expand(item) {
    set(item, "aria-expanded", "true");
    if (groupOf(item)) {
      groupOf(item).hidden = false;
      return;
    }
    const level = Number(item.getAttribute("aria-level")) + 1;
    const group = el("ul", { role: "group" });
    item.append(group);
    set(item, "aria-busy", "true");
    try {
      this.#fill(group, await this.#load(item.dataset.path), level);
    } catch (fault) {
      const said = row(`${fault.message} Try again`, level, "more");
      said.classList.add("fault");
      said.show = () => {
        this.#focus(item);
        group.remove();
        this.#expand(item);
      };
      group.append(said);
    }
    set(item, "aria-busy", null);
  }

  // visible are the items that can be seen, in order.
  #visible() {
    const open = [];
    const walk = (group) => {
      for (const item of group.children) {
        open.push(item);
        const below = groupOf(item);
        if (below && !below.hidden) walk(below);
      }
    };
    walk(this.#root);
    return open;
  }

  #focus(item) {
    if (!item) return;
    for (const other of this.#root.querySelectorAll("[tabindex='0']")) set(other, "tabindex", "-1");
    set(item, "tabindex", "0");
    item.focus({ preventScroll: true });
    item.firstElementChild.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const go = this.#moves(item)[event.key];
    if (go) {
      this.#typed = "";
      go();
    } else if (event.key.length === 1) this.#find(item, event.key);
    else return;
    event.preventDefault();
  }

  // moves is what keys do at an item.
  #moves(item) {
    const all = this.#visible();
    const at = all.indexOf(item);
    const expanded = item.getAttribute("aria-expanded");
    return {
      ArrowDown: () => this.#focus(all[at + 1]),
      ArrowUp: () => this.#focus(all[at - 1]),
      Home: () => this.#focus(all[0]),
      End: () => this.#focus(all.at(-1)),
      ArrowRight: () => {
        if (expanded === "false") this.#expand(item);
        else if (expanded === "true") this.#focus(groupOf(item).firstElementChild);
      },
      ArrowLeft: () => {
        if (expanded === "true") collapse(item);
        else this.#focus(item.parentElement.closest("[role=treeitem]"));
      },
      Enter: () => this.#act(item),
      " ": () => this.#act(item),
    };
  }

  // find goes to the next item whose name begins with what was typed in a short while.
  #find(item, letter) {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => (this.#typed = ""), 700);
    this.#typed += letter.toLowerCase();
    const all = this.#visible();
    const at = all.indexOf(item) + (this.#typed.length === 1 ? 1 : 0);
    const around = [...all.slice(at), ...all.slice(0, at)];
    this.#focus(around.find((i) => i.getAttribute("aria-label").toLowerCase().startsWith(this.#typed)));
  }
}

// row makes an item. It is called by its own name, and not by those of all below it.
function row(name, level, kind) {
  return el(
    "li",
    { role: "treeitem", class: kind, tabindex: "-1", "aria-level": level, "aria-label": name },
    el("span", { class: "row", "data-level": Math.min(level, 12) }, el("span", { class: "twist", "aria-hidden": "true" }), el("span", { class: "name" }, name)),
  );
}

const groupOf = (item) => item.querySelector(":scope > [role=group]");

function collapse(item) {
  set(item, "aria-expanded", "false");
  groupOf(item).hidden = true;
}
