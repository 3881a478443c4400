// From what the server answers to what is drawn: series beside each other, over one
// list of times.
import uPlot from "./uplot/uPlot.esm.js";

// most is how many series are drawn: more lines say less.
export const most = 100;

// colours is how many there are; series behind them are dashed, in the same colours.
export const colours = 8;

// join returns {times, series} of answers of the server: series are {name, colour, dash,
// values}, in order, as many as are drawn. A value is null where it is not known, and
// undefined where the series has no such time.
export function join(answers) {
  const all = answers.flat().slice(0, most);
  const tables = all.map(({ datapoints }) => [datapoints.map(([, t]) => t), datapoints.map(([v]) => (Number.isFinite(v) ? v : null))]);
  const filled = tables.filter(([times]) => times.length > 0);
  const [times = [], ...columns] = filled.length > 0 ? uPlot.join(filled) : [];
  let next = 0;
  const series = all.map((s, i) => ({
    name: s.target,
    colour: (i % colours) + 1,
    dash: Math.floor(i / colours),
    values: tables[i][0].length > 0 ? columns[next++] : [],
  }));
  return { times, series };
}
