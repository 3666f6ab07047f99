import { run } from "./command.js";
import { $, el, setOptions, time } from "./dom.js";
import { chatId, own, state } from "./state.js";

let shown = ""; // the chat that the log holds
let atEnd = true; // of the log: it stays there
const bubbles = new Map(); // by message id: the message and its element

export function start(changed) {
  const pick = (id, take) =>
    $(id).addEventListener("change", () => {
      take($(id).value);
      changed();
    });
  pick("library", (value) => (state.choice.library = value));
  pick("person", (value) => (state.choice.person = Number(value)));
  pick("where", (value) => (state.choice.group = value === "group"));

  const log = $("log");
  log.addEventListener("scroll", () => (atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60));
  new ResizeObserver(toEnd).observe(log);

  for (const button of document.querySelectorAll("[data-say]")) {
    button.addEventListener("click", () => say(button.dataset.say));
  }
  for (const button of document.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () =>
      run("act", { library: state.choice.library, user: state.choice.person, act: button.dataset.act }));
  }
  $("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("text").value;
    if (text.trim() === "") return;
    $("text").value = "";
    $("send").disabled = true;
    say(text);
  });
  $("text").addEventListener("input", () => ($("send").disabled = $("text").value.trim() === ""));
}

// say writes in the chat that is open.
export function say(text) {
  return run("say", { library: state.choice.library, user: state.choice.person, chat: chatId(), text });
}

export function render() {
  const { cast, choice } = state;
  const bots = cast.libraries.map((library) => library.name);
  if (cast.telegram) bots.push(own);
  setOptions($("library"), bots.map((name) => [name, name]), choice.library);
  setOptions($("person"), cast.people.map((person) => [String(person.id), person.name]), String(choice.person));
  setOptions($("where"), [["private", "private"], ["group", "group"]], choice.group ? "group" : "private");

  const chat = `${choice.library} ${chatId()}`;
  if (chat !== shown) {
    shown = chat;
    bubbles.clear();
    $("log").replaceChildren();
    atEnd = true;
  }
  const here = [...state.messages.values()].filter((m) => `${m.library} ${m.chat}` === chat);
  here.forEach(show);
  const ids = new Set(here.map((message) => message.id));
  for (const [id, { element }] of bubbles) {
    if (ids.has(id)) continue;
    element.remove();
    bubbles.delete(id);
  }
  document.querySelector('[data-say="/start"]').classList.toggle("primary", here.length === 0);
  if (!$("log").hasChildNodes()) $("log").append(el("p", { class: "empty" }, emptyText()));
}

function emptyText() {
  const library = state.cast.libraries.find((l) => l.name === state.choice.library);
  if (library) return `@${library.username} waits for a message.`;
  return `Start your bot with ${state.cast.telegram} as the address of the Bot API, and any token, such as 42:any.`;
}

function show(message) {
  const known = bubbles.get(message.id);
  if (known?.message === message) return;
  const log = $("log");
  const element = bubble(message);
  if (known) {
    if (known.element.contains(document.activeElement)) log.focus(); // or the keyboard's place is lost
    known.element.replaceWith(element);
  } else {
    if (bubbles.size === 0) log.replaceChildren();
    log.append(element);
  }
  bubbles.set(message.id, { message, element });
  atEnd ||= message.user !== 0;
  toEnd();
}

function toEnd() {
  if (atEnd) $("log").scrollTop = $("log").scrollHeight;
}

function bubble(message) {
  const fromBot = message.user === 0;
  const mine = message.user === state.choice.person;
  const author = fromBot ? "bot" : message.from;
  return el(
    "div",
    { class: `message ${fromBot ? "from-bot" : mine ? "mine" : "theirs"}` },
    el("p", { class: "meta" }, `${author} · ${time(message.at)}${message.edited ? " · edited" : ""}`),
    el("p", { class: "text" }, message.text),
    ...(message.buttons ?? []).map((row) =>
      el("div", { class: "keyboard" }, ...row.map((button) => inline(message, button)))),
  );
}

function inline(message, button) {
  const press = () =>
    run("press", {
      library: message.library, user: state.choice.person, chat: message.chat, message: message.id, data: button.data,
    });
  return el("button", { type: "button", onclick: press }, button.text);
}
