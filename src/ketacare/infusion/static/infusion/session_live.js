// The cockpit of one session: curves, and fragments that the server sends when something happens.

import { liveChart } from "../ui/live-chart.js";
import { exposureBand } from "./exposure.js";
import { follow, place, runClock, showState } from "./live.js";
import { offlineQueue } from "./offline.js";
import { alarmSound } from "./sound.js";

const root = document.getElementById("cockpit");
const session = Number(root.dataset.session);
const CURVE_OF = { heart_rate: "hr", spo2: "spo2", resp_rate: "rr", bp_sys: "bp_sys", bp_dia: "bp_dia" };
const GAP_SECONDS = 90;
let runs = 0; // mg/h

const { zone } = root.dataset;
const clock = runClock();
const sound = alarmSound({ now: clock.now });
const charts = drawn(() => ({
  vitals: liveChart(document.getElementById("curve-vitals"), Object.values(CURVE_OF), { height: 340, range: [0, 220], zone, gapSeconds: GAP_SECONDS }),
  rate: liveChart(document.getElementById("curve-rate"), ["rate"], { height: 150, zone }),
}));

/** What draws may fail in a strange browser; what calls must not fail with it. */
function drawn(make) {
  try {
    return make();
  } catch (error) {
    console.error(error);
    document.getElementById("curve-vitals").textContent = "This browser cannot draw the curves; every value stands in the flowsheet.";
    return null;
  }
}

function drawStored(curves) {
  if (!charts) return;
  const moments = new Map();
  for (const [curve, points] of Object.entries(curves)) {
    if (curve === "rate") continue;
    for (const [seconds, value] of points) moments.set(seconds, { ...moments.get(seconds), [curve]: value });
  }
  for (const seconds of [...moments.keys()].sort((a, b) => a - b)) charts.vitals.push(seconds, moments.get(seconds));
  if (moments.size) charts.rate.push(Math.min(...moments.keys()), { rate: 0 }); // both charts begin together
  for (const [seconds, rate] of curves.rate) charts.rate.push(seconds, { rate });
  runs = curves.rate.at(-1)?.[1] ?? 0;
  if (moments.size) charts.rate.push(Math.max(...moments.keys()), { rate: runs }); // and end together
}

function drawRow(row) {
  if (!charts) return;
  const seconds = Date.parse(row.at) / 1000;
  const points = Object.entries(row.values ?? {}).filter(([name]) => name in CURVE_OF);
  if (points.length) charts.vitals.push(seconds, Object.fromEntries(points.map(([name, value]) => [CURVE_OF[name], value])));
  if (row.rate === undefined) return;
  runs = row.rate;
  charts.rate.push(seconds, { rate: runs });
}

// What one press charts is told at once; what was not charted is told louder.
const told = document.getElementById("charted");
document.body.addEventListener("htmx:beforeRequest", () => told.classList.remove("charted-not"));
for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(failed, (event) => {
    const { failed: what } = event.detail.elt.closest("[data-failed]")?.dataset ?? {};
    if (!what) return;
    told.classList.add("charted-not");
    told.textContent = `${what}: the server did not take it. Do it again, or on paper.`;
  });
}

drawStored(JSON.parse(document.getElementById("curves").textContent));
const isOver = () => "over" in document.querySelector(".phase").dataset;
const exposure = charts && exposureBand(document.getElementById("curve-exposure"), { zone, now: clock.now, isOver });
exposure?.show();
function moveOn() { // time moves on when nothing comes: silence is seen
  if (isOver() || !charts) return;
  exposure.tick();
  charts.vitals.push(clock.now() / 1000, {});
  charts.rate.push(clock.now() / 1000, { rate: runs });
}
moveOn();
setInterval(moveOn, 5000);

const queue = offlineQueue({ session, zone, now: clock.now, doubt: () => stream.doubt() });
const stream = follow({
  ids: [session],
  after: root.dataset.after,
  onBeat: clock.set,
  onState(state, heardAt) {
    showState(document.getElementById("live-state"), state, heardAt, zone);
    sound.lost(["lost", "unsaved", "ended"].includes(state));
    queue.connection(state, heardAt);
  },
  onSession(message) {
    if (message.rows.some((row) => row.supersedes || row.kind === "clock")) {
      location.reload(); // a correction takes points out of the curves; a clock that was put forward or back moves them
      return;
    }
    message.rows.forEach(drawRow);
    for (const [name, html] of Object.entries(message.html)) place(message.session, name, html);
    exposure?.show();
    clock.tick();
  },
});
