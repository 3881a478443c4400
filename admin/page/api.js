// The questions that the page asks its server, and what went wrong with them as
// sentences.

// Fault is an answer that is none. missing says that there is no database to ask.
export class Fault extends Error {
  constructor(text, status) {
    super(text);
    this.missing = status === 404;
  }
}

// shut is the fault that followed when the server did not know who asks. Nothing is asked
// after it: browsers would want the token from the person each time.
let shut = null;

async function ask(path, parameters, signal) {
  const answer = await open(path, parameters, signal);
  return answer.json();
}

// open returns the answer to a question, before it is read. What the browser was given as
// name and password goes with it, wherever in the address of the page that was.
async function open(path, parameters, signal) {
  if (shut) throw shut;
  const url = new URL(path, location.origin + location.pathname);
  url.search = new URLSearchParams(parameters);
  let answer;
  try {
    answer = await fetch(url, { signal, credentials: "same-origin", headers: { Accept: "application/json" } });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Fault("The gateway does not answer.", 0);
  }
  if (answer.status === 401) {
    shut = new Fault("The gateway wants its token: load this page again, and give admin.token as the password, with any name.", 401);
    throw shut;
  }
  if (!answer.ok) throw new Fault(await sentence(answer), answer.status);
  return answer;
}

// sentence is what the server says is wrong: a line of text, or JSON with an error.
async function sentence(answer) {
  const text = (await answer.text()).trim();
  if (/json/.test(answer.headers.get("Content-Type") ?? "")) {
    try {
      return String(JSON.parse(text).error ?? text);
    } catch {
      return text;
    }
  }
  return text.slice(0, 500) || `The gateway answered ${answer.status}.`;
}

// children are the nodes below a path, "" being the root: [{path, is_leaf}].
export async function children(path) {
  if (path === "") return ask("metrics/find", { query: "*", format: "json" });
  const found = await ask("metrics/find", { query: `${plain(path)}.*`, format: "json" });
  return found.filter((node) => node.path.startsWith(`${path}.`));
}

// search finds series by words: {metrics, more}.
export function search(query, signal) {
  return ask("metrics/search", { query, max_results: 100 }, signal);
}

// render is what a target is worth: [{target, datapoints: [[value, time]]}]. Values
// without bounds come as null: they cannot be drawn.
export function render({ target, from, until, points, signal }) {
  return ask("render", { format: "json", target, from, until, maxDataPoints: points }, signal);
}

// checkTimes fails if the server cannot read a time.
export function checkTimes(from, until) {
  return ask("metrics/find", { query: "plumbago", format: "json", from, until });
}

// status is the gateway's state.
export function status(signal) {
  return ask("status", {}, signal);
}

// drops is what was dropped in the last hour: {time, times, dropped: {reason: [points]}}.
export function drops() {
  return ask("drops", {});
}

// explain is where points of a name go, and what each rule says to it.
export function explain(name, tenant, signal) {
  return ask("explain", { name, tenant }, signal);
}

// tap yields points as they go by, until the signal: {line, to, dropped, …} or {passed_over}.
export async function* tap(conditions, signal) {
  const answer = await open("tap", conditions, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

// plain is a pattern that a name fits. Nothing takes their meaning from the characters of
// patterns, so any character stands for one.
const plain = (name) => name.replace(/[{}[\]*?\\]/g, "?");

// targetOf is the expression that stands for one series: what is no pattern but means
// something in expressions gets a backslash.
export function targetOf(name) {
  return plain(name).replace(/[(),'"|]/g, "\\$&");
}
