// A live chart: one uPlot, arrays that grow, one redraw a frame. Import it from the page's own module:
//   import { liveChart } from "/static/ui/live-chart.js"   (through a <script type="module"> of the page)
//   const chart = liveChart(element, ["hr", "spo2"]);  chart.push(secondsSinceEpoch, { hr: 72 });
// Needs vendor/uplot/uPlot.iife.min.js and uPlot.min.css on the page. A missing value is a gap, never a guess.

const SERIES = {
  hr: { label: "Heart rate", unit: "/min", token: "--hr", dash: [], marker: "circle" },
  spo2: { label: "SpO2", unit: "%", token: "--spo2", dash: [8, 4], marker: "square" },
  rr: { label: "Breaths", unit: "/min", token: "--rr", dash: [2, 4], marker: "triangle" },
  bp_sys: { label: "BP systolic", unit: "mmHg", token: "--bp", dash: [], marker: "down" },
  bp_dia: { label: "BP diastolic", unit: "mmHg", token: "--bp", dash: [], marker: "up" },
  temp: { label: "Temperature", unit: "°C", token: "--other", dash: [10, 3, 2, 3], marker: "diamond" },
  rate: { label: "Dose rate", unit: "mg/h", token: "--other", dash: [], marker: "none", step: true },
  plasma: { label: "Plasma", unit: "ng/mL", token: "--accent", dash: [], marker: "none" },
  plasma_median: { label: "Median", unit: "ng/mL", token: "--accent", dash: [1, 4], marker: "none", width: 1 },
  plasma_high: { label: "95 of 100 below", unit: "ng/mL", token: "--accent", dash: [], marker: "none", width: 0.5 },
  plasma_low: { label: "5 of 100 below", unit: "ng/mL", token: "--accent", dash: [], marker: "none", width: 0.5 },
  effect_site: { label: "Effect site", unit: "ng/mL", token: "--other", dash: [8, 4], marker: "none", width: 2.5 },
};
const POINTED = new Set(["bp_sys", "bp_dia"]); // drawn as the two ends of a whisker, not joined by a line

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const SHAPES = {
  circle: (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
  square: (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r),
  triangle: (path, x, y, r) => polygon(path, [[x, y - r], [x + r, y + r], [x - r, y + r]]),
  up: (path, x, y, r) => polygon(path, [[x, y - r], [x + r, y + r], [x - r, y + r]]),
  down: (path, x, y, r) => polygon(path, [[x, y + r], [x + r, y - r], [x - r, y - r]]),
  diamond: (path, x, y, r) => polygon(path, [[x, y - r], [x + r, y], [x, y + r], [x - r, y]]),
};

function polygon(path, corners) {
  corners.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

function drawMarkers(plot, index, shape) {
  const { ctx } = plot;
  const [times, values] = [plot.data[0], plot.data[index]];
  const radius = 3 * window.devicePixelRatio;
  ctx.save();
  ctx.fillStyle = plot.series[index].stroke();
  values.forEach((value, at) => {
    if (value == null) return;
    ctx.beginPath();
    SHAPES[shape](ctx, plot.valToPos(times[at], "x", true), plot.valToPos(value, "y", true), radius);
    ctx.fill();
  });
  ctx.restore();
}

function drawWhiskers(plot, keys) {
  const [high, low] = ["bp_sys", "bp_dia"].map((key) => plot.data[keys.indexOf(key) + 1]);
  if (!high || !low) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = token("--bp");
  ctx.lineWidth = window.devicePixelRatio;
  high.forEach((value, at) => {
    if (value == null || low[at] == null) return;
    const x = plot.valToPos(plot.data[0][at], "x", true);
    ctx.beginPath();
    ctx.moveTo(x, plot.valToPos(value, "y", true));
    ctx.lineTo(x, plot.valToPos(low[at], "y", true));
    ctx.stroke();
  });
  ctx.restore();
}

// The silences of the chart's first sign, as pairs of times.
function gapsOf(times, values) {
  const found = [];
  let known;
  let broken = false;
  values.forEach((value, at) => {
    if (value === null) broken = true;
    if (value == null) return;
    if (broken && known !== undefined) found.push([known, times[at]]);
    [known, broken] = [times[at], false];
  });
  if (broken && known !== undefined) found.push([known, times.at(-1)]);
  return found;
}

function hatch(plot) {
  const { ctx, bbox } = plot;
  const step = 6 * window.devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = token("--hatch");
  ctx.lineWidth = 0.7 * window.devicePixelRatio;
  for (const [from, to] of gapsOf(plot.data[0], plot.data[1])) {
    const [left, right] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

// One upright line with a word at it, such as "now".
function drawMark(plot, { seconds, label }) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(seconds, "x", true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = token("--text");
  ctx.lineWidth = 1.5 * window.devicePixelRatio;
  ctx.setLineDash([]);
  ctx.font = `600 ${13 * window.devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.textBaseline = "top";
  ctx.textAlign = x > bbox.left + bbox.width / 2 ? "right" : "left";
  ctx.fillText(` ${label} `, x, bbox.top);
  ctx.restore();
}

function seriesOptions(key) {
  const { label, unit, token: name, dash, step, width = 1.5 } = SERIES[key];
  return {
    label: unit ? `${label} (${unit})` : label,
    stroke: () => token(name),
    dash,
    width: POINTED.has(key) ? 0 : width,
    points: { show: false },
    paths: step ? window.uPlot.paths.stepped({ align: 1 }) : undefined,
    spanGaps: false,
    value: (_plot, value, _series, at) => {
      if (at == null) return ""; // the pointer is not on the chart
      return value == null ? "no data" : `${value}${unit ? ` ${unit}` : ""}`;
    },
  };
}

function options(element, keys, { height = 220, range, zone, band, mark } = {}) {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const timeOf = (seconds) => (seconds == null ? "" : clock.format(seconds * 1000));
  const axis = { stroke: () => token("--quiet"), grid: { stroke: () => token("--line"), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth || 600,
    height,
    cursor: { sync: { key: element.dataset.sync || "session" } },
    scales: { y: range ? { range: typeof range === "function" ? range : () => range } : {} },
    bands: band ? [{ series: band.map((key) => keys.indexOf(key) + 1), fill: () => `color-mix(in srgb, ${token(SERIES[band[0]].token)} 20%, transparent)` }] : [],
    tzDate: zone ? (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone) : undefined,
    axes: [{ ...axis, values: (_plot, splits) => splits.map(timeOf) }, { ...axis, size: 48 }],
    series: [{ label: zone ? `Time (${zone})` : "Time", value: (_plot, seconds) => timeOf(seconds) }, ...keys.map(seriesOptions)],
    hooks: {
      drawClear: [hatch],
      draw: [(plot) => {
        drawWhiskers(plot, keys);
        keys.forEach((key, index) => SHAPES[SERIES[key].marker] && drawMarkers(plot, index + 1, SERIES[key].marker));
        const marked = mark?.();
        if (marked) drawMark(plot, marked);
      }],
    },
  };
}

/**
 * Draw the series named by `keys` into an element. push(seconds, values) adds a moment: a key that is absent is joined
 * through, a null is a gap, and so is a silence of a key longer than `gapSeconds`. replace(times, values) puts other curves
 * in the place of all that was there. `band` names the upper and the lower line to fill between, `mark` gives a moment to
 * mark upright. destroy() ends it.
 */
export function liveChart(element, keys, settings = {}) {
  const data = [[], ...keys.map(() => [])];
  const plot = new window.uPlot(options(element, keys, settings), data, element);
  const gapSeconds = settings.gapSeconds ?? Infinity;
  const seen = {}; // key -> seconds of its newest value
  let queued = false;

  function place(seconds, values) { // a late entry takes its place in time
    let at = data[0].length;
    while (at > 0 && data[0][at - 1] > seconds) at -= 1;
    data[0].splice(at, 0, seconds);
    keys.forEach((key, index) => data[index + 1].splice(at, 0, values[key]));
  }

  function redraw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      plot.setData(data);
    });
  }

  function push(seconds, values) {
    const silent = Object.keys(values).filter((key) => key in seen && seconds - seen[key] > gapSeconds);
    if (silent.length) place(seconds - 0.001, Object.fromEntries(silent.map((key) => [key, null])));
    place(seconds, values);
    for (const key of Object.keys(values)) seen[key] = Math.max(seen[key] ?? seconds, seconds);
    redraw();
  }

  function replace(times, values) {
    [times, ...keys.map((key) => values[key])].forEach((column, index) => data[index].splice(0, Infinity, ...column));
    redraw();
  }

  const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: plot.height }));
  sizes.observe(element);
  const themes = new MutationObserver(redraw); // a canvas does not follow the theme by itself
  themes.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  return {
    data, // [times, one array a key], as drawn
    push,
    replace,
    redraw,
    destroy() {
      sizes.disconnect();
      themes.disconnect();
      plot.destroy();
    },
  };
}
