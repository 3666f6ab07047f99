// What the clients say in their logs, at the level that a bot shows by default.

import { $, el, time } from "./dom.js";
import { state } from "./state.js";

let shown;

export function render() {
  const lines = state.lines.filter((line) => state.choice.bot === "" || line.library === state.choice.bot);
  const key = `${lines.length} ${lines.at(-1)?.at} ${state.choice.bot}`;
  if (key === shown) return;
  shown = key;
  $("lines").replaceChildren(...lines.map((line) =>
    el("p", { class: `line is-${line.level.toLowerCase()}` },
      el("time", {}, time(line.at)), el("b", {}, line.level), el("i", {}, line.library), el("span", {}, line.text))).reverse());
}
