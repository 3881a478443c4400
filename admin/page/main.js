// What the page begins with: its parts, made and put together.
import { Address } from "./address.js";
import { Health } from "./health.js";
import { MetricsView } from "./metrics.js";
import { Poll } from "./poll.js";
import { StatusView } from "./status.js";
import { themeButton } from "./theme.js";

const byId = (id) => document.getElementById(id);

const address = new Address(window);
const metrics = new MetricsView(byId("metrics"), address);
const status = new StatusView(byId("status"));
const health = new Health(byId("health"), byId("trouble"));
const views = { metrics: byId("metrics"), status: byId("status") };
const links = { metrics: byId("to-metrics"), status: byId("to-status") };

themeButton(byId("theme"), () => metrics.redraw());

for (const [view, link] of [...Object.entries(links), ["status", byId("health")]]) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    address.change({ view });
  });
}

address.watch((state) => {
  for (const name of Object.keys(views)) {
    views[name].hidden = name !== state.view;
    if (name === state.view) links[name].setAttribute("aria-current", "page");
    else links[name].removeAttribute("aria-current");
    links[name].href = address.link({ view: name });
  }
  document.title = state.view === "status" ? "Status · plumbago" : "plumbago";
  metrics.show(state);
  status.look(state.view === "status");
});

new Poll(2000, (answer) => {
  health.show(answer);
  if (answer.status) status.show(answer.status);
}).start();
