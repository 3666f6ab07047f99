import { $, setText } from "./dom.js";
import { now, state } from "./state.js";

const slotLength = 5000; // ms, as the server counts
const slots = 24;
const [width, height] = [360, 110];
const svg = "http://www.w3.org/2000/svg";

let drawn = "";

export function render() {
  const last = Math.floor(now() / slotLength);
  const values = Array.from({ length: slots }, (_, i) => state.slots.get(last - slots + 1 + i) ?? 0);
  const key = values.join();
  if (key === drawn) return;
  drawn = key;

  const most = Math.max(...values);
  const scale = (height - 6) / Math.max(most, 4);
  const step = width / slots;
  const bars = values.map((value, i) =>
    shape("rect", {
      class: "chart-bar", x: i * step + 1, width: step - 2,
      y: height - Math.max(value * scale, 0), height: value * scale, rx: 1,
    }));
  $("chart").replaceChildren(shape("line", { class: "chart-base", x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }), ...bars);
  const total = values.reduce((sum, value) => sum + value, 0);
  $("chart").setAttribute("aria-label", `${total} events in the last two minutes, at most ${most} in five seconds`);
  setText($("chart-most"), most === 0 ? "" : `highest: ${most} in 5 s`);
}

function shape(tag, attributes) {
  const element = document.createElementNS(svg, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
