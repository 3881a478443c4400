// The search box: series by words, as they are typed.
import { search, targetOf } from "./api.js";
import { el, say, set } from "./dom.js";

// pause is how long is waited for the next letter, in milliseconds.
const pause = 150;

export class Search {
  #input;
  #list;
  #note;
  #choose;
  #open;
  #timer = 0;
  #asking = new AbortController();
  #chosen = new Set();

  // choose is called with the name of a series; open with whether there is something searched for.
  constructor({ input, list, note }, { choose, open }) {
    this.#input = input;
    this.#list = list;
    this.#note = note;
    this.#choose = choose;
    this.#open = open;
    input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), pause);
    });
    input.addEventListener("keydown", (event) => this.#inputKey(event));
    list.addEventListener("keydown", (event) => this.#listKey(event));
  }

  // mark shows which series are in the graph, as targets.
  mark(targets) {
    this.#chosen = new Set(targets);
    for (const button of this.#list.querySelectorAll("button")) this.#markOne(button);
  }

  #markOne(button) {
    set(button, "aria-pressed", this.#chosen.has(targetOf(button.dataset.name)) ? "true" : "false");
  }

  async #search() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const query = this.#input.value.trim();
    this.#open(query !== "");
    this.#list.hidden = query === "";
    if (query === "") {
      say(this.#note, "");
      return;
    }
    try {
      const { metrics, more } = await search(query, signal);
      if (signal.aborted) return;
      this.#show(metrics, query.toLowerCase().split(/\s+/));
      say(this.#note, summary(metrics.length, more));
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.#list.replaceChildren();
      say(this.#note, fault.message);
    }
  }

  #show(names, words) {
    this.#list.replaceChildren(...names.map((name) => {
      const button = el("button", { type: "button", title: name, onclick: () => this.#choose(name) }, ...marked(name, words));
      button.dataset.name = name;
      this.#markOne(button);
      return el("li", {}, button);
    }));
  }

  #inputKey(event) {
    const first = this.#list.querySelector("button");
    if (event.key === "ArrowDown" && first) first.focus();
    else if (event.key === "Enter" && first) first.click();
    else if (event.key === "Escape" && this.#input.value !== "") {
      this.#input.value = "";
      this.#search();
    } else return;
    event.preventDefault();
  }

  #listKey(event) {
    const at = event.target.closest("li");
    const moves = { ArrowDown: at?.nextElementSibling, ArrowUp: at?.previousElementSibling, Home: this.#list.firstElementChild, End: this.#list.lastElementChild };
    if (event.key === "Escape" || (event.key === "ArrowUp" && !moves.ArrowUp)) this.#input.focus();
    else if (event.key in moves) moves[event.key]?.querySelector("button").focus();
    else return;
    event.preventDefault();
  }
}

function summary(n, more) {
  if (n === 0) return "Nothing found.";
  if (more) return `The first ${n}. More words find fewer.`;
  return n === 1 ? "1 series" : `${n} series`;
}

// marked is a name with the words in it set off.
function marked(name, words) {
  const lower = name.toLowerCase();
  if (lower.length !== name.length) return [name];
  const on = new Array(name.length).fill(false);
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) on.fill(true, at, at + word.length);
  }
  const parts = [];
  for (let begin = 0, end = 0; begin < name.length; begin = end) {
    while (end < name.length && on[end] === on[begin]) end++;
    const text = name.slice(begin, end);
    parts.push(on[begin] ? el("mark", {}, text) : text);
  }
  return parts;
}
