import { run } from "./command.js";
import { $, setText } from "./dom.js";
import { own, state } from "./state.js";

const hints = {
  ok: "",
  down: "Write on: the bot answers as ever, and its events wait.",
  cut: "Write on: the bot answers as ever, and its events wait.",
  401: "The API refuses the key (it changes here, not the key): events wait, and the log says what to do.",
  422: "The API refuses what it gets now for good. Only these events are dropped.",
  429: "The client sends nothing until the 10 s of Retry-After are over, then tries again.",
};
const patience = 5000; // ms: what the client waits for an answer
const rest = 400; // ms: a slider that does not move for so long has been let go

let sliding = 0; // the timer of its rest; 0: it rests

export function start() {
  const send = () => {
    clearTimeout(sliding);
    sliding = 0;
    trouble(document.querySelector("input[name=mode]:checked")?.value ?? "ok");
  };
  $("modes").addEventListener("change", send);
  $("delay").addEventListener("input", () => {
    clearTimeout(sliding);
    sliding = setTimeout(send, rest);
    label();
  });
  const bot = (id, name, more) =>
    $(id).addEventListener("click", () => run(name, { library: state.choice.library, ...more }));
  bot("redeliver", "redeliver");
  bot("restart", "restart", { unconfirmed: false });
  bot("crash", "restart", { unconfirmed: true });
}

// trouble sets how the API answers from now on.
export function trouble(mode) {
  return run("trouble", { mode, delay: Number($("delay").value) });
}

export function render() {
  for (const input of document.querySelectorAll("input[name=mode]")) input.checked = input.value === state.api.mode;
  if (sliding === 0) $("delay").value = state.api.delay;
  label();
  $("restart").disabled = $("crash").disabled = state.choice.library === own;
  const bot = state.bots.get(state.choice.library);
  setText($("bot-trouble-title"), bot && !bot.running ? `${bot.library} is restarting` : `The bot, ${state.choice.library}`);
  const slow = state.api.mode === "ok" && state.api.delay > patience ? "After 5 s the client stops waiting and sends again; the same key makes it count once." : "";
  setText($("trouble-hint"), [hints[state.api.mode], slow].filter(Boolean).join(" ") || calm(bot));
}

// calm is what there is to say of an API that is well.
function calm(bot) {
  if (!bot || bot.pending === 0) return "Nothing is wrong.";
  return `The API is up; ${bot.pending === 1 ? "1 event still waits" : `${bot.pending} events still wait`} for the client's next try.`;
}

function label() {
  setText($("delay-shown"), `${(Number($("delay").value) / 1000).toFixed(1)} s`);
}
