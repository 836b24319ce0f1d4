// The front end of a page and of a panel: it counts draws anew as its reader moves weights and supposes events, and moves the
// marks of figures that matplotlib drew. Counting follows simulator/ensemble: bins of a twentieth of a point, Wilson, Woodruff.

const Z95 = 1.959963984540054;
const BINS = 2000;
const PER_POINT = 20;
const TOP = 65535;
export const PROBABILITIES = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];
export const LEAST = 100; // draws under which nothing is told
const FEW = 400; // draws that the command asks for

// --- what was sent ---

// A sheet from its bytes (simulator/page/sheet.py): the text's fields, and arrays by name.
export async function decode(deflated) {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const sheet = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const found = {};
  for (const one of sheet.arrays) {
    const size = one.shape.reduce((a, b) => a * b, 1);
    found[one.name] = { ...one, values: joined(bytes, at, size, one.bytes) };
    at += size * one.bytes;
  }
  sheet.sides.forEach((side, place) => unpack(sheet, side, String(place), found));
  return sheet;
}

// Bytes come plane by plane: the lowest of all numbers first.
function joined(bytes, at, size, width) {
  const values = width === 1 ? new Uint8Array(size) : width === 2 ? new Uint16Array(size) : new Uint32Array(size);
  for (let plane = 0; plane < width; plane++)
    for (let i = 0; i < size; i++) values[i] |= bytes[at + plane * size + i] << (8 * plane);
  return values;
}

function unpack(sheet, side, place, found) {
  const n = sheet.n;
  const levels = found[`${place}/levels`];
  const row = levels.shape[1] * n;
  for (let i = row; i < levels.values.length; i++) levels.values[i] += levels.values[i - row]; // wraps as it was made
  // a base's levels are told as how far they are from the other's
  if (levels.is_over) found["0/levels"].values.forEach((value, i) => (levels.values[i] += value));
  side.months = sheet.months.slice(0, levels.shape[0]);
  side.levels = Float64Array.from(levels.values, level);
  side.first = rows(found[`${place}/first`].values, n);
  side.still = found[`${place}/still`] ? rows(found[`${place}/still`].values, n) : side.first;
  side.draws = found[`${place}/weights`]?.values ?? null;
  side.bits = (name) => bits(found[name].values, n);
  for (const index of side.indices)
    for (const weight of index.weights) {
      if (!weight.is_sampled) continue;
      const { values, low, high } = found[`${place}/${weight.key}`] ?? found[`0/${weight.key}`];
      weight.sampled = Float64Array.from(values, (step) => low + (step / TOP) * (high - low));
    }
}

// A step as points; one next to an edge of a bin is that edge, where levels of files and cuts of bands stand.
function level(step) {
  const points = (step * 100) / TOP;
  const edge = Math.round(points * PER_POINT) / PER_POINT;
  return Math.abs(points - edge) <= 50 / TOP ? edge : points;
}

const rows = (values, n) => Array.from({ length: values.length / n }, (_, r) => values.subarray(r * n, (r + 1) * n));
const bits = (bytes, n) => Uint8Array.from({ length: n }, (_, d) => (bytes[d >> 3] >> (7 - (d & 7))) & 1);

// --- estimates, as simulator/ensemble/estimates.py has them ---

export function proportion(k, n) {
  const share = k / n;
  const scale = 1 + Z95 ** 2 / n;
  const centre = (share + Z95 ** 2 / (2 * n)) / scale;
  const half = (Z95 / scale) * Math.sqrt((share * (1 - share)) / n + Z95 ** 2 / (4 * n ** 2));
  return { share, error: half / Z95, low: k === 0 ? 0 : centre - half, high: k === n ? 1 : centre + half };
}

// Quantiles of counts on the grid, straight within a bin; all are of one cumulative pass.
export function gridQuantiles(counts, probabilities) {
  const used = [];
  const reached = [];
  let total = 0;
  for (let bin = 0; bin < counts.length; bin++)
    if (counts[bin]) {
      used.push(bin);
      reached.push((total += counts[bin]));
    }
  return probabilities.map((p) => {
    const wanted = p * total;
    let low = 0;
    let high = used.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (reached[middle] >= wanted) high = middle;
      else low = middle + 1;
    }
    const own = counts[used[low]];
    return (used[low] + (wanted - (reached[low] - own)) / own) / PER_POINT;
  });
}

export function quantiles(counts, n, probabilities = PROBABILITIES) {
  const reach = probabilities.map((p) => Z95 * Math.sqrt((p * (1 - p)) / n));
  const values = gridQuantiles(counts, probabilities);
  const upper = gridQuantiles(counts, probabilities.map((p, i) => Math.min(p + reach[i], 1)));
  const lower = gridQuantiles(counts, probabilities.map((p, i) => Math.max(p - reach[i], 0)));
  return { values, errors: values.map((_, i) => (upper[i] - lower[i]) / (2 * Z95)) };
}

