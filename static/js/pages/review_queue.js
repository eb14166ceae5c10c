// Enter starts reviewing.
import { isTyping } from "../core/typing.js";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || isTyping(event) || event.target.closest("a, button, summary")) return;
  document.getElementById("start")?.click();
});
