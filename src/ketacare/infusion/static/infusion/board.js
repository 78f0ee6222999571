// The Board: one card a room, replaced when something happens in it; never reordered.

import { follow, place, runClock, showState } from "./live.js";

const board = document.getElementById("board");
const clock = runClock();

follow({
  ids: board.dataset.sessions.split(",").map(Number),
  after: board.dataset.after,
  page: "board",
  onBeat: clock.set,
  onState: (state, heardAt) => showState(document.getElementById("live-state"), state, heardAt),
  onSession(message) {
    for (const [name, html] of Object.entries(message.html)) place(message.session, name, html);
    clock.tick();
  },
});
