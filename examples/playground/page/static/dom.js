// Elements. Text from outside becomes text, never markup.

export const $ = (id) => document.getElementById(id);

// el makes an element: attributes as given, children as nodes or text.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== ""));
  return element;
}

// setText changes text only if it differs, so that nothing is announced twice.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// setOptions fills a select and picks a value. What it shows already is left
// alone: somebody may be choosing.
export function setOptions(select, options, value) {
  const wanted = JSON.stringify([options, value]);
  if (select.dataset.shown === wanted) return;
  select.dataset.shown = wanted;
  select.replaceChildren(...options.map(([key, text]) => el("option", { value: key }, text)));
  select.value = value;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function time(ms) {
  return clock.format(new Date(ms));
}

export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60000)} min`;
}
