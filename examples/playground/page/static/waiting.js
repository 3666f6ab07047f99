// What waits in the chosen bot's client, and its ledger.

import { run } from "./command.js";
import { $, el, setText, time } from "./dom.js";
import { now, state } from "./state.js";

let flushing = false;
let answer = { text: "", to: "" }; // of the client, and how things stood

export function start(changed) {
  $("flush").addEventListener("click", async () => {
    if (flushing) return;
    flushing = true;
    changed();
    await run("flush", { library: state.choice.library }, (text) => (answer = { text, to: standing() }));
    flushing = false;
    changed();
  });
}

// standing is what an answer is about: once it is different, the answer is old.
function standing() {
  const bot = state.bots.get(state.choice.library);
  return [bot?.library, bot?.process, bot?.pending, bot?.silence, state.api.mode].join();
}

export function render() {
  const bot = state.bots.get(state.choice.library);
  $("waiting").hidden = !bot;
  if (!bot) return;
  setText($("bot-name"), `${bot.library}, process ${bot.process}`);
  setText($("pending"), String(bot.pending));
  $("waiting").classList.toggle("waits", bot.pending > 0);
  setText($("flush"), flushing ? "Trying…" : "Retry now");
  $("flush").setAttribute("aria-busy", flushing); // not disabled, which would take the keyboard away from it
  const answered = answer.text !== "" && bot.pending > 0 && answer.to === standing();
  setText($("pending-hint"), answered ? answer.text : hint(bot));
  $("pending-hint").classList.toggle("answer", answered);
  const part = (sign, n, word) => el("div", {}, el("dt", {}, word), el("dd", {}, sign ? el("i", {}, sign) : "", String(n)));
  const key = JSON.stringify(bot);
  if ($("equation").dataset.key !== key) {
    $("equation").dataset.key = key;
    $("equation").replaceChildren(
      part("", bot.received, "received"), part("+", bot.recovered, "recovered"),
      part("=", bot.delivered, "delivered"), part("+", bot.dropped, "dropped"),
      part("+", bot.handedOver, "handed over"), part("+", bot.pending, "pending"),
    );
  }
  setText($("beside"), `Also: throttled ${bot.throttled} · duplicates ${bot.duplicates} · retries ${bot.retries}`);
}

// hint says what the client does about what waits, as far as one can know.
function hint(bot) {
  const { mode } = state.api;
  const left = Math.ceil((bot.silence - now()) / 1000);
  if (!bot.running) return "The bot is down. Its events are safe on disk.";
  if (bot.pending === 0) return "Nothing waits.";
  if (left > 0) return `The API asked for silence until ${time(bot.silence)}, ${left} s more; the client keeps to it.`;
  if (mode === "ok" && state.api.delay > 0) return "The API is slow; the bot is not.";
  if (mode === "ok") return "The API is up; the client tries again within a minute.";
  if (mode === "401") return "Kept until the API takes the key: nothing is dropped for it.";
  return "The client asks again by itself, at pauses of at most a minute.";
}
