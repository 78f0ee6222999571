// Reads the text on the page with the browser's own voice, part by part; says why where it cannot.

const place = document.querySelector("[data-aloud]");
const button = place?.querySelector("[data-aloud-button]");
const says = place?.querySelector("[data-aloud-says]");
const language = document.querySelector(".consent-document")?.lang ?? "en";
const parts = [...document.querySelectorAll("[data-read]")];
const speech = window.speechSynthesis;
let next = 0;
let reads = false;

function voice() {
  return speech.getVoices().find((one) => one.lang.toLowerCase().startsWith(language));
}

function shown(on) {
  reads = on;
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? button.dataset.stop : button.dataset.start;
  parts.forEach((part, number) => part.classList.toggle("reading", on && number === next));
}

function stop() {
  speech.cancel();
  shown(false);
}

function read() {
  if (!reads || next >= parts.length) {
    next = next >= parts.length ? 0 : next;
    shown(false);
    return;
  }
  shown(true);
  const said = new SpeechSynthesisUtterance(parts[next].textContent.trim().replace(/\s+/g, " "));
  said.lang = language;
  said.voice = voice() ?? null;
  said.onend = () => { if (reads) { next += 1; read(); } };
  said.onerror = () => shown(false);
  speech.speak(said);
}

function start() {
  if (!voice()) {
    says.textContent = says.dataset.noVoice;
    return;
  }
  says.textContent = "";
  reads = true;
  read();
}

if (place) {
  place.hidden = false;
  if (speech && "SpeechSynthesisUtterance" in window) {
    speech.getVoices();  // some browsers load them only once they were asked for
    button.addEventListener("click", () => (reads ? stop() : start()));
    window.addEventListener("pagehide", () => speech.cancel());
  } else {
    button.hidden = true;
    says.textContent = says.dataset.none;
  }
}
