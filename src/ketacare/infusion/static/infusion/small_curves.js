// Small curves of one room: four lanes in one canvas, drawn anew whenever time has moved them by a pixel. A silence is a grey stretch, never a line.

const WINDOW_S = 15 * 60;
const GAP_S = 90;
const LANES = [ // what is drawn in a lane, between which values; each lane bears its name and has a stroke of its own
  { label: "HR", keys: ["hr"], token: "--hr", width: 1.5, low: 40, high: 160 },
  { label: "SpO2", keys: ["spo2"], token: "--spo2", width: 2.5, low: 80, high: 100 },
  { label: "RR", keys: ["rr"], token: "--rr", width: 1, low: 0, high: 40 },
  { label: "BP", keys: ["bp_sys", "bp_dia"], token: "--bp", width: 1.5, low: 40, high: 220 },
];

export function smallCurves(canvas, points) {
  const context = canvas.getContext("2d");
  const series = Object.fromEntries(LANES.flatMap(({ keys }) => keys).map((key) => [key, points?.[key] ?? []]));
  let colours = null;
  let drawn = null; // the pixel column of the last drawing

  function push(seconds, values) {
    for (const [key, value] of Object.entries(values)) {
      const line = series[key];
      if (!line || typeof value !== "number") continue;
      let at = line.length;
      while (at > 0 && line[at - 1][0] > seconds) at -= 1; // a late entry takes its place in time
      line.splice(at, 0, [seconds, value]);
    }
  }

  function draw(now) {
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      drawn = null;
    }
    const column = Math.floor((now * width) / WINDOW_S);
    if (colours && column === drawn) return; // nothing would move
    drawn = column;
    colours ??= read();
    context.clearRect(0, 0, width, height);
    LANES.forEach((lane, index) => {
      for (const key of lane.keys) while (series[key].length && series[key][0][0] < now - WINDOW_S) series[key].shift();
      drawLane(lane, (index * height) / LANES.length, height / LANES.length, width, now, ratio);
    });
  }

  function drawLane(lane, top, tall, width, now, ratio) {
    const x = (seconds) => ((seconds - now + WINDOW_S) / WINDOW_S) * width;
    const y = (value) => top + tall * (1 - Math.min(1, Math.max(0, (value - lane.low) / (lane.high - lane.low))));
    context.strokeStyle = context.fillStyle = colours[lane.token];
    context.lineWidth = lane.width * ratio;
    if (lane.keys.length > 1) whiskers(lane.keys, x, y, ratio);
    else line(series[lane.keys[0]], x, y, top, tall, now);
    context.font = `${11 * ratio}px ${colours.font}`;
    context.fillText(lane.label, 3 * ratio, top + 12 * ratio);
  }

  function line(points, x, y, top, tall, now) { // of what falls on one pixel, the lowest and the highest: no peak is lost
    context.beginPath();
    let [before, column, low, high] = [null, null, 0, 0];
    for (const [seconds, value] of points) {
      const at = Math.round(x(seconds));
      const isSilent = before !== null && seconds - before > GAP_S;
      if (at === column && !isSilent) {
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      } else {
        if (column !== null) context.lineTo(column, y(low)), context.lineTo(column, y(high));
        if (isSilent) silence(x(before), x(seconds), top, tall);
        if (before === null || isSilent) context.moveTo(at, y(value));
        [column, low, high] = [at, value, value];
      }
      before = seconds;
    }
    if (column !== null) context.lineTo(column, y(low)), context.lineTo(column, y(high));
    context.stroke();
    if (before !== null && now - before > GAP_S) silence(x(before), x(now), top, tall);
  }

  function silence(from, to, top, tall) {
    context.save();
    context.globalAlpha = 0.3;
    context.fillStyle = colours["--hatch"];
    context.fillRect(from, top, to - from, tall);
    context.restore();
  }

  function whiskers([high, low], x, y, ratio) {
    const below = new Map(series[low]);
    context.beginPath();
    for (const [seconds, value] of series[high]) {
      context.moveTo(x(seconds), y(value) - ratio);
      context.lineTo(x(seconds), y(below.get(seconds) ?? value) + ratio);
    }
    context.stroke();
  }

  function read() {
    const style = getComputedStyle(document.documentElement);
    const found = Object.fromEntries([...LANES.map(({ token }) => token), "--hatch"].map((token) => [token, style.getPropertyValue(token)]));
    return { ...found, font: getComputedStyle(document.body).fontFamily };
  }

  return { push, draw, restyle: () => { colours = null; } };
}
