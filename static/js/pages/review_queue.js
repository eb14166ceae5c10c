// Enter starts reviewing.
import { offerNotice, watchQueue } from "../core/notify.js";
import { isTyping } from "../core/page.js";

const bell = document.getElementById("notify");
offerNotice(bell);
watchQueue({ url: location.pathname, count: Number(bell.dataset.free) });

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.repeat || isTyping(event) || event.target.closest("a, button, summary")) return;
  document.getElementById("start")?.click();
});
