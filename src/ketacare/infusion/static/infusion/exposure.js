// The explanatory band: what the doses as given are expected to do. Its numbers stand in the page's fragment; nothing is computed here.

import { liveChart } from "../ui/live-chart.js";

const LINES = ["plasma", "effect_site", "plasma_median", "plasma_high", "plasma_low"];

/** Draw the fragment's curves into an element. show() after the fragment came anew; tick() when time has moved on. */
export function exposureBand(element, { zone, now, isOver }) {
  let chart = null;
  let curves = null;
  const nowSeconds = () => now() / 1000;

  function show() {
    const told = document.getElementById("exposure-curves");
    element.hidden = !told;
    if (!told) return;
    curves = JSON.parse(told.textContent);
    const times = curves.t_min.map((minutes) => curves.begins + minutes * 60);
    chart ??= liveChart(element, LINES, {
      height: 220,
      zone,
      range: (_plot, _low, high) => [0, high * 1.1],
      band: ["plasma_high", "plasma_low"],
      mark: () => (isOver() ? null : { seconds: nowSeconds(), label: "now" }),
    });
    chart.replace(times, curves);
    tick();
  }

  function tick() {
    if (!chart || isOver()) return;
    chart.redraw();
    for (const notice of document.querySelectorAll(".exposure [data-after]")) notice.hidden = now() < Date.parse(notice.dataset.after);
    for (const place of document.querySelectorAll("[data-expected]")) {
      const value = at((nowSeconds() - curves.begins) / 60, curves.t_min, curves[place.dataset.expected]);
      if (value !== null) place.textContent = rough(value);
    }
  }

  return { show, tick };
}

function at(minute, times, values) {
  const after = times.findIndex((time) => time >= minute);
  if (after < 1) return after === 0 && times[0] === minute ? values[0] : null;
  const share = (minute - times[after - 1]) / (times[after] - times[after - 1]);
  return values[after - 1] + share * (values[after] - values[after - 1]);
}

function rough(value) { // as the server says it: two digits are as sure as a prediction is
  return String(Number(value.toPrecision(2)));
}
