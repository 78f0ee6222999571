// A box to sign in: lines of whole points on a sheet of 1000 x 300, kept in the form. Typing the name does as well.

const place = document.querySelector("[data-signature]");
const canvas = place?.querySelector("canvas");
const kept = document.querySelector('input[name="strokes"]');
const MOST_POINTS = 6000;
let strokes = [];
let line = null;

function point(event) {
  const box = canvas.getBoundingClientRect();
  const across = Math.round(((event.clientX - box.left) / box.width) * canvas.width);
  const down = Math.round(((event.clientY - box.top) / box.height) * canvas.height);
  return [Math.min(canvas.width, Math.max(0, across)), Math.min(canvas.height, Math.max(0, down))];
}

function draw() {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.lineWidth = 5;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokes) {
    pen.beginPath();
    pen.moveTo(...stroke[0]);
    for (const one of stroke) pen.lineTo(...one);
    pen.stroke();
  }
}

function keep() {
  kept.value = strokes.length ? JSON.stringify(strokes) : "";
}

function count() {
  return strokes.reduce((sum, stroke) => sum + stroke.length, 0);
}

function begin(event) {
  if (event.button !== 0 || count() >= MOST_POINTS) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  line = [point(event)];
  strokes.push(line);
  draw();
}

function go(event) {
  if (!line || count() >= MOST_POINTS) return;
  line.push(point(event));
  draw();
}

function end() {
  if (!line) return;
  line = null;
  keep();
}

if (place && kept) {
  place.hidden = false;
  if (kept.value) {
    try { strokes = JSON.parse(kept.value); } catch { strokes = []; }
    keep();
    draw();
  }
  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", go);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  place.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; line = null; keep(); draw(); });
}
