import { $ } from "./dom.js";

// run sends a command and tells what goes wrong; without a place of its own it
// is shown on top until the next command.
export async function run(name, command, tell = alert) {
  tell("");
  try {
    const answer = await fetch(`do/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    if (!answer.ok) tell(sentence((await answer.text()).trim()));
  } catch {
    tell("The playground does not answer. Is it still running?");
  }
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function alert(text) {
  $("alert").textContent = text;
  $("alert").hidden = text === "";
}
