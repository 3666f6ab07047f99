import { $, duration, el, setOptions, setText, time } from "./dom.js";
import { nameOf, state } from "./state.js";

const newest = 40; // shown on a narrow screen, where the list has no panel to scroll in; style sheets know it too
const lines = new Map(); // by seq: the row and its element
let filter = "";

// Every status has a sign and a word, so that nothing depends on colour.
const signs = {
  waiting: "…", "not taken": "…", arrived: "→", delivered: "✓", refused: "✕", "given up": "✕", throttled: "–", duplicate: "–",
};

export function start(changed) {
  $("filter").addEventListener("change", () => {
    state.choice.filter = $("filter").value;
    changed();
  });
  $("show-all").addEventListener("click", () => {
    $("rows").classList.add("all");
    changed();
  });
}

export function render() {
  const libraries = new Set(state.cast.libraries.map((library) => library.name));
  if (state.cast.api) libraries.add("your bot");
  setOptions($("filter"), [["", "all bots"], ...[...libraries].map((name) => [name, name])], state.choice.filter);

  const own = state.cast.api;
  setText($("own"), own
    ? `Your bot is shown too: start it with BB_ANALYTICS_ENABLED=true, BB_API_BASE_URL=${own} and any BB_INTEGRATION_KEY.`
    : "To watch a bot of your own here: go run ./examples/playground -api :8001");

  if (filter !== state.choice.filter) {
    filter = state.choice.filter;
    lines.clear();
    $("rows").replaceChildren();
  }
  for (const row of state.rows.values()) {
    if (filter === "" || row.library === filter) show(row);
  }
  for (const [seq, line] of lines) {
    if (state.rows.has(seq)) continue;
    line.element.remove();
    lines.delete(seq);
  }
  $("empty").hidden = lines.size > 0;
  $("show-all").hidden = lines.size <= newest || $("rows").classList.contains("all");
  setText($("show-all"), `Show all ${lines.size}`);
}

function show(row) {
  const known = lines.get(row.seq);
  if (known?.row === row) return;
  const element = row.status === "notice" ? notice(row) : line(row);
  if (known) known.element.replaceWith(element);
  else $("rows").prepend(element);
  lines.set(row.seq, { row, element });
  if (state.announce) setText($("announce"), spoken(row));
}

function line(row) {
  const chat = row.chat === 0 ? "" : row.chat === row.user ? "private" : chatName(row.chat);
  return el(
    "tr",
    { class: `is-${row.status.replace(" ", "-")}${row.pending > 0 ? " in-outbox" : ""}` },
    cell("Time", time(row.at), row.delay === null ? "" : duration(row.delay)),
    cell("Event", row.name || "(no name)", row.library),
    cell("User", who(row.user), chat),
    row.key || row.payload
      ? el("td", { "data-label": "Payload", class: "payload" }, el("code", {}, spaced(row.payload)), el("small", {}, `key ${row.key}…`))
      : el("td", { "data-label": "Payload" }),
    el("td", { "data-label": "Tries", class: "number" }, row.attempts === 0 ? "" : String(row.attempts)),
    el("td", { "data-label": "Status" }, badge(row), el("small", {}, row.note)),
  );
}

function notice(row) {
  return el("tr", { class: "notice" },
    el("td", {}, time(row.at)),
    el("td", { colspan: "5" }, row.library ? el("b", {}, `${row.library}. `) : "", row.note));
}

// spaced is JSON with room to break lines between its members.
function spaced(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 1).replace(/\n *(?!\})/g, " ").replace("{ ", "{").replace("\n}", "}");
  } catch {
    return json || "{}"; // cut off, or none
  }
}

function cell(label, first, second) {
  return el("td", { "data-label": label }, el("span", {}, first), el("small", {}, second));
}

function badge(row) {
  return el("span", { class: "badge" },
    el("span", { "aria-hidden": "true" }, signs[row.status] ?? "?"), ` ${row.status}`);
}

function who(user) {
  if (user === 0) return "";
  return nameOf(user) || String(user);
}

function chatName(chat) {
  return chat === state.cast.group.id ? state.cast.group.title : `chat ${chat}`;
}

function spoken(row) {
  if (row.status === "notice") return `${row.library} ${row.note}`;
  return `${row.name} ${row.status}, ${row.library}`;
}
