// The guide: five things to do. A step ticks itself when what it is about has
// happened, whoever did it and however; it also has a button that does it.

import { say } from "./chat.js";
import { run } from "./command.js";
import { $, el } from "./dom.js";
import { nextPerson, state } from "./state.js";
import { trouble } from "./trouble.js";

const rows = () => [...state.rows.values()];
const bots = () => [...state.bots.values()];
const delivered = (name) => rows().some((row) => row.name === name && row.status === "delivered");

const steps = [
  {
    title: "Start a bot",
    text: "A person sends /start. Two events arrive: user_started and activity.",
    button: "Send /start",
    act: () => say("/start"),
    holds: () => delivered("user_started"),
  },
  {
    title: "Choose a team",
    text: "Press a team in the chat. The handler calls ChoiceMade.",
    button: "Press a team",
    act: () => {
      const team = document.querySelector(".keyboard button");
      return team ? team.click() : say("/start"); // of this person, who then has a team to press
    },
    holds: () => delivered("choice_made"),
  },
  {
    title: "Take the API down",
    text: "Somebody writes meanwhile. The bot answers as ever; the events wait.",
    button: "Take it down, write",
    act: async () => {
      await trouble("down");
      state.choice.person = nextPerson();
      say("/start");
    },
    holds: () => rows().some((row) => row.tries?.some((t) => !t.taken)),
  },
  {
    title: "Kill the bot",
    text: "Its memory is gone. The events are on disk, and the next process finds them.",
    button: "Kill and restart it",
    act: () => run("restart", { library: waitingBot(), unconfirmed: false }),
    holds: () => bots().some((bot) => bot.recovered > 0),
  },
  {
    title: "Bring the API back",
    text: "Everything arrives, and is counted once.",
    button: "Bring it back",
    act: async () => {
      await trouble("ok");
      for (const bot of bots()) if (bot.pending > 0) run("flush", { library: bot.library }, () => {});
    },
    holds: () => steps[3].done && state.api.mode === "ok" && bots().every((bot) => bot.running && bot.pending === 0),
  },
];

function waitingBot() {
  return bots().find((bot) => bot.pending > 0)?.library ?? state.choice.library;
}

let shown = "";

export function render() {
  for (const step of steps) step.done ||= step.holds();
  const next = steps.find((step) => !step.done);
  const key = steps.map((step) => Boolean(step.done)).join();
  if (key === shown) return;
  shown = key;
  const inside = $("steps").contains(document.activeElement);
  $("steps").replaceChildren(...steps.map((step) => item(step, step === next)));
  $("guide-done").hidden = next !== undefined;
  if (inside) ($("steps").querySelector("button") ?? $("guide")).focus(); // the keyboard goes on
}

function item(step, isNext) {
  return el("li", { class: step.done ? "done" : isNext ? "next" : "", "aria-current": isNext ? "step" : undefined },
    el("span", { class: "title" }, step.title, el("span", { class: "hidden" }, step.done ? " (done)" : "")),
    isNext ? el("span", { class: "do" }, el("span", {}, step.text), el("button", { type: "button", class: "primary", onclick: step.act }, step.button)) : "",
  );
}
