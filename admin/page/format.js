// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// count is a whole number with its thousands set apart.
export const count = (n) => whole.format(n);

const steps = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

// short is a number in about four digits.
export function short(n) {
  if (n === null || n === undefined || Number.isNaN(n)) return "–";
  const size = Math.abs(n);
  for (const [step, letter] of steps) {
    if (size >= step) return digits(n / step) + letter;
  }
  if (size !== 0 && size < 0.001) return n.toExponential(2);
  return digits(n);
}

function digits(n) {
  const size = Math.abs(n);
  const places = size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return String(Number(n.toFixed(places)));
}

// rate is so many a second. Slow ones are told to a tenth.
export function rate(n) {
  if (n === null) return "–";
  return n > 0 && n < 10 ? n.toFixed(1) : n < 10_000 ? count(n) : short(n);
}

// bytes is a size in powers of 1024.
export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let u = 0;
  for (; n >= 1024 && u < units.length - 1; u++) n /= 1024;
  return `${u === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[u]}`;
}

// duration is so many seconds in its two largest units.
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(s / 86400), "d"],
    [Math.floor(s / 3600) % 24, "h"],
    [Math.floor(s / 60) % 60, "min"],
    [s % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

const two = (n) => String(n).padStart(2, "0");

// clock is the time of day, where the person is.
export function clock(unix) {
  const t = new Date(unix * 1000);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

// moment is a day and a time of day.
export function moment(unix) {
  const t = new Date(unix * 1000);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clock(unix)}`;
}

// words is a name of a program as text: queue_full is "queue full".
export const words = (name) => name.replaceAll("_", " ");

// sum adds the values of an object.
export const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

// sentence makes one of what a program says.
export function sentence(text) {
  const said = text.trim();
  return said.charAt(0).toUpperCase() + said.slice(1) + (/[.?!]$/.test(said) ? "" : ".");
}

// listed is names as a part of a sentence.
export const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
