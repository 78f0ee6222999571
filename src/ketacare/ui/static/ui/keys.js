// One key for each act: <button data-key="v" data-key-name="Record vitals">. "?" lists the keys of the page.
// <fieldset data-scale data-key="s"> is opened by its key; then the key of one of its [data-press] buttons presses it.

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

function acts() { // where several have the same key, the first of the page is meant
  const found = new Map();
  for (const act of document.querySelectorAll("[data-key]")) if (!act.disabled && !act.closest("[hidden]") && !found.has(act.dataset.key)) found.set(act.dataset.key, act);
  return [...found.values()];
}

function nameOf(act) {
  return act.dataset.keyName || act.textContent.trim();
}

function showHelp() {
  const open = document.querySelector(".keys-help");
  if (open) open.remove();
  const dialog = document.getElementById("keys-help-template").content.firstElementChild.cloneNode(true);
  const list = dialog.querySelector("dl");
  for (const [key, name] of [...acts().map((act) => [act.dataset.key, nameOf(act)]), ["?", "Show this list"]]) {
    const term = document.createElement("dt");
    const sign = document.createElement("kbd");
    sign.textContent = key;
    term.append(sign);
    const description = document.createElement("dd");
    description.textContent = name;
    list.append(term, description);
  }
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function act(element) {
  if (element.matches("input, select, textarea, [data-scale]")) element.focus();
  else element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest(TYPING) || event.target.closest("dialog[open]")) return;
  const scale = event.target.closest("[data-scale]"); // an open scale takes the key before the page does
  const press = scale?.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
  if (scale && (press || event.key === "Escape")) {
    event.preventDefault();
    document.activeElement.blur(); // the next key is the page's again
    press?.click();
    return;
  }
  const found = event.key === "?" ? null : acts().find((one) => one.dataset.key === event.key);
  if (event.key !== "?" && !found) return;
  event.preventDefault();
  if (found) act(found);
  else showHelp();
});
