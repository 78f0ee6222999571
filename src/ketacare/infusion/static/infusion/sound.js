// The sound of alarms. What sounds is what stands on the page: every [data-sounds="high|medium|low"] that is not silenced.
//
//   const sound = alarmSound({ now });  sound.lost(true) while the page has lost its server; then it says so by a tone of its own.
//
// A browser sounds only after somebody has touched the page: until then the page says so, with a button. Patterns come with the page.

const PATTERNS = JSON.parse(document.getElementById("alarm-sounds").textContent);
const PRIORITIES = ["high", "medium", "low"];
const LOOK_MS = 250;
const HARMONICS = new Float32Array([0, 1, 0.6, 0.4, 0.25, 0.15]);
const LOUDNESS = 0.5;
const SAYS = {
  running: "Sound is on.",
  suspended: "Sound is OFF: this browser lets a page sound only after somebody has touched it.",
  none: "Sound is OFF: this browser cannot play tones.",
};

export function alarmSound({ now }) {
  const [state, on, test] = ["sound-state", "sound-on", "sound-test"].map((id) => document.getElementById(id));
  const context = "AudioContext" in window ? new AudioContext() : null;
  const playedAt = {}; // pattern -> ms
  let isLost = false;
  let busyUntil = 0;

  function show() {
    const is = context ? (context.state === "running" ? "running" : "suspended") : "none";
    if (document.body.dataset.sound === is) return;
    document.body.dataset.sound = is;
    state.textContent = SAYS[is];
    on.hidden = is !== "suspended";
    test.hidden = is !== "running";
  }

  function play(name) {
    const { at_ms: times, pulse_ms: length, hz, repeat_s: repeat } = PATTERNS[name];
    const wave = context.createPeriodicWave(new Float32Array(HARMONICS.length), HARMONICS);
    times.forEach((ms, index) => pulse(wave, context.currentTime + ms / 1000, length / 1000, hz[index] ?? hz[0]));
    playedAt[name] = Date.now();
    busyUntil = Date.now() + Math.min(times.at(-1) + length, repeat * 1000);
    document.body.dataset.sounded = name;
    document.dispatchEvent(new CustomEvent("ketacare:sounded", { detail: { name, pulses: times.length } }));
  }

  function pulse(wave, at, length, hz) {
    const [tone, gain] = [context.createOscillator(), context.createGain()];
    tone.setPeriodicWave(wave);
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + length * 0.15); // no click at either end
    gain.gain.setValueAtTime(LOUDNESS, at + length * 0.8);
    gain.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
  }

  function wanted() { // the strongest alarm, then the lost connection
    const loud = [...document.querySelectorAll("[data-sounds]")].filter((one) => !(Date.parse(one.dataset.silentUntil) > now()));
    const found = PRIORITIES.find((priority) => loud.some((one) => one.dataset.sounds === priority));
    return [found, isLost && "connection"].filter(Boolean);
  }

  /** What may be pressed while an alarm sounds, and what is told while it is silenced: each comes back by itself. */
  function showSilence() {
    for (const one of document.querySelectorAll("[data-silent-until]")) {
      const isSilent = Date.parse(one.dataset.silentUntil) > now();
      one.querySelectorAll("[data-when-loud]").forEach((part) => { part.hidden = isSilent; });
      one.querySelectorAll("[data-when-silent]").forEach((part) => { part.hidden = !isSilent; });
    }
  }

  function look() {
    show();
    showSilence();
    const names = wanted();
    document.body.dataset.sounding = names.join(" ");
    if (context?.state !== "running" || Date.now() < busyUntil) return;
    const due = names.find((name) => Date.now() - (playedAt[name] ?? -Infinity) >= PATTERNS[name].repeat_s * 1000);
    if (due) play(due);
  }

  const wake = () => context?.resume().then(look);
  on.addEventListener("click", wake);
  test.addEventListener("click", () => play("medium"));
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, wake);
  context?.addEventListener("statechange", show);
  setInterval(look, LOOK_MS);
  look();
  return {
    lost(is) {
      isLost = is;
      look();
    },
  };
}
