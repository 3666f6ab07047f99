// What the server has told, and what is chosen on this page. Only apply and the
// pickers change it; everything else reads it.

export const state = {
  connected: false,
  announce: false, // speak of what comes: it is news
  clock: 0, // the server's clock less ours, in ms
  cast: { libraries: [], people: [], group: { id: 0, title: "" }, api: "" },
  rows: new Map(), // by seq, oldest first
  messages: new Map(), // by library, chat and id, oldest first
  bots: new Map(), // by library
  api: { mode: "ok", delay: 0 },
  answers: { started: 0, active: 0, choices: [], others: [], total: 0 },
  lines: [], // of the clients' logs, oldest first
  limits: { rows: 500, lines: 200 },
  choice: { library: "", person: 0, group: false, bot: "", event: "", after: 0 },
};

const maxMessages = 1000;

const changes = {
  snapshot(all) {
    state.clock = all.now - Date.now();
    state.cast = all.cast;
    state.limits = all.limits;
    state.rows = new Map(all.rows.map((row) => [row.seq, row]));
    state.messages = new Map((all.messages ?? []).map((message) => [idOf(message), message]));
    state.bots = new Map((all.bots ?? []).map((bot) => [bot.library, bot]));
    state.api = all.apiState;
    state.answers = all.answers;
    state.lines = all.lines ?? [];
    state.choice.library ||= all.cast.libraries[0].name;
    state.choice.person ||= all.cast.people[0].id;
  },
  row(row) {
    state.rows.set(row.seq, row);
    bound(state.rows, state.limits.rows);
  },
  message(message) {
    state.messages.set(idOf(message), message);
    bound(state.messages, maxMessages);
  },
  bot(bot) {
    state.bots.set(bot.library, bot);
  },
  api(api) {
    state.api = api;
  },
  answers(answers) {
    state.answers = answers;
  },
  line(line) {
    state.lines = [...state.lines, line].slice(-state.limits.lines);
  },
};

// kinds are the sorts of change that the server tells of.
export const kinds = Object.keys(changes);

export function apply(kind, data) {
  changes[kind](data);
}

// now is the time by the server's clock.
export function now() {
  return Date.now() + state.clock;
}

// chatId is the chat that is open.
export function chatId() {
  return state.choice.group ? state.cast.group.id : state.choice.person;
}

// nameOf is a person's name; people of other bots have none.
export function nameOf(user) {
  return state.cast.people.find((person) => person.id === user)?.name ?? "";
}

// own is what a bot is called that is not the playground's.
export const own = "your bot";

// nextPerson is somebody who has not written to the chosen bot.
export function nextPerson() {
  const known = new Set([...state.messages.values()].filter((m) => m.library === state.choice.library).map((m) => m.user));
  return state.cast.people.find((person) => !known.has(person.id))?.id ?? state.choice.person;
}

function idOf(message) {
  return `${message.library} ${message.chat} ${message.id}`;
}

function bound(map, limit) {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
