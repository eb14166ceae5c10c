// j/k move along the batches, Enter opens, e archives what has ended; the page refreshes itself while something runs.
import { isTyping } from "../core/page.js";
import { freshenTimes } from "../core/shell.js";

document.addEventListener("keydown", (event) => {
  // What the shell has taken, as the letter behind g, is not for us.
  if (event.defaultPrevented || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "e" && !event.repeat) return archive(document.activeElement?.closest(".batch-row[data-archive]"));
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const links = [...document.querySelectorAll(".batch-row")];
  if (!step || !links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
  event.preventDefault();
});

function archive(row) {
  if (!row) return;
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: row.dataset.archive, hidden: true });
  form.innerHTML = '<input name="csrfmiddlewaretoken">';
  form.elements[0].value = document.body.dataset.csrf;
  document.body.append(form);
  form.submit();
}

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
