// The graph itself: a canvas of uPlot, in the page's colours and as wide as its place.
import uPlot from "./uplot/uPlot.esm.js";
import { short } from "./format.js";

export class Graph {
  #place;
  #on;
  #plot = null;
  #drawn = { times: [], series: [] };
  #hidden = new Set();

  // on.cursor is called with an index of the times, or null, and that time; on.select with
  // the Unix seconds between which the graph was dragged over.
  constructor(place, on) {
    this.#place = place;
    this.#on = on;
    new ResizeObserver(() => requestAnimationFrame(() => this.#fit())).observe(place);
  }

  // width is how many points can be told apart.
  get width() {
    return Math.max(100, Math.round(this.#place.clientWidth));
  }

  // range is what is drawn, in Unix seconds; null if nothing is.
  get range() {
    const { times } = this.#drawn;
    return times.length > 1 ? [times[0], times.at(-1)] : null;
  }

  // series are those drawn, as join made them, with whether they are hidden.
  get series() {
    return this.#drawn.series.map((s) => ({ ...s, hidden: this.#hidden.has(s.name) }));
  }

  // draw shows what join made. The lines stay the same objects while their names do.
  draw(drawn) {
    const names = (d) => JSON.stringify(d.series.map((s) => s.name));
    const same = this.#plot && names(drawn) === names(this.#drawn);
    this.#drawn = drawn;
    if (same) this.#plot.setData(this.#data());
    else this.redraw();
  }

  // redraw makes the graph anew, as after a change of theme.
  redraw() {
    this.#plot?.destroy();
    this.#plot = null;
    const { series } = this.#drawn;
    if (series.length === 0) return;
    this.#plot = new uPlot(this.#options(), this.#data(), this.#place);
    this.#plot.root.setAttribute("role", "img");
    this.#plot.root.setAttribute("aria-label", `Graph of ${series.length === 1 ? series[0].name : `${series.length} series`}. The values are in the table below it.`);
  }

  // toggle shows a series, or hides it.
  toggle(index) {
    const { name } = this.#drawn.series[index];
    if (!this.#hidden.delete(name)) this.#hidden.add(name);
    this.#plot?.setSeries(index + 1, { show: !this.#hidden.has(name) });
  }

  // fit makes the graph as large as its place, where that can be seen.
  #fit() {
    if (this.#place.clientWidth > 0) this.#plot?.setSize(this.#size());
  }

  #data() {
    const { times, series } = this.#drawn;
    return [times, ...series.map((s) => s.values)];
  }

  #size() {
    return { width: this.#place.clientWidth, height: this.#place.clientHeight };
  }

  #options() {
    const style = getComputedStyle(this.#place);
    const colour = (name) => resolved(this.#place, style.getPropertyValue(name));
    const axis = { stroke: colour("--soft"), font: `12px ${style.fontFamily}`, grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false } };
    return {
      ...this.#size(),
      legend: { show: false },
      padding: [12, 22, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
      axes: [{ ...axis, values: hours, space: 70 }, { ...axis, values: (_, ticks) => ticks.map(short), size: labelWidth, gap: 6 }],
      series: [{}, ...this.#drawn.series.map((s) => this.#line(s, colour(`--series-${s.colour}`)))],
      hooks: {
        setCursor: [({ cursor }) => this.#on.cursor(cursor.idx ?? null, cursor.idx == null ? null : this.#drawn.times[cursor.idx])],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #line({ name, dash }, stroke) {
    return {
      label: name,
      stroke,
      width: 1.5,
      dash: dash > 0 ? [8, 2 + 3 * dash] : undefined,
      show: !this.#hidden.has(name),
      points: { filter: alone, size: 6, fill: stroke },
    };
  }

  #selected(plot) {
    if (plot.select.width < 4) return;
    const from = Math.floor(plot.posToVal(plot.select.left, "x"));
    const until = Math.ceil(plot.posToVal(plot.select.left + plot.select.width, "x"));
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    if (until - from >= 2) this.#on.select(from, until);
  }
}

// alone are the points that no line goes through, of a series that shows none: values
// between two that are not known.
function alone(plot, index, shown) {
  if (shown) return null;
  const values = plot.data[index].map((v, i) => [v, i]).filter(([v]) => v !== undefined);
  const lone = values.filter(([v], i) => v !== null && (values[i - 1]?.[0] ?? null) === null && (values[i + 1]?.[0] ?? null) === null);
  return lone.map(([, i]) => i);
}

// labelWidth is room for the longest label of the values.
function labelWidth(plot, labels) {
  const longest = Math.max(4, ...(labels ?? []).map((l) => l.length));
  return longest * 7 + 16;
}

// hours is how times are written, by the time between two of them: the time of day
// first, and below it the day where it begins.
const hours = [
  [365 * 86400, "{YYYY}", null, null, null, null, null, null, 1],
  [28 * 86400, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [0.001, "{HH}:{mm}:{ss}.{fff}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];

// resolved is a colour as a canvas reads it: of light-dark() the one that is in force.
function resolved(place, value) {
  const probe = document.createElement("span");
  place.append(probe);
  probe.style.color = value;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
