// The page: connects to the stream, and shows the state after each change.

import * as answers from "./answers.js";
import * as chat from "./chat.js";
import * as events from "./events.js";
import * as guide from "./guide.js";
import * as log from "./log.js";
import * as trouble from "./trouble.js";
import * as waiting from "./waiting.js";
import { $, setText } from "./dom.js";
import { apply, kinds, state } from "./state.js";

const parts = [answers, guide, chat, trouble, waiting, events, log];
let drawing = false;

// changed draws once, however many changes come before the next frame.
function changed() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    setText($("connection"), state.connected ? "Live" : "Reconnecting");
    document.body.classList.toggle("offline", !state.connected);
    for (const part of parts) part.render();
    state.announce = true; // the snapshot was history
  });
}

function connect() {
  const source = new EventSource("stream");
  for (const kind of kinds) {
    source.addEventListener(kind, (event) => {
      state.connected = true;
      apply(kind, JSON.parse(event.data));
      changed();
    });
  }
  source.addEventListener("error", () => {
    state.connected = false;
    changed();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000); // refused: it does not try again by itself
  });
}

for (const part of parts) part.start?.(changed);
setInterval(() => state.connected && changed(), 1000); // time passes: a silence ends
connect();
