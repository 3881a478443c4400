// The address bar holds all that is looked at: a link shows the same again, and
// the back button goes back.

export const plain = { view: "metrics", targets: [], from: "-1h", until: "now", refresh: 30 };

export function read(query) {
  const given = new URLSearchParams(query);
  const refresh = Number.parseInt(given.get("refresh") ?? "", 10);
  return {
    view: given.get("view") === "status" ? "status" : "metrics",
    targets: given.getAll("target").filter((t) => t.trim() !== ""),
    from: given.get("from") || plain.from,
    until: given.get("until") || plain.until,
    refresh: Number.isInteger(refresh) && refresh >= 0 ? refresh : plain.refresh,
  };
}

export function write(state) {
  const query = new URLSearchParams();
  if (state.view !== plain.view) query.set("view", state.view);
  for (const t of state.targets) query.append("target", t);
  for (const key of ["from", "until", "refresh"]) {
    if (state[key] !== plain[key]) query.set(key, state[key]);
  }
  return "?" + query;
}

export class Address {
  #window;
  #watchers = [];

  constructor(window) {
    this.#window = window;
    this.state = read(window.location.search);
    window.addEventListener("popstate", () => {
      this.state = read(window.location.search);
      this.#tell();
    });
  }

  // watch calls f with the state, now and after each change.
  watch(f) {
    this.#watchers.push(f);
    f(this.state);
  }

  // change goes over to a state that differs in some parts.
  change(parts) {
    const link = this.link(parts);
    if (link === write(this.state)) return;
    this.state = { ...this.state, ...parts };
    this.#window.history.pushState(null, "", link);
    this.#tell();
  }

  // link is the address of a state that differs in some parts.
  link(parts) {
    return write({ ...this.state, ...parts });
  }

  #tell() {
    for (const f of this.#watchers) f(this.state);
  }
}
