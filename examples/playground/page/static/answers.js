// What the events say, and the code that it takes.

import { $, el, setText } from "./dom.js";
import { own, state } from "./state.js";

export function render() {
  const { answers, choice } = state;
  setText($("started"), String(answers.started));
  setText($("active"), String(answers.active));
  list($("choices"), answers.choices, "nobody has chosen");
  list($("others"), answers.others, "");
  $("others").parentElement.hidden = answers.others.length === 0;
  setText($("jump-total"), String(answers.total));

  const library = state.cast.libraries.find((l) => l.name === choice.library);
  setText($("code-title"), choice.library === own ? "Your bot has the code itself" : `The one line in the ${choice.library} bot`);
  setText($("line"), library?.line ?? "");
  setText($("choice-line"), library?.choice ?? "");
  $("choice-code").hidden = !library;
}

function list(place, counts, none) {
  const key = JSON.stringify(counts);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(...(counts.length === 0
    ? [el("span", { class: "none" }, none)]
    : counts.slice(0, 8).map(({ name, n }) => el("span", { class: "count" }, `${name} `, el("b", {}, String(n))))));
}
