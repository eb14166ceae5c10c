// On every page: "g" then a letter jumps, "n" starts a batch, "/" searches; dropped files open New batch; relative times stay fresh.
import { isTyping } from "./page.js";
import { language, t } from "./words.js";

let waitingForJump = false;
let jumpTimer = null;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (document.body.dataset.keys === "own") return;
  if (waitingForJump) {
    waitingForJump = false;
    clearTimeout(jumpTimer);
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") {
    waitingForJump = true;
    jumpTimer = setTimeout(() => (waitingForJump = false), 1200);
  } else if (event.key === "n") {
    document.querySelector("[data-key=n]")?.click();
  } else if (event.key === "/") {
    const field = document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});

// Fetched beside the page: nobody drops a file in its first moment.
if (document.body.dataset.submits === "yes") import("../pages/upload/handoff.js").then(({ acceptDrops }) => acceptDrops());

const SPANS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [7 * 86400, "day", 86400]];
const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });

export function freshenTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const seconds = (new Date(element.dateTime) - Date.now()) / 1000;
    const span = SPANS.find(([limit]) => Math.abs(seconds) < limit);
    if (span) element.textContent = words.format(Math.round(seconds / span[2]), span[1]);
    element.title ||= new Date(element.dateTime).toLocaleString(language);
  }
}
freshenTimes();
// Where tabs scroll sideways, the one that is open may lie outside.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
setInterval(freshenTimes, 30000);

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.querySelector("span")?.replaceChildren(t("Copied"));
  });
}

// A form that must not be sent twice by a double click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") {
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  }
});