// The mean of differences that may have weights, with its error, inflated where few draws contribute.
export function meanOf(values, ratios, effective) {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] * ratios[i]) / n;
  let spread = 0;
  let squares = 0;
  let hits = 0;
  for (let i = 0; i < n; i++) {
    spread += ratios[i] ** 2 * (values[i] - mean) ** 2;
    squares += ratios[i] ** 2;
    hits += values[i] !== 0 ? ratios[i] / n : 0;
  }
  const variance = (spread / squares) * (effective / (effective - 1));
  const h = hits * effective;
  const error = Math.sqrt((variance / effective) * (1 + (Z95 ** 2 * (1 - h / effective)) / h));
  return { mean, error: h === 0 ? 100 * proportion(0, effective).error : error };
}

// --- numbers in words, as simulator/report/wording.py has them ---

// A number on some digits. Of one that lies exactly between two, Python takes the even one, and toFixed the greater.
const fixed = (value, digits) => {
  const scaled = value * 10 ** digits;
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  return isTie ? ((2 * Math.round(scaled / 2)) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
};
export const points = (value, error) => fixed(value, error <= 0.2 ? 1 : 0);

const decimals = (error) => Math.min(Math.max(Math.floor(-Math.log10(error / 2) + 1e-9), 0), 4);
function roundedUp(value) {
  const place = Math.floor(Math.log10(value));
  const digits = Math.ceil(Math.round((value / 10 ** place) * 1e9) / 1e9);
  return (digits * 10 ** place).toFixed(Math.max(-place, 0));
}
const less = (text) => {
  const digits = (text.split(".")[1] ?? "").length;
  return (100 - Number(text)).toFixed(digits);
};

export function percent({ share, error, low, high }, n) {
  if (low === high) return `${Number((100 * share).toPrecision(6))} %`;
  if (share === 0 || share === 1)
    return share > 0.5 ? `> ${less(roundedUp(100 * (1 - low)))} %` : `< ${roundedUp(100 * high)} %`;
  const rare = 100 * Math.min(share, 1 - share);
  if (rare * n < 50) return share < 0.5 ? `< ${roundedUp(100 * high)} %` : `> ${less(roundedUp(100 * (1 - low)))} %`;
  const decade = Math.floor(Math.log10(rare) + 1e-9);
  const step = [2, 5, 10].find((one) => rare < one * 10 ** decade * (1 - 1e-9));
  const top = Math.min((step * 10 ** decade) / 100, 0.5);
  return `${fixed(100 * share, Math.max(decimals(100 * proportion(top * n, n).error), -decade))} %`;
}

export function plus(value, digits) {
  const text = fixed(Math.abs(value), digits);
  return Number(text) ? `${value < 0 ? "-" : "+"}${text}` : text;
}

export function signed(value, error) {
  if (error < 1e-9) return Math.abs(value) > 1e-9 ? plus(value, 2) : "0";
  if (value === 0) return `0 ±<${roundedUp(2 * Z95 * error)}`;
  const digits = error <= 0.05 ? 2 : error <= 0.5 ? 1 : 0;
  const told = error.toFixed(digits);
  return `${plus(value, digits)} ±${Number(told) ? told : `<${(10 ** -digits).toFixed(digits)}`}`;
}

export function inWords({ low, high }, words) {
  const [least, most] = [low, high].map((value) => words.find(([edge]) => value <= edge)[1]);
  return least === most ? least : `${least} to ${most}`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");
const inFull = (day) => `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;

// --- what a reader changes ---

// What a table has under a name, and not what every object has: a factor may be called "constructor".
const under = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

// weights by index and factor; suppositions by event; the month of each is its number; a question of the reader's own
export const untouched = () => ({ index: "warmth", weights: {}, suppose: {}, ask: null, again: {} });
export const isMoved = (state) =>
  Object.values(state.weights).some((one) => Object.keys(one).length) || Object.keys(state.suppose).length > 0;

export function toHash(state, sheet) {
  const day = (month) => sheet.dates[month];
  const found = new URLSearchParams();
  if (state.index !== "warmth") found.set("index", state.index);
  const weights = Object.entries(state.weights).flatMap(([index, own]) =>
    Object.entries(own).map(([factor, value]) => `${index}.${factor}:${value}`),
  );
  if (weights.length) found.set("w", weights.join(","));
  const supposed = Object.entries(state.suppose).map(([event, { how, month }]) => `${event}:${how}:${day(month)}`);
  if (supposed.length) found.set("s", supposed.join(","));
  const { ask } = state;
  if (ask) found.set("q", [ask.index, ask.op, ask.value, day(ask.month), ask.how, ask.event].join(":"));
  return found.toString();
}

// A link is text that anybody can write: what the sheet does not know is left out.
export function fromHash(hash, sheet) {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  const state = untouched();
  const side = sheet.sides[0];
  const index = (name) => side.indices.find((one) => one.name === name);
  const month = (day) => sheet.dates.indexOf(day);
  const list = (key) => (found.get(key) ?? "").split(",").filter(Boolean);
  if (index(found.get("index"))) state.index = found.get("index");
  for (const item of list("w")) {
    const [, name, factor, text] = item.match(/^(\w+)\.(\w+):(-?[\d.]+)$/) ?? [];
    const weight = index(name)?.weights.find((one) => side.factors[one.factor].name === factor);
    const value = Number(text);
    if (weight && Number.isFinite(value) && Math.abs(value) <= 10 && (value >= 0 || name !== "warmth"))
      (state.weights[name] ??= {})[factor] = value;
  }
  for (const item of list("s")) {
    const [event, how, day] = item.split(":");
    const known = side.events.find((one) => one.name === event && one.is_open);
    if (known && (how === "by" || how === "not") && month(day) > 0) state.suppose[event] = { how, month: month(day) };
  }
  const [name, op, value, day, how, event] = (found.get("q") ?? "").split(":");
  const isKnown = index(name) && (op === ">=" || op === "<") && Number.isFinite(Number(value)) && value !== "";
  if (isKnown && sheet.months.includes(month(day))) {
    const own = side.events.some((one) => one.name === event) ? event : "";
    state.ask = { index: name, op, value: Number(value), month: month(day), how: how === "not" ? "not" : "has", event: own };
  }
  return state;
}

// --- counting ---

// Which draws are like what is supposed: 1 for each that is. An event that a side does not have never happens in it.
export function supposed(sheet, side, suppose) {
  const met = new Uint8Array(sheet.n).fill(1);
  for (const [event, { how, month }] of Object.entries(suppose)) {
    const place = side.events.findIndex((one) => one.name === event);
    for (let d = 0; d < sheet.n; d++) {
      const has = place >= 0 && side.first[place][d] <= month;
      if (has !== (how === "by")) met[d] = 0;
    }
  }
  return met;
}

// The draws that count: how many, what they are worth, and their weights, 0 where they do not.
export function counting(side, met) {
  const weights = Float64Array.from(met, (is, d) => (is ? (side.draws ? side.draws[d] : 1) : 0));
  const n = met.reduce((a, b) => a + b, 0);
  const total = weights.reduce((a, b) => a + b, 0);
  const squares = weights.reduce((a, b) => a + b * b, 0);
  return { n, weights, total, effective: side.draws ? total ** 2 / squares : n };
}

// The weights of an index with some of them moved, each a number or one by draw, and the sum of their sizes by draw.
function weightsOf(sheet, side, own, moved) {
  const weights = own.weights.map((one) => under(moved, side.factors[one.factor].name) ?? one.sampled ?? one.median);
  const total = new Float64Array(sheet.n);
  for (const weight of weights)
    for (let d = 0; d < sheet.n; d++) total[d] += Math.abs(typeof weight === "number" ? weight : weight[d]);
  return { weights, total };
}

// An index at each shown month, by draw, with some of its weights moved.
export function indexValues(sheet, side, name, moved = {}) {
  const { n } = sheet;
  const own = side.indices.find((one) => one.name === name);
  const { weights, total } = weightsOf(sheet, side, own, moved);
  const at = (weight, d) => (typeof weight === "number" ? weight : weight[d]);
  const k = side.factors.length;
  return side.months.map((_, m) => {
    const values = new Float64Array(n);
    own.weights.forEach(({ factor }, w) => {
      const start = (m * k + factor) * n;
      const weight = weights[w];
      for (let d = 0; d < n; d++) values[d] += (at(weight, d) / total[d]) * (side.levels[start + d] - 50);
    });
    for (let d = 0; d < n; d++) values[d] += 50;
    return values;
  });
}

export function histogram(values, { weights, total, effective }) {
  const counts = new Float64Array(BINS);
  for (let d = 0; d < values.length; d++)
    if (weights[d]) counts[Math.min(Math.floor(values[d] * PER_POINT), BINS - 1)] += weights[d];
  const scale = effective / total;
  return scale === 1 ? counts : counts.map((one) => one * scale);
}

// The share of counting draws for which something is true, with its interval.
export function share(is, { weights, total, effective }) {
  let hits = 0;
  for (let d = 0; d < weights.length; d++) if (is(d)) hits += weights[d];
  return { ...proportion((hits / total) * effective, effective), n: effective };
}

const told = (one) => percent(one, one.n);

// Where all draws agree the value is known without an error.
function agreed(row, { weights }) {
  const first = row[weights.findIndex((one) => one > 0)];
  if (row.some((value, d) => weights[d] && Math.abs(value - first) > 1e-9)) return null;
  return { values: PROBABILITIES.map(() => first), errors: PROBABILITIES.map(() => 0) };
}

// What becomes of one index: quantiles and bands at each shown month.
export function course(side, name, values, counted) {
  const { cuts, bands } = side.indices.find((one) => one.name === name);
  return values.map((row) => {
    const band = Uint8Array.from(row, (value) => cuts.filter((cut) => value >= cut).length);
    return {
      ...(agreed(row, counted) ?? quantiles(histogram(row, counted), counted.effective)),
      bands: bands.map((_, b) => share((d) => band[d] === b, counted)),
    };
  });
}

// How likely an event is after what is known, and when it first happens where it does: months of 10, 50, 90 per cent.
export function fate(sheet, side, e, counted) {
  const first = side.still[e];
  const by = new Float64Array(sheet.horizon + 1);
  for (let d = 0; d < sheet.n; d++) if (first[d] <= sheet.horizon) by[first[d]] += counted.weights[d];
  const reached = by.map(((sum) => (one) => (sum += one))(0));
  const all = reached[sheet.horizon];
  const when = [0.1, 0.5, 0.9].map((p) => (all ? reached.findIndex((one) => one >= p * all) : -1));
  return { ...share((d) => first[d] <= sheet.horizon, counted), when };
}

const COMPARED = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

// The answer of each draw to a question, with moved weights where it reads an index on a day.
export function answers(sheet, side, place, question, valuesOf) {
  const stored = side.bits(`${place}/questions.${question.name}`);
  if (!question.tree || !question.reads.some((name) => valuesOf.isMoved(name))) return (d) => stored[d] === 1;
  const m = side.months.indexOf(question.month);
  const compile = ([word, ...parts]) => {
    if (word === "draws") return ((own) => (d) => own[d] === 1)(side.bits(parts[0]));
    if (word === "not") return ((one) => (d) => !one(d))(compile(parts[0]));
    if (word === "and" || word === "or") {
      const all = parts.map(compile);
      return word === "and" ? (d) => all.every((one) => one(d)) : (d) => all.some((one) => one(d));
    }
    const [a, b] = parts.map((one) => {
      if (typeof one === "number") return () => one;
      const k = side.factors.findIndex((factor) => factor.name === one);
      if (k >= 0) return (d) => side.levels[(m * side.factors.length + k) * sheet.n + d];
      return ((values) => (d) => values[d])(valuesOf(one)[m]);
    });
    return (d) => COMPARED[word](a(d), b(d));
  };
  return compile(question.tree);
}

// All that a page shows of a state. `few` says why nothing is told where too few draws are like it.
export function result(sheet, state) {
  const [side, base] = sheet.sides;
  const moved = (name) => under(state.weights, name) ?? {};
  const zero = sheet.sides
    .flatMap((one) => one.indices.map((index) => [one, index]))
    .filter(([, { name }]) => Object.keys(moved(name)).length)
    .map(([one, index]) => ({ label: index.label, ...weightsOf(sheet, one, index, moved(index.name)) }))
    .find(({ total }) => total.includes(0));
  if (zero) {
    const where = zero.total.every((one) => one === 0) ? "" : " in some draws";
    return { few: `All weights of "${zero.label}" are 0${where}: there is nothing to weigh.` };
  }
  const met = supposed(sheet, side, state.suppose);
  const counted = counting(side, met);
  const pair = base && counting(side, supposed(sheet, base, state.suppose).map((one, d) => one & met[d]));
  if (counted.effective < LEAST) {
    const worth = side.draws && counted.n ? `, worth ${Math.round(counted.effective)}` : "";
    const are = counted.n === 1 ? "is" : "are";
    return { few: `Only ${counted.n} of ${sheet.n.toLocaleString("en")} draws${worth} ${are} like this: too few to tell anything by.` };
  }
  const cache = new Map();
  const values = (one, name) => {
    const key = `${sheet.sides.indexOf(one)}/${name}`;
    if (!cache.has(key)) cache.set(key, indexValues(sheet, one, name, moved(name)));
    return cache.get(key);
  };
  const valuesOf = (one) =>
    Object.assign((name) => values(one, name), { isMoved: (name) => Object.keys(moved(name)).length > 0 });
  const found = {
    counted,
    course: course(side, state.index, values(side, state.index), counted),
    events: side.events.map((event, e) => (event.is_open ? fate(sheet, side, e, counted) : null)),
    questions: side.questions.map((one) => certain(one, share(answers(sheet, side, "0", one, valuesOf(side)), counted))),
    held: side.questions.map((one) => !one.tree && one.reads.some((name) => Object.keys(moved(name)).length > 0)),
    own: state.ask && share(asked(sheet, side, state.ask, valuesOf(side)), counted),
    off: approximate(sheet, side, state, values, counted),
  };
  const hasIndex = base && base.indices.some((one) => one.name === state.index);
  if (!hasIndex) return found;
  const behind = counting(base, supposed(sheet, base, state.suppose));
  if (behind.effective >= LEAST) found.behind = course(base, state.index, values(base, state.index), behind);
  if (pair.effective >= LEAST) found.apart = apart(values(side, state.index), values(base, state.index), pair);
  return found;
}

// What is known has no error.
const certain = (question, one) => (question.is_certain ? { ...one, error: 0, low: one.share, high: one.share } : one);

// By how much one side is above the other at the last month of both, in the same worlds.
function apart(here, there, pair) {
  const last = Math.min(here.length, there.length) - 1;
  const kept = [...pair.weights.keys()].filter((d) => pair.weights[d] > 0);
  const mean = pair.total / kept.length;
  const ratios = kept.map((d) => pair.weights[d] / mean);
  const values = kept.map((d) => here[last][d] - there[last][d]);
  return { ...meanOf(values, ratios, pair.effective), warmer: share((d) => here[last][d] > there[last][d], pair) };
}

function asked(sheet, side, ask, valuesOf) {
  const values = valuesOf(ask.index)[side.months.indexOf(ask.month)];
  const place = side.events.findIndex((one) => one.name === ask.event);
  return (d) =>
    COMPARED[ask.op](values[d], ask.value) &&
    (place < 0 || side.first[place][d] <= ask.month === (ask.how !== "not"));
}

// Where an event reads an index whose weights moved: the share of what counts in which what it reads is otherwise at some shown
// month; between two of them it may be in a few more.
function approximate(sheet, side, state, values, { weights, total }) {
  return side.indices.flatMap((index) => {
    const own = under(state.weights, index.name) ?? {};
    if (!Object.keys(own).length) return [];
    return index.read_by.map(({ label, limits }) => {
      const before = indexValues(sheet, side, index.name);
      const after = values(side, index.name);
      let off = 0;
      for (let d = 0; d < sheet.n; d++)
        if (weights[d] && before.some((row, m) => limits.some((limit) => row[d] < limit !== after[m][d] < limit))) off += weights[d];
      return { label, index: index.label, share: off / total };
    });
  });
}

// --- what a reader takes away ---

const quoted = (text) =>
  JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const keyOf = (index, factor) => (index === "warmth" ? `factors.${factor}.weight` : `indices.${index}.weights.${factor}`);
const conditions = (state, sheet) =>
  Object.entries(state.suppose).map(([event, { how, month }]) => `${how === "not" ? "not " : ""}${event} on ${sheet.dates[month]}`);

// What was changed of the file when the page was made, but for what its reader moves now, and what is said by other options.
function changesLeft(state, side) {
  const moved = Object.entries(state.weights).flatMap(([index, own]) => Object.keys(own).map((factor) => keyOf(index, factor)));
  const said = new Set([...moved, "record", "known_until", "run.draws", "run.seed"]);
  return Object.entries(side.changes).filter(([key]) => !said.has(key));
}

// The command that gives the numbers of a state.
export function command(state, sheet) {
  const side = sheet.sides[0];
  const keys = Object.entries(state.weights).flatMap(([index, own]) =>
    Object.entries(own).map(([factor, value]) => `${keyOf(index, factor)}=${value}`),
  );
  const told = [...changesLeft(state, side).map(([key, value]) => `${key}=${value}`), ...keys];
  const shell = (text) => (/^[\w.=:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  return [
    `relsim run ${shell(sheet.source || side.source)} -n ${sheet.n} --seed ${sheet.seed}`,
    ...(state.index === "warmth" ? [] : [`--index ${state.index}`]),
    ...(side.record ? [`--record ${shell(side.record)}`] : []),
    ...(side.known_until ? [`--known-until ${side.known_until}`] : []),
    ...told.map((one) => `--set ${shell(one)}`),
    ...conditions(state, sheet).map((one) => `--given ${shell(one)}`),
  ].join(" ");
}

// A scenario file that gives the numbers of a state; what is only supposed is no part of it, and stands in its comments.
export function scenarioFile(state, sheet) {
  const side = sheet.sides[0];
  const lines = [
    "# Made on a page of relsim. It extends the scenario that the page shows: one that ships, or a file in the same folder.",
    `# The page's numbers: ${command(state, sheet).replaceAll("\n", " ")}`,
    ...conditions(state, sheet).map((one) => `# Supposed, which a file cannot say: --given ${quoted(one)}`),
    "",
    `title = ${quoted(`${side.title}, changed by a reader`)}`,
    `extends = ${quoted(side.name)}`,
    ...(side.record ? [`record = ${quoted(side.record)}`] : []),
    ...(side.known_until ? [`known_until = ${side.known_until}`] : []),
    `run.draws = ${sheet.n}`,
    `run.seed = ${sheet.seed}`,
    ...changesLeft(state, side)
      .map(([key, value]) => `${key} = ${value}`),
  ];
  for (const [index, own] of Object.entries(state.weights))
    for (const [factor, value] of Object.entries(own)) {
      lines.push(`${keyOf(index, factor)} = ${value}`);
      const entry = index === "warmth" ? `factors.${factor}` : `indices.${index}`;
      for (const [note, text] of Object.entries({ source: "Assumption of a reader.", rationale: "Moved on a page." }))
        if (!lines.some((line) => line.startsWith(`${entry}.${note} =`))) lines.push(`${entry}.${note} = ${quoted(text)}`);
    }
  const { ask } = state;
  if (ask) {
    const event = ask.event ? ` and ${ask.how === "not" ? "not " : ""}${ask.event}` : "";
    const text = `${ask.index} ${ask.op} ${ask.value}${event}`;
    lines.push("", "[questions.my_question]", `label = ${quoted(`A reader's question: ${text}`)}`);
    lines.push(`ask = ${quoted(text)}`, `on = ${sheet.dates[ask.month]}`);
    lines.push(`resolution = "The model reads it at the end of the month that holds the day."`);
  }
  return `${lines.join("\n")}\n`;
}

// --- the page ---

const within = (root, selector) => [...root.querySelectorAll(selector)];
const ID = (name) => `[id="${name}"]`;

// Moves the marks of one drawn figure; the marks as drawn come back where nothing is moved.
class Moving {
  constructor(root, drawn) {
    this.drawn = drawn;
    this.marks = new Map();
    this.root = root;
  }

  y(value) {
    const { y, limits } = this.drawn;
    return y[0] + ((value - limits[0]) / (limits[1] - limits[0])) * (y[1] - y[0]);
  }

  path(name, text) {
    if (!this.marks.has(name)) {
      const group = this.root.querySelector(ID(`${this.drawn.prefix}-${name}`));
      const path = group?.querySelector("path");
      const use = group?.querySelector("use");
      this.marks.set(name, path && { path, use, d: path.getAttribute("d"), at: use && [use.getAttribute("x"), use.getAttribute("y")] });
    }
    const mark = this.marks.get(name);
    if (!mark) return;
    mark.path.setAttribute("d", text ?? mark.d);
    // an area is drawn as a mark that is put somewhere: one that is moved stands where its numbers say
    if (mark.use) ["x", "y"].forEach((key, i) => mark.use.setAttribute(key, text === null ? mark.at[i] : "0"));
  }

  line(name, values) {
    this.path(name, values && values.map((value, m) => `${m ? "L" : "M"}${this.drawn.x[m].toFixed(2)} ${this.y(value).toFixed(2)}`).join(""));
  }

  area(name, low, high) {
    if (!low) return this.path(name, null);
    const at = (value, m) => `${this.drawn.x[m].toFixed(2)} ${this.y(value).toFixed(2)}`;
    const back = low.map(at).reverse();
    return this.path(name, `M${[...high.map(at), ...back].join("L")}Z`);
  }
}

const column = (found, p) => found.map(({ values }) => values[PROBABILITIES.indexOf(p)]);
const AREAS = { "interval-95": [0.025, 0.975], "interval-80": [0.1, 0.9], "interval-50": [0.25, 0.75] };

function drawFan(fan, here, behind) {
  for (const [name, [low, high]] of Object.entries(AREAS)) fan.area(name, here && column(here, low), here && column(here, high));
  fan.line("median", here && column(here, 0.5));
  if (behind === undefined) return; // the file's own, which stays
  for (const [name, p] of [["behind-low", 0.1], ["behind-median", 0.5], ["behind-high", 0.9]])
    fan.line(name, behind && column(behind, p));
}

function drawBands(figure, here, n) {
  const sums = here && here.map(({ bands }) => bands.map(((sum) => ({ share }) => (sum += share))(0)));
  for (let b = 0; b < n; b++)
    figure.area(`band-${b}`, sums && sums.map((row) => (b ? row[b - 1] : 0)), sums && sums.map((row) => row[b]));
}

// What moved, in a sentence that is read aloud.
function sentence(sheet, state, now, before, sheet0) {
  const side = sheet.sides[0];
  const index = side.indices.find((one) => one.name === state.index);
  const [at, own] = [now.course.at(-1), before.course.at(-1)];
  const [low, median, high] = [1, 3, 5].map((p) => points(at.values[p], at.errors[p]));
  const top = at.bands.map((one, b) => [one, index.bands[b]]).reduce((a, b) => (b[0].share > a[0].share ? b : a));
  const told = [
    `With this, the median of ${index.label} on ${inFull(sheet.dates[sheet.horizon])} is ${median}`,
    ` (four futures in five: ${low} to ${high}); as the file has it, ${points(own.values[3], own.errors[3])}.`,
    ` Likelihood of the band "${top[1]}": ${inWords(top[0], sheet.words)} (${percent(top[0], top[0].n)}).`,
  ];
  const { n } = now.counted;
  if (sheet !== sheet0) told.push(` Simulated again, ${sheet.n.toLocaleString("en")} draws.`);
  if (n < sheet.n) told.push(` ${n.toLocaleString("en")} of ${sheet.n.toLocaleString("en")} draws are like this.`);
  if (n < sheet.n && now.counted.effective < FEW) told.push(` These are few; the command asks for ${FEW}, so give it more draws.`);
  if (now.apart) told.push(` ${difference(sheet, now.apart)}`);
  return told.join("");
}

// Where an event reads an index whose weights moved, what that can do to what is told.
const approximation = (now) =>
  now.off
    .map(({ label, index, share: off }) =>
      off > 0
        ? `Approximate: "${label}" waits for ${index}, which in ${off < 0.001 ? "< 0.1" : (100 * off).toFixed(1)} % of these draws is on another side of ` +
          "its limit at some shown month. Shares are off by hardly more than that for it; the command simulates anew."
        : `"${label}" waits for ${index}: at no shown month does that make it come otherwise.`,
    )
    .join(" ");

const difference = (sheet, { mean, error, warmer }) =>
  `Against ${sheet.sides[1].heading} the mean differs by ${signed(mean, error)} points; ` +
  `the same world is warmer here: ${inWords(warmer, sheet.words)} (${percent(warmer, warmer.n)}).`;

// Makes a rendered page or panel answer its reader. `host` is a panel's kernel: what it simulates again, and what it keeps.
export function mount(root, first, host = null) {
  const view = host ? null : root.ownerDocument.defaultView;
  let sheet = first;
  let start = result(sheet, untouched());
  let state = view ? fromHash(view.location.hash, sheet) : untouched();
  let figures = [];
  let shownIndex = null;
  const past = [];
  const cells = (name) => within(root, `[data-cell="${CSS.escape(name)}"]`);
  const put = (name, text) => cells(name).forEach((one) => (one.textContent = text));
  const one = (selector) => root.querySelector(selector);
  const texts = new Map(within(root, "[data-cell]").map((cell) => [cell, cell.textContent]));
  root.classList.add("answers");
  for (const select of within(root, "[data-by]"))
    for (let month = sheet.known + 1; month <= sheet.horizon; month++)
      select.add(new root.ownerDocument.defaultView.Option(sheet.dates[month], month));

  // The figures of warmth stand in the page; those of other indices come without their marks, which are drawn here.
  const places = within(root, "[data-figure]");
  const asDrawn = places.map((place) => place.innerHTML);

  function showIndex() {
    if (shownIndex !== state.index) {
      const drawn = first.figures[state.index];
      if (shownIndex !== null || state.index !== "warmth")
        places.forEach((place, i) => (place.innerHTML = drawn[i].svg || asDrawn[i]));
      figures = places.map((place, i) => new Moving(place, drawn[i]));
      shownIndex = state.index;
    }
    within(root, "[data-weights]").forEach((group) => (group.hidden = group.dataset.weights !== state.index));
    one("[data-index]").value = state.index;
    const label = sheet.sides[0].indices.find(({ name }) => name === state.index).label;
    within(root, "[data-index-label]").forEach((place) => (place.textContent = label));
  }

  function showSlider(slider, value) {
    const row = slider.closest(".slider");
    const shown = value ?? Number(slider.dataset.own);
    slider.max = Math.max(slider.max, shown); // a link may say more than a slider reaches
    slider.min = Math.min(slider.min, shown);
    slider.value = shown;
    row.classList.toggle("moved", value !== undefined);
    row.querySelector("output").textContent = shown.toFixed(slider.step === "1" ? 0 : 2);
  }

  function showControls() {
    within(root, "[data-weight]").forEach((slider) => {
      const [index, factor] = slider.dataset.weight.split(".");
      const value = under(under(state.weights, index) ?? {}, factor);
      showSlider(slider, value);
    });
    within(root, "[data-again]").forEach((slider) => showSlider(slider, under(state.again, slider.dataset.again)));
    within(root, "[data-suppose]").forEach((select) => {
      const own = under(state.suppose, select.dataset.suppose);
      select.value = own?.how ?? "";
      const month = select.closest(".event").querySelector("[data-by]");
      month.disabled = !own;
      month.value = String(own?.month ?? sheet.horizon);
      select.closest(".event").classList.toggle("moved", Boolean(own));
    });
    const ask = one("[data-ask]");
    if (ask && state.ask)
      for (const [key, value] of Object.entries(state.ask)) ask.elements[key].value = String(value);
  }

  function showNumbers(now) {
    const moved = isMoved(state) || Object.keys(state.again).length > 0;
    const side = sheet.sides[0];
    within(root, "[data-still]").forEach((part) => part.classList.toggle("stale", moved));
    one("[data-told]").classList.toggle("few", Boolean(now.few));
    one("[data-off]").textContent = now.few ? "" : approximation(now);
    if (now.few) {
      one("[data-told]").textContent = now.few;
      drawFan(figures[0], null, null);
      if (figures[1]) drawBands(figures[1], null, sheet.sides[0].indices.find(({ name }) => name === state.index).bands.length);
      for (const [cell] of texts) cell.textContent = "–";
      return;
    }
    const asFiled = !moved && sheet === first;
    one("[data-told]").textContent = asFiled ? "Nothing is moved: all is as the file has it." : sentence(sheet, state, now, before(), first);
    one("[data-held]").hidden = !now.held.some(Boolean);
    if (asFiled && state.index === "warmth") {
      drawFan(figures[0], null, null);
      if (figures[1]) drawBands(figures[1], null, now.course[0].bands.length);
      for (const [cell, text] of texts) cell.textContent = text;
    } else {
      drawFan(figures[0], now.course, sheet.sides[1] ? (now.behind ?? null) : state.index === "warmth" ? undefined : before().course);
      if (figures[1]) drawBands(figures[1], now.course, now.course[0].bands.length);
      side.events.forEach((event, e) => {
        if (!now.events[e]) return;
        put(`event/${event.name}`, told(now.events[e]));
        const [early, middle, late] = now.events[e].when.map((month) => (month < 0 ? "" : sheet.dates[month].slice(0, 7)));
        put(`when/${event.name}`, middle ? `${middle} (${early} to ${late})` : "");
      });
      side.questions.forEach((question, q) => {
        put(`question/${question.name}`, told(now.questions[q]) + (now.held[q] ? " †" : ""));
        put(`words/${question.name}`, inWords(now.questions[q], sheet.words));
      });
      const { bands } = side.indices.find(({ name }) => name === state.index);
      sheet.months.forEach((month, m) => {
        const at = now.course[m];
        if (!at) return;
        PROBABILITIES.forEach((p, i) => put(`fan/${month}/${p}`, points(at.values[i], at.errors[i])));
        bands.forEach((_, b) => put(`band/${month}/${b}`, told(at.bands[b])));
      });
      bands.forEach((band, b) => put(`name/${b}`, band));
    }
    put("own", now.own ? `${told(now.own)}: ${inWords(now.own, sheet.words)}` : "");
  }

  // As the file has it, of the index that is shown.
  function before() {
    const state0 = { ...untouched(), index: state.index };
    return state.index === "warmth" ? start : result(first, state0);
  }

  function show() {
    const now = result(sheet, state);
    showIndex();
    showControls();
    showNumbers(now);
    const link = one("[data-command]");
    if (link) link.textContent = command(state, sheet);
    one("[data-undo]").disabled = !past.length;
    if (view) {
      const hash = toHash(state, sheet);
      view.history.replaceState(null, "", hash ? `#${hash}` : view.location.pathname + view.location.search);
    }
  }

  function move(change) {
    past.push(structuredClone(state));
    change(state);
    show();
    host?.moved(state);
  }

  // A slider that is put back where it stood leaves the file's number, with its law.
  function place(numbers, key, slider) {
    const value = Number(Number(slider.value).toFixed(2));
    if (Math.abs(Number(slider.value) - Number(slider.dataset.own)) < 0.005) delete numbers[key];
    else numbers[key] = value;
  }

  // While a slider is dragged only its last place is one to come back to.
  let dragged = null;
  function drag(slider, change) {
    if (dragged !== slider) past.push(structuredClone(state));
    dragged = slider;
    change(state);
    show();
    host?.moved(state);
  }

  root.addEventListener("input", ({ target }) => {
    if (target.dataset.weight) {
      const [index, factor] = target.dataset.weight.split(".");
      drag(target, () => place((state.weights[index] ??= {}), factor, target));
    } else if (target.dataset.again) drag(target, () => place(state.again, target.dataset.again, target));
  });
  root.addEventListener("change", ({ target }) => {
    if (target.type !== "range") dragged = null;
    if (target.matches("[data-index]")) move(() => (state.index = target.value));
    else if (target.matches("[data-suppose], [data-by]")) {
      const row = target.closest(".event");
      const how = row.querySelector("[data-suppose]").value;
      const event = row.querySelector("[data-suppose]").dataset.suppose;
      move(() => {
        if (how) state.suppose[event] = { how, month: Number(row.querySelector("[data-by]").value) };
        else delete state.suppose[event];
      });
    }
  });
  root.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const { index, op, value, month, how, event } = submitted.target.elements;
    move(() => (state.ask = { index: index.value, op: op.value, value: Number(value.value), month: Number(month.value), how: how.value, event: event.value }));
  });
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.matches("[data-reset]")) move(() => (state = { ...untouched(), index: state.index }));
    else if (button.matches("[data-undo]") && past.length) {
      state = past.pop();
      show();
      host?.moved(state);
    } else if (button.matches("[data-link]")) {
      const link = view.location.href;
      view.navigator.clipboard?.writeText(link).catch(() => {});
      one("[data-linked]").textContent = link;
    } else if (button.matches("[data-download]")) download(root, scenarioFile(state, sheet), `${sheet.sides[0].name}_changed.toml`);
    else if (button.matches("[data-save]")) host.save(one("[data-path]").value);
    else if (button.matches("[data-compare]")) host.compare(one("[data-path]").value);
  });
  view?.addEventListener("hashchange", () => {
    const linked = fromHash(view.location.hash, sheet);
    if (toHash(linked, sheet) === toHash(state, sheet)) return;
    past.push(structuredClone(state));
    state = linked;
    show();
  });

  show();
  return {
    state: () => state,
    // A panel's kernel has simulated again, or was told what to show.
    update(next) {
      sheet = next;
      show();
    },
    set(next) {
      past.push(structuredClone(state));
      state = next;
      show();
    },
  };
}

function download(root, text, name) {
  const link = root.ownerDocument.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export async function fromBase64(text) {
  return decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}
