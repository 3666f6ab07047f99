// The list of events. Each opens to its request, the answers and the JSON.

import { $, duration, el, setOptions, setText, time } from "./dom.js";
import { nameOf, own, state } from "./state.js";

const newest = 15; // shown on a narrow screen, where the list has no panel to scroll in; style sheets know it too
const items = new Map(); // by seq: the row and its element
let shown = ""; // which rows the list is for

// Every status has a sign and a word, so that nothing depends on colour.
const signs = {
  waiting: "…", "not taken": "…", arrived: "→", delivered: "✓", refused: "✕", "given up": "✕", throttled: "–", duplicate: "–",
};

export function start(changed) {
  const on = (id, event, take) =>
    $(id).addEventListener(event, () => {
      take();
      changed();
    });
  on("bot-filter", "change", () => (state.choice.bot = $("bot-filter").value));
  on("event-filter", "change", () => (state.choice.event = $("event-filter").value));
  on("clear", "click", () => (state.choice.after = Math.max(0, ...state.rows.keys())));
  on("show-all", "click", () => $("rows").classList.add("all"));
}

export function render() {
  const { cast, choice } = state;
  const bots = cast.libraries.map((library) => library.name);
  if (cast.api || cast.telegram) bots.push(own);
  const names = new Set([...state.rows.values()].map((row) => row.name).filter(Boolean));
  if (choice.event) names.add(choice.event);
  setOptions($("bot-filter"), [["", "all bots"], ...bots.map((name) => [name, name])], choice.bot);
  setOptions($("event-filter"), [["", "all events"], ...[...names].sort().map((name) => [name, name])], choice.event);
  setText($("own"), ownText(cast));

  const list = [choice.bot, choice.event, choice.after].join();
  if (shown !== list) {
    shown = list;
    items.clear();
    $("rows").replaceChildren();
  }
  for (const row of state.rows.values()) {
    const fits = row.seq > choice.after && (choice.bot === "" || row.library === choice.bot) && (choice.event === "" || row.name === choice.event);
    if (fits) show(row);
  }
  for (const [seq, item] of items) {
    if (state.rows.has(seq)) continue;
    item.element.remove();
    items.delete(seq);
  }
  $("empty").hidden = items.size > 0;
  $("show-all").hidden = items.size <= newest || $("rows").classList.contains("all");
  setText($("show-all"), `Show all ${items.size}`);
}

function ownText({ api, telegram }) {
  if (!api && !telegram) return "A bot of your own: go run ./examples/playground -api :8001 -telegram :8002";
  const texts = [];
  if (api) texts.push(`Your bot is shown if you start it with BB_ANALYTICS_ENABLED=true, BB_API_BASE_URL=${api} and any BB_INTEGRATION_KEY.`);
  if (telegram) texts.push(`You write to it in the chat if its Bot API is ${telegram}, with any token: 42:any.`);
  return texts.join(" ");
}

function show(row) {
  const known = items.get(row.seq);
  if (known?.row === row) return;
  if (state.announce) setText($("announce"), spoken(row));
  if (known) {
    known.row = row;
    fill(known.element, row);
    return;
  }
  const element = row.status === "notice" ? el("li", {}) : el("li", {}, el("details", {}, el("summary"), el("div", { class: "detail" })));
  element.firstChild?.addEventListener("toggle", () => fill(element, items.get(row.seq)?.row ?? row));
  fill(element, row);
  items.set(row.seq, { row, element });
  $("rows").prepend(element);
}

function fill(element, row) {
  element.className = `event is-${row.status.replace(" ", "-")}${row.pending > 0 ? " in-outbox" : ""}`;
  if (row.status === "notice") {
    element.replaceChildren(el("time", {}, time(row.at)), el("span", {}, row.library ? el("b", {}, `${row.library}. `) : "", row.note));
    return;
  }
  const details = element.firstChild;
  details.firstChild.replaceChildren(...summary(row));
  if (details.open) details.lastChild.replaceChildren(...detail(row));
}

function summary(row) {
  const chat = row.chat === 0 ? "" : row.chat === row.user ? "private" : chatName(row.chat);
  const times = row.times > 1 ? ` × ${row.times}` : "";
  return [
    cell("time", time(row.at), row.delay === null ? "" : duration(row.delay)),
    cell("name", (row.name || "(no name)") + times, row.library),
    cell("who", row.user === 0 ? "nobody" : nameOf(row.user) || String(row.user), chat),
    el("code", { class: "payload" }, ...fields(row.payload)),
    el("span", { class: "status" },
      el("span", { class: "badge" }, el("span", { "aria-hidden": "true" }, signs[row.status] ?? "?"), ` ${row.status}`),
      el("small", {}, row.note)),
  ];
}

// fields is a payload as a log shows it.
function fields(json) {
  try {
    return Object.entries(JSON.parse(json || "{}")).map(([name, value]) =>
      el("span", {}, `${name}=${typeof value === "string" ? value : JSON.stringify(value)} `));
  } catch {
    return [json]; // cut off
  }
}

function detail(row) {
  if (row.times > 0) return [el("p", {}, `${row.note}. Nothing was sent, so there is no request.`)];
  const request = row.body
    ? el("pre", {}, `POST /api/bot/events\nAuthorization: Bearer [the integration key]\nContent-Type: application/json\n\n${pretty(row.body)}`)
    : el("p", {}, "None yet: the event waits in the outbox.");
  const raw = row.body || `${row.name} ${row.payload || "{}"}\nkey ${row.key}`;
  return [
    el("div", {}, el("h3", {}, "Request"), request),
    el("div", {},
      el("h3", {}, row.tries?.length > 1 ? `Answers to ${row.attempts} requests` : "Answer"),
      el("ol", {}, ...(row.tries ?? []).map((t) => el("li", { class: t.taken ? "taken" : "" }, `${time(t.at)}  ${t.answer}`))),
      el("h3", {}, row.body ? "Raw JSON" : "Event"), el("pre", {}, raw)),
  ];
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function cell(name, first, second) {
  return el("span", { class: name }, el("b", {}, first), second ? el("small", {}, second) : "");
}

function chatName(chat) {
  return chat === state.cast.group.id ? state.cast.group.title : `chat ${chat}`;
}

function spoken(row) {
  if (row.status === "notice") return `${row.library} ${row.note}`;
  return `${row.name} ${row.status}, ${row.library}`;
}
