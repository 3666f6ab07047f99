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
  if (bot) ledger(bot);
  counts();
}

function ledger(bot) {
  setText($("ledger-title"), `Ledger of ${bot.library}, process ${bot.process}`);
  setText($("pending"), String(bot.pending));
  setText($("jump-pending"), String(bot.pending));
  $("pending").parentElement.classList.toggle("waits", bot.pending > 0);
  setText($("flush"), flushing ? "Trying…" : "Deliver now");
  $("flush").setAttribute("aria-busy", flushing); // not disabled, which would take the keyboard away from it
  const answered = answer.text !== "" && bot.pending > 0 && answer.to === standing();
  setText($("pending-hint"), answered ? answer.text : hint(bot));
  $("pending-hint").classList.toggle("answer", answered);
  const part = (sign, n, word) =>
    el("div", { class: word === "pending" ? "part main" : "part" }, el("dt", {}, word), el("dd", {}, sign ? el("i", {}, sign) : "", String(n)));
  const key = JSON.stringify(bot);
  if ($("equation").dataset.key !== key) {
    $("equation").dataset.key = key;
    $("equation").replaceChildren(
      part("", bot.received, "received"), part("+", bot.recovered, "recovered"),
      part("=", bot.delivered, "delivered"), part("+", bot.dropped, "dropped"),
      part("+", bot.handedOver, "handed over"), part("+", bot.pending, "pending"),
    );
  }
  setText($("beside"), `Not in it: throttled ${bot.throttled} · duplicates ${bot.duplicates} · retries ${bot.retries}`);
}

// hint says what the client does about what waits, as far as one can know.
function hint(bot) {
  const { mode } = state.api;
  if (!bot.running) return "The bot is down. Its events are safe on disk.";
  if (bot.pending === 0) return "Nothing waits.";
  if (now() < bot.silence) return `The API asked for silence until ${time(bot.silence)}; the client keeps to it.`;
  if (mode === "ok" && state.api.delay > 0) return "The API is slow; the bot is not.";
  if (mode === "ok") return "The API is up; the client tries again within a minute.";
  if (mode === "401") return "Kept until the API takes the key: nothing is dropped for it.";
  return "The client asks again by itself, at pauses of at most a minute.";
}

function counts() {
  const key = JSON.stringify([...state.counts]);
  if ($("counts").dataset.key === key) return;
  $("counts").dataset.key = key;
  const sorted = [...state.counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  const most = sorted[0]?.[1] ?? 1;
  $("counts").replaceChildren(
    ...sorted.map(([name, total]) => {
      const bar = el("span", { class: "bar", "aria-hidden": "true" });
      bar.style.width = `${(100 * total) / most}%`;
      return el("div", {}, el("dt", {}, name), el("dd", {}, String(total)), bar);
    }),
  );
  if (sorted.length === 0) $("counts").append(el("p", { class: "hint" }, "No events yet."));
}
