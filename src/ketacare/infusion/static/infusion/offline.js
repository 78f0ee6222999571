// The cockpit without its server: vital signs, observations and notes wait in this browser, in order, each with its own
// time; what moves drug, money or responsibility is refused at once, with the paper procedure. Nothing here needs the network
// but the sending itself.
//
//   const queue = offlineQueue({ session, zone, now, doubt });  queue.connection(state, heardAt) whenever the stream's state changes

import { send } from "../ui/idle.js";
import { PAPER } from "../ui/paper.js";
import { entryRows } from "./entry_rows.js";
import { sealedStore } from "./sealed.js";
import { carryOver, clear, keyOf } from "./vital_row.js";

const ANSWER_MS = 8000; // a server that has not answered by then is taken for lost; the key makes the second try harmless
const TRY_AGAIN_MS = 5000;
const MOST_AT_ONCE = 50;
const OWN_FIELDS = new Set(["csrfmiddlewaretoken", "nonce"]);
const STOP = "Stop the pump by hand. The stop cannot be charted now.";
const KEPT = "#vitals-row, .sheet form"; // the forms that wait

const find = (id) => document.getElementById(id);
const counted = (count) => (count === 1 ? "1 entry waits" : `${count} entries wait`);

export function offlineQueue({ session, zone, now, doubt }) {
  const place = find("offline");
  const told = find("charted");
  const tried = new WeakMap(); // request -> the entry that is on its way
  let store = null;
  let mine = [];
  let others = [];
  let lostAt = null; // since when; null while the server is heard from
  let isSending = false;
  let isEnded = false;
  let trouble = "";
  let isDenied = false; // asking again would change nothing

  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const isLost = () => lostAt !== null;
  const waiting = () => mine.filter((one) => !one.problems);
  const rows = entryRows(find("offline-rows"), { session, clock, discard: async (one) => { await store.remove(one.n); await reload(); } });

  async function open() {
    if (store) return;
    store = await sealedStore(place.dataset.keyUrl, fetch).catch(() => null);
    await reload();
  }

  async function reload() {
    if (store) ({ mine, others } = await store.all());
    show();
  }

  // Keeping

  const entryOf = (kind, said, words) => ({ key: crypto.randomUUID(), session, kind, at: new Date(now()).toISOString(), ...said, words });

  function formEntry(form, data, submitter) {
    const values = Object.fromEntries([...data].filter(([name, value]) => !OWN_FIELDS.has(name) && value !== ""));
    if (form.id !== "vitals-row") return entryOf("observation", { values }, pressWords(form, submitter));
    const words = Object.entries(values).map(([name, value]) => `${form.querySelector(`label[for="id_${name}"]`)?.textContent ?? name} ${value}`);
    return { ...entryOf("vitals", { values }, words.join(", ")), key: keyOf(form, values) };
  }

  async function keep(entry, form) {
    try {
      await store.add(entry);
    } catch {
      tell("NOT kept: this browser cannot keep it safely. Write it on the session's paper sheet with the time and your name.", true);
      return;
    }
    if (form?.matches("#vitals-row, #offline-note")) clear(form, entry);
    tell(`Kept in this browser at ${clock(entry.at)}, not yet on the server: ${entry.words}`);
    await reload();
  }

  function tell(words, isWrong = false) {
    told.textContent = words;
    told.classList.toggle("charted-not", isWrong);
  }

  function onRequest(event) {
    const { detail } = event;
    const form = detail.elt.closest(KEPT);
    if (!form) return;
    const entry = formEntry(form, detail.formData.entries(), detail.triggeringEvent?.submitter);
    if (isLost()) {
      event.preventDefault();
      if (Object.keys(entry.values).length) keep(entry, form);
      else tell("Nothing was filled in, so nothing was charted.", true);
      return;
    }
    detail.parameters.nonce = entry.key; // the server knows it again, should only the answer be lost
    detail.timeout = ANSWER_MS;
    const timer = setTimeout(() => keep(entry), ANSWER_MS + 1000); // no answer seen, whatever became of the form
    tried.set(detail, { entry, form, timer });
  }

  function onAnswer({ detail }) {
    const found = detail.xhr.status > 0 && detail.xhr.status < 500 && settled(detail.requestConfig);
    if (found && found.form.id === "vitals-row") carryOver(found.form, find("vitals-row"), found.entry);
  }

  function settled(request) {
    const found = tried.get(request);
    if (found) clearTimeout(found.timer);
    tried.delete(request);
    return found;
  }

  function onFailure({ type, detail }) {
    if (type === "htmx:responseError" && detail.xhr.status < 500) return;
    const found = settled(detail.requestConfig);
    if (!found) return;
    keep(found.entry, found.form);
    doubt();
  }

  // Sending

  async function sync() {
    if (isSending || isDenied || isLost() || !store || !waiting().length) return;
    isSending = true;
    try {
      await navigator.locks.request("ketacare-queue", { ifAvailable: true }, (lock) => lock && sendAll()); // one tab sends
    } catch { // the network again: what waits, waits
      doubt();
    } finally {
      isSending = false;
      await reload();
    }
  }

  async function sendAll() {
    await reload();
    while (waiting().length && !isLost()) {
      const [first] = waiting();
      const others = waiting().findIndex((one) => one.session !== first.session || one.keyId !== first.keyId);
      const lot = waiting().slice(0, others < 0 ? MOST_AT_ONCE : Math.min(others, MOST_AT_ONCE));
      if (!(await sendLot(first, lot))) return;
      await reload();
    }
  }

  async function sendLot({ session: where, keyId }, lot) {
    const entries = lot.map(({ key, kind, at, values, text }) => ({ key, kind, at, values, text }));
    const body = JSON.stringify({ author: keyId, entries });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token(), "X-Background": "yes" };
    const answer = await send(`/sessions/${where}/queued/`, { method: "POST", headers, body });
    const isTaken = answer.ok && !answer.redirected;
    trouble = isTaken ? "" : troubleOf(answer);
    isDenied = !isTaken && answer.status < 500;
    if (!isTaken) return false;
    if (isEnded) doubt(); // the log-in was taken up again: so is the live view
    const { answers } = await answer.json();
    for (const [index, one] of answers.entries()) {
      if (one.status === "refused") await store.change({ ...lot[index], problems: one.problems });
      else await store.remove(lot[index].n);
    }
    const stored = answers.filter((one) => one.status !== "refused").length;
    if (stored) tell(`${stored === 1 ? "1 entry that waited is" : `${stored} entries that waited are`} on the server now, marked as late.`);
    return true;
  }

  function troubleOf(answer) {
    if (answer.status >= 500) return "The server cannot store them now; it is asked again.";
    return "The server does not take them from this page: load it again and log in.";
  }

  // Refusing

  function refuse(control) {
    const words = control.textContent.replace(/\s+/g, " ").trim();
    const isAct = control.closest("form, .session-acts");
    const says = control.closest(".stop-place") ? STOP : `Not connected, so not done: ${words}.`;
    find("offline-paper").textContent = isAct ? `${says} ${PAPER}` : "Not connected: this page stays open, because it could not be opened again. You can go on charting here.";
    find("offline-paper").hidden = false;
    show();
    place.scrollIntoView({ block: "nearest" });
  }

  function guard(event) { // asked on every click and every form, from what this page knows alone
    if (!isLost()) return;
    const control = event.target.closest("a[href], button, form");
    if (!control || control.closest(`${KEPT}, #offline, dialog`) || control.matches("button[type=button], a[href^='#']")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (control.matches("a[href$='/note/']")) find("offline-text").focus();
    else refuse(event.submitter ?? control);
  }

  function markActs() {
    for (const act of document.querySelectorAll(".session-acts .btn, .stop-place .btn, .alarm-strip .btn")) {
      const isRefused = isLost() && !act.matches("[href$='/note/']");
      act.querySelector(".on-paper")?.remove();
      act.toggleAttribute("aria-disabled", isRefused);
      if (!isRefused) continue;
      act.setAttribute("aria-disabled", "true");
      act.append(Object.assign(document.createElement("small"), { className: "on-paper", textContent: " on paper now" }));
    }
  }

  // Showing

  function show() {
    const count = waiting().length;
    find("offline-state").textContent = stateWords(count);
    find("offline-state").classList.toggle("offline-lost", isLost());
    rows.show(mine);
    find("offline-others").textContent = others.map((one) => `${counted(one.count).replace(/ waits?$/, "")} of ${one.name} ${one.count === 1 ? "waits" : "wait"} in this browser. Only ${one.name} can send what they wrote: they log in here.`).join(" ");
    find("offline-note").hidden = !(isLost() && store);
    if (!isLost()) find("offline-paper").hidden = true;
    place.hidden = !(isLost() || mine.length || others.length);
    markActs();
  }

  function stateWords(count) {
    if (!isLost()) return count ? `${counted(count)} in this browser. ${trouble || "The server is back: they are being sent."}` : "";
    const since = `Not connected since ${clock(lostAt)}`;
    if (!store) return `${since}. This browser cannot keep entries safely: chart on the session's paper sheet.`;
    if (count) return `${since}: ${counted(count)}. They will be sent when the server is back.`;
    return `${since}. Vital signs, observations and notes are kept here and sent when the server is back; everything else goes on paper.`;
  }

  find("offline-note").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = find("offline-text").value.trim();
    if (text) keep(entryOf("note", { text }, text), event.target);
  });
  document.body.addEventListener("htmx:configRequest", onRequest);
  document.body.addEventListener("htmx:afterRequest", onAnswer);
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.body.addEventListener(failed, onFailure);
  for (const asked of ["click", "submit"]) window.addEventListener(asked, guard, { capture: true });
  window.addEventListener("beforeunload", (event) => isLost() && event.preventDefault());
  setInterval(sync, TRY_AGAIN_MS);
  open().then(sync);

  return {
    connection(state, heardAt) {
      lostAt = state === "lost" ? heardAt.getTime() : null; // "ended": the server is there, and asks for the password
      isEnded = state === "ended";
      show();
      if (lostAt === null) open().then(sync);
    },
  };
}

function pressWords(form, submitter) {
  const scale = [...form.querySelector("legend").childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
  const press = submitter ? [...submitter.children].filter((child) => child.localName !== "kbd").map((child) => child.textContent) : [];
  return [...scale, ...press].join(" ").replace(/\s+/g, " ").trim();
}

function token() { // a log-in renews it: the cookie is newer than this page
  const [, cookie] = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) ?? [];
  return cookie ?? document.querySelector("[name=csrfmiddlewaretoken]").value;
}
