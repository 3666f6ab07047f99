import { $ } from "./dom.js";

// run sends a command. What goes wrong is shown until the next one.
export async function run(name, command) {
  tell("");
  try {
    const answer = await fetch(`do/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    if (!answer.ok) tell((await answer.text()).trim());
  } catch {
    tell("The playground does not answer. Is it still running?");
  }
}

function tell(text) {
  $("alert").textContent = text;
  $("alert").hidden = text === "";
}
