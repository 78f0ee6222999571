// Idle time: when the server answers "locked", ask for the password in place and then send what was waiting, once.
//
// Other modules: import { send } from "../ui/idle.js" and use it in place of fetch; polls add the header X-Background.
// The server decides who may go on: a page of somebody else's is told so, drops what was typed and is shown afresh.

const template = document.getElementById("idle-template");
const { person = "", minutes = "15", unlockUrl = "", stateUrl = "", logoutUrl = "" } = template?.dataset ?? {};
const loadedAt = Date.now();
const HTMX_FORM = "[hx-post], [hx-put], [hx-patch], [hx-delete], [data-hx-post], [hx-boost='true']";
const released = new WeakSet();
let waiting = null; // one promise shared by everything that waits for the password

const isLocked = (status, header) => status === 401 && header("X-Locked") !== null;
const isOtherPerson = (status, header) => status === 409 && header("X-Other-Person") !== null;

/** Leave everything typed behind: what is on this page belongs to somebody else. */
function startAfresh() {
  location.reload();
  return new Promise(() => {}); // nothing that waits may go on
}

/** Like fetch, but a locked log-in asks for the password and then sends the very same request. */
export async function send(input, init = {}) {
  const request = new Request(input, init);
  request.headers.set("X-Acting-As", person);
  const answer = await fetch(request.clone());
  const header = (name) => answer.headers.get(name);
  if (isOtherPerson(answer.status, header)) return startAfresh();
  if (!isLocked(answer.status, header)) return answer;
  await unlocked();
  return send(request);
}

/** Resolves once the password was given; one dialog serves all that wait. */
export function unlocked() {
  waiting ??= ask().finally(() => {
    waiting = null;
  });
  return waiting;
}

function ask() {
  const dialog = template.content.firstElementChild.cloneNode(true);
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  const [form] = dialog.getElementsByTagName("form");
  form.elements.unlock_password.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!(await tryPassword(form))) return;
      dialog.remove();
      before?.focus?.();
      resolve();
    });
  });
}

async function tryPassword(form) {
  const complaint = form.querySelector("[role='alert']");
  complaint.hidden = true;
  const answer = await fetch(unlockUrl, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.ok) return true;
  if (answer && !(await isStillMine())) return startAfresh();
  complaint.textContent = complaintFor(answer?.status);
  complaint.hidden = false;
  form.elements.unlock_password.select();
  return false;
}

/** Whether the person this page was made for is the one logged in; so it is assumed while the server is silent. */
async function isStillMine() {
  const state = await logInState();
  return state === null || state.person === person;
}

const logInState = () => fetch(stateUrl).then((answer) => answer.json()).catch(() => null);

function complaintFor(status) {
  if (status === undefined) return "The clinic's server does not answer. What you typed is still here; try again.";
  if (status === 429) return "Too many wrong passwords. Wait a quarter of an hour; what you typed is still here.";
  if (status === 401) return "That is not your password.";
  return "This log-in was renewed in another window. Copy what you typed, then load this page again.";
}

// Plain forms: after idle time look before sending, so that the answer comes in place and not on a page of its own.
async function beforeSubmit(event) {
  const form = event.target;
  const asksNothing = "idleForm" in form.dataset || form.getAttribute("action") === logoutUrl;
  const isOurs = form.method === "post" && !asksNothing && !form.matches(HTMX_FORM);
  if (event.defaultPrevented || !isOurs || released.delete(form)) return;
  if (Date.now() - loadedAt < (Number(minutes) - 1) * 60_000) return;
  event.preventDefault();
  const { submitter } = event;
  const state = await logInState();
  if (state && state.person !== person) return startAfresh();
  if (state?.locked) await unlocked();
  released.add(form);
  form.requestSubmit(submitter);
}

// htmx: say for whom the page was made and what it asks by itself; send again what met a locked log-in.
function beforeHtmx({ detail }) {
  detail.headers["X-Acting-As"] = person;
  if (!detail.triggeringEvent) detail.headers["X-Background"] = "yes";
}

function afterHtmx(event) {
  const { xhr, requestConfig } = event.detail;
  const header = (name) => xhr.getResponseHeader(name);
  if (isOtherPerson(xhr.status, header)) startAfresh();
  else if (isLocked(xhr.status, header)) unlocked().then(() => sendAgain(requestConfig));
  else return;
  event.preventDefault(); // htmx leaves this answer alone
}

const sendAgain = ({ verb, path, elt: source, target, formData: values, triggeringEvent: event }) =>
  window.htmx.ajax(verb, path, { source, target, values, event });

if (template) {
  document.addEventListener("submit", beforeSubmit);
  document.addEventListener("htmx:configRequest", beforeHtmx);
  document.addEventListener("htmx:beforeOnLoad", afterHtmx);
}
