// The view of metrics: a tree and a search to find them, and a graph of them.
import { children, render, targetOf } from "./api.js";
import { say } from "./dom.js";
import { Graph } from "./graph.js";
import { Legend } from "./legend.js";
import { noDatabase } from "./nodatabase.js";
import { Range } from "./range.js";
import { Search } from "./search.js";
import { join, most } from "./series.js";
import { Targets } from "./targets.js";
import { Tree } from "./tree.js";

const awaited = "No series yet: they show here as points come in.";

const byId = (id) => document.getElementById(id);

export class MetricsView {
  #place;
  #address;
  #state = null;
  #asking = new AbortController();
  #timer = 0;
  #begun = false;
  #awaiting = 0; // a timer, while there is no series
  #missing = false; // there is no database

  constructor(place, address) {
    this.#place = place;
    this.#address = address;
    const choose = (name) => this.targets.toggle(targetOf(name));
    this.tree = new Tree(byId("tree"), { load: children, choose });
    this.search = new Search(
      { input: byId("search"), list: byId("found"), note: byId("search-note") },
      { choose, open: (searching) => this.#searching(searching) },
    );
    this.graph = new Graph(byId("plot"), {
      cursor: (index, time) => this.legend.at(index, time),
      select: (from, until) => address.change({ from: String(from), until: String(until) }),
    });
    this.legend = new Legend({ panel: byId("legend-panel"), body: byId("legend"), time: byId("legend-time") }, (index) => {
      this.graph.toggle(index);
      this.legend.show(this.graph.series);
    });
    this.targets = new Targets({ list: byId("targets"), add: byId("add") }, (targets) => address.change({ targets }));
    this.range = new Range(
      {
        form: byId("range"), presets: byId("presets"), refresh: byId("refresh"), fault: byId("range-fault"),
        earlier: byId("earlier"), later: byId("later"), wider: byId("wider"),
      },
      { change: (parts) => address.change(parts), shown: () => this.graph.range },
    );
    this.#foldable();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#state) this.show(this.#state);
    });
  }

  // show goes over to a state of the address.
  show(state) {
    this.#state = state;
    if (state.view !== "metrics" || this.#missing) {
      this.#stop();
      return;
    }
    if (!this.#begun) this.#begin();
    this.targets.show(state.targets);
    this.range.show(state);
    this.#mark();
    this.#load();
  }

  // redraw draws the same again, in other colours.
  redraw() {
    this.graph.redraw();
  }

  async #begin() {
    this.#begun = true;
    const note = byId("search-note");
    try {
      if ((await this.tree.open()) === 0) return this.#await(note);
      if (note.textContent === awaited) say(note, "");
      this.#mark();
    } catch (fault) {
      this.#begun = false; // it is tried again with the next change
      say(note, fault.message);
      if (!fault.missing) return;
      this.#missing = true;
      this.#stop();
      noDatabase(this.#place, fault.message);
    }
  }

  // await looks for the first series again and again, as long as somebody looks.
  #await(note) {
    this.#begun = false;
    say(note, awaited);
    clearTimeout(this.#awaiting);
    this.#awaiting = setTimeout(() => {
      if (!this.#begun && !document.hidden && this.#state.view === "metrics") this.#begin();
    }, 2000);
  }

  #mark() {
    this.tree.mark(this.#state.targets);
    this.search.mark(this.#state.targets);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  // load asks for all targets, and again after the time to refresh.
  async #load() {
    this.#stop();
    const { targets, from, until, refresh } = this.#state;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const points = this.graph.width;
    const results = await Promise.all(targets.map((target) => outcome({ target, from, until, points, signal })));
    if (signal.aborted || this.#missing) return;
    this.#draw(results);
    if (refresh > 0 && targets.length > 0 && !document.hidden) {
      this.#timer = setTimeout(() => this.#load(), refresh * 1000);
    }
  }

  #draw(results) {
    const drawn = join(results.map((r) => r.answer ?? []));
    this.graph.draw(drawn);
    this.legend.show(this.graph.series);
    this.targets.tell(results);
    say(byId("plot-note"), note(results, drawn));
  }

  #searching(searching) {
    byId("tree").hidden = searching;
    if (searching) this.#fold(false);
  }

  // foldable lets the tree be put away where there is no room beside the graph.
  #foldable() {
    byId("browse-toggle").addEventListener("click", () => this.#fold(byId("browse-body").classList.contains("unfolded")));
  }

  #fold(away) {
    byId("browse-body").classList.toggle("unfolded", !away);
    byId("browse-toggle").setAttribute("aria-expanded", String(!away));
  }
}

// outcome is what became of a target: {answer} or {fault}, and perhaps a note.
async function outcome(question) {
  try {
    const answer = await render(question);
    if (answer.length === 0) return { answer, note: "No series has this name." };
    return { answer, note: answer.length > 1 ? `${answer.length} series` : "" };
  } catch (fault) {
    return { fault: fault.message };
  }
}

// note says why there is nothing in the graph, or not all.
function note(results, { series }) {
  const all = results.reduce((n, r) => n + (r.answer?.length ?? 0), 0);
  if (results.length === 0) return "Choose a metric from the tree, search for one, or type a target below.";
  if (all > most) return `The first ${most} of ${all} series are drawn.`;
  if (series.length === 0) return results.some((r) => r.fault) ? "Nothing can be drawn: see the targets below." : "No series of these names.";
  if (series.every((s) => s.values.every((v) => v === null || v === undefined))) return "No points in this time.";
  return "";
}
