// What moves drug or responsibility never waits: before such a form leaves its page the server is asked whether it is
// there. If it is not, nothing is sent, what was typed stays, and the paper procedure is told.

export const PAPER = "Write it on the session's paper sheet with the time and your name, and enter it as a late entry when the server is back.";
const ANSWER_MS = 4000;
const { stateUrl } = document.getElementById("idle-template")?.dataset ?? {};
const asking = new WeakSet();
const released = new WeakSet();

const isThere = () => fetch(stateUrl, { headers: { "X-Background": "yes" }, signal: AbortSignal.timeout(ANSWER_MS) }).then((answer) => answer.ok, () => false);

async function ask(event) {
  const { target: form, submitter } = event;
  if (form.method !== "post" || form.matches("[hx-post], dialog form") || released.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asking.has(form)) return; // pressed twice
  asking.add(form);
  const may = await isThere();
  asking.delete(form);
  const same = form.isConnected ? form : document.querySelector(`form[action="${form.getAttribute("action")}"]`); // a live part may be new by now
  if (!may || !same) {
    tell(same ?? document.querySelector("form"));
    return;
  }
  released.add(same);
  same.requestSubmit(submitter?.isConnected ? submitter : undefined);
}

function tell(form) {
  const place = document.getElementById("offline-paper") ?? form.querySelector(".not-sent") ?? Object.assign(document.createElement("p"), { className: "not-sent form-errors" });
  place.setAttribute("role", "alert");
  if (!place.isConnected) form.append(place);
  place.textContent = `Not done: the server cannot be reached. ${PAPER} What you typed here is kept on this page.`;
  for (let shown = place; shown; shown = shown.parentElement) shown.hidden = false;
}

if (stateUrl) window.addEventListener("submit", ask, { capture: true });
