// The Board: one card a room, replaced when something happens in it; never reordered. A new patient in a room is noticed by asking.

import { follow, place, runClock, showState } from "./live.js";
import { smallCurves } from "./small_curves.js";
import { alarmSound } from "./sound.js";

const ASK_MS = 5000;
const DRAW_MS = 1000;
const CURVE_OF = { heart_rate: "hr", spo2: "spo2", resp_rate: "rr", bp_sys: "bp_sys", bp_dia: "bp_dia" };
const clock = runClock({ everyMs: 0 });
const sound = alarmSound({ now: clock.now });
let curves = new Map(); // session -> its small curves
let stream = null;
const waiting = new Map(); // session -> its newest parts, until the next frame

const board = () => document.getElementById("board");

function start() {
  const points = JSON.parse(document.getElementById("board-points").textContent);
  curves = new Map([...document.querySelectorAll("[data-room]")].map((room) => [
    Number(room.dataset.room), smallCurves(room.querySelector("canvas"), points[room.dataset.room]),
  ]));
  draw();
  const { sessions = "", after = "" } = board().dataset;
  stream?.close();
  stream = null;
  if (!sessions) return;
  stream = follow({
    ids: sessions.split(",").map(Number),
    after,
    page: "board",
    onBeat: clock.set,
    onState(state, heardAt) {
      showState(document.getElementById("live-state"), state, heardAt);
      sound.lost(["lost", "unsaved", "ended"].includes(state));
    },
    onSession: show,
  });
}

function show(message) {
  if (message.rows.some((row) => row.kind === "clock")) {
    location.reload(); // the computer's clock was put forward or back: all points move
    return;
  }
  for (const row of message.rows) {
    const values = Object.entries(row.values ?? {}).filter(([name]) => name in CURVE_OF);
    curves.get(message.session)?.push(Date.parse(row.at) / 1000, Object.fromEntries(values.map(([name, value]) => [CURVE_OF[name], value])));
  }
  waiting.set(message.session, message.html);
  if (message.rows.some((row) => row.kind !== "reading")) draw(); // an alarm does not wait for the second
}

function draw() { // one frame a second for all rooms: eight frames would cost a browser eight times as much
  requestAnimationFrame(() => {
    for (const [session, parts] of waiting) for (const [name, html] of Object.entries(parts)) place(session, name, html);
    waiting.clear();
    clock.tick();
    const now = clock.now() / 1000;
    curves.forEach((one) => one.draw(now));
  });
}

/** Has somebody sat down, or left? Then the rooms are shown anew, in their places. */
async function ask() {
  const headers = { "X-Background": "1" };
  try {
    const answer = await fetch("/board/rooms/", { headers });
    if (!answer.ok || (await answer.json()).occupied === board().dataset.rooms) return;
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname, { headers: { ...headers, Accept: "text/html" } })).text(), "text/html");
    const fresh = page.getElementById("floor");
    if (!fresh) return;
    document.getElementById("floor").replaceWith(fresh);
    clock.tick();
    start();
  } catch {
    // the stream says that the server is not there
  }
}

start();
setInterval(draw, DRAW_MS);
setInterval(ask, ASK_MS);
new MutationObserver(() => curves.forEach((one) => one.restyle())).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
