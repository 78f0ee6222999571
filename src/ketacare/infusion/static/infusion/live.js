// The live stream of one or more sessions. What a page shows is called live only while the server is heard from.
//
//   const stream = follow({ ids: [12], after: "12:345", onSession, onState, onBeat })
//
// A message of a session that was not asked for is refused. close() ends it; leaving the page does so too.

const SILENCE_MS = 5000; // the server beats every 2 s
const TRY_AGAIN_MS = 1000;

export function follow({ ids, after, page = "session", onSession, onState, onBeat }) {
  const wanted = new Set(ids);
  const seen = new Map(); // session -> number of the last row shown
  let heardAt = Date.now();
  let state = "connecting";
  let source = null;
  let cursor = after; // how far we have come: where a new line goes on
  let isAsking = false;
  let closed = false;
  let saves = true; // the server could save something a moment ago

  function become(next) {
    if (state === next) return;
    state = next;
    onState(next, new Date(heardAt));
  }

  function heard() {
    heardAt = Date.now();
    become(saves ? "live" : "unsaved");
  }

  function take(event) {
    if (closed) return;
    const message = JSON.parse(event.data);
    if (!wanted.has(message.session)) return; // never another room's data
    if ((seen.get(message.session) ?? 0) > message.seq) return; // nothing twice
    seen.set(message.session, message.seq);
    cursor = event.lastEventId || cursor;
    heard();
    onSession(message);
  }

  const address = () => `/live/sessions?ids=${[...wanted].join(",")}&after=${cursor}&page=${page}`;

  function open() {
    source = new EventSource(address());
    source.addEventListener("session", take);
    source.addEventListener("beat", (event) => {
      const beat = JSON.parse(event.data);
      saves = beat.saves;
      heard();
      onBeat?.(new Date(beat.at));
    });
    source.addEventListener("closed", () => {
      close();
      become("ended");
    });
    source.addEventListener("error", () => {
      if (closed) return;
      if (source.readyState === EventSource.CLOSED) askWhy();
      else become("lost"); // the browser tries again by itself
    });
  }

  // We were refused; or something before our server answers for it while it is away; or the network is gone.
  async function askWhy() {
    if (isAsking || closed) return;
    isAsking = true;
    const asking = new AbortController();
    const status = await fetch(address(), { signal: asking.signal }).then((answer) => answer.status, () => 0);
    asking.abort();
    isAsking = false;
    if (closed || (status === 200 && source.readyState !== EventSource.CLOSED)) return;
    source.close(); // a line that still seems open may be dead
    const isRefused = status >= 400 && status < 500; // not signed in any more
    become(isRefused ? "ended" : "lost");
    if (!isRefused) setTimeout(() => closed || isAsking || source.readyState !== EventSource.CLOSED || open(), TRY_AGAIN_MS);
  }

  const watch = setInterval(() => {
    if (!closed && state !== "ended" && Date.now() - heardAt > SILENCE_MS) become("lost");
  }, 500);

  function close() {
    closed = true;
    clearInterval(watch);
    source.close();
  }

  addEventListener("offline", askWhy);
  addEventListener("pagehide", close, { once: true });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  open();
  return { close, doubt: askWhy, get state() { return state; } };
}

/** Put a fragment in its place; only an element of the same session has that place. Focus stays where it was. */
export function place(session, name, html) {
  const old = document.querySelector(`[data-live="${name}"][data-session="${session}"]`);
  if (!old || old.dataset.shown === html) return;
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  fresh.dataset.shown = html;
  const token = document.querySelector("[name=csrfmiddlewaretoken]"); // the stream knows none: it is this page's own
  for (const form of fresh.querySelectorAll("form[method=post]")) if (token) form.prepend(token.cloneNode());
  const opened = [...old.querySelectorAll("details")].map((one) => one.open);
  fresh.querySelectorAll("details").forEach((one, index) => { one.open = opened[index] ?? false; });
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (focus) fresh.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
}

/** Ages and due times in words that run with the server's clock. */
export function runClock({ everyMs = 1000 } = {}) {
  let ahead = 0; // of the server before this machine, ms
  const now = () => Date.now() + ahead;

  function tick() {
    for (const element of document.querySelectorAll("time[data-age]")) say(element, `${span(now() - Date.parse(element.dateTime))} ago`);
    for (const element of document.querySelectorAll("time[data-due]")) say(element, due(Date.parse(element.dateTime) - now()));
    for (const element of document.querySelectorAll("[data-grows]")) say(element, grown(element.dataset, now()));
    for (const element of document.querySelectorAll("[data-minutes-since]")) {
      say(element, String(Math.max(0, Math.floor((now() - Date.parse(element.dataset.minutesSince)) / 60_000))));
    }
  }

  function set(serverNow) {
    const before = ahead;
    ahead = serverNow.getTime() - Date.now();
    if (Math.abs(ahead - before) > 1000) tick(); // this machine's clock is another: say the ages anew at once
  }

  if (everyMs) setInterval(tick, everyMs); // 0: the page ticks it in a frame of its own
  tick();
  return { tick, set, now };
}

function say(element, text) { // a word that stays is not written again: writing costs a layout
  if (element.textContent !== text) element.textContent = text;
}

function grown({ grows, perH, since }, now) { // an amount that a steady rate adds to
  return (Number(grows) + (Number(perH) * Math.max(0, now - Date.parse(since))) / 3_600_000).toFixed(1);
}

function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

function due(ms) {
  return ms > 0 ? `in ${span(ms)}` : `due for ${span(-ms)}`;
}

/** Say whether what is on the page is live, in words and on the page itself. */
export function showState(element, state, heardAt, timeZone) {
  const when = heardAt.toLocaleTimeString("en-GB", { timeZone, timeZoneName: "short" });
  const words = {
    live: "Live.",
    lost: `NOT LIVE. Connection lost at ${when}. What you see is not live. Trying again.`,
    unsaved: "NOTHING CAN BE SAVED. What is charted now is not kept: use the paper sheet, and tell whoever looks after this computer.",
    ended: "NOT LIVE. The live view has ended: your log-in or your access has run out. What you see is not live. Load the page again.",
  };
  element.textContent = words[state] ?? "Connecting.";
  const isLost = ["lost", "unsaved", "ended"].includes(state);
  element.classList.toggle("alarm", isLost); // as loud as the strongest alarm: nothing below can be trusted
  element.classList.toggle("alarm-high", isLost);
  document.body.dataset.liveState = state;
}
