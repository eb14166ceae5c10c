// j/k move along the batches, Enter opens; the page refreshes itself while something runs.
import { isTyping } from "../core/page.js";
import { freshenTimes } from "../core/shell.js";

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const links = [...document.querySelectorAll(".batch-row")];
  if (!step || !links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
  event.preventDefault();
});

const REFRESH_MS = 4000;
if (document.querySelector(".status.live")) {
  setInterval(async () => {
    if (document.hidden || document.activeElement?.closest(".batch-row")) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    freshenTimes(fresh);
    for (const selector of [".figures", "[data-list]"]) {
      const [old, next] = [document.querySelector(selector), fresh.querySelector(selector)];
      if (old && next && old.innerHTML !== next.innerHTML) old.replaceWith(next);
    }
  }, REFRESH_MS);
}
