// The end of a lead: what was done, who holds the rest, where there is more, and a message to whoever waits for it.
import { announce } from "../../core/page.js";
import { get } from "../../core/api.js";
import { offerNotice } from "../../core/notify.js";
import { el, find } from "./dom.js";

const DONE = [["approve", "approved"], ["reject", "rejected"], ["rework", "in rework"]];

export function showEnd({ tally, held, queue, mayUndo, practice }) {
  find("end-undo").hidden = practice || !mayUndo;
  if (practice) tell(practice.sum(), "Practice counts nowhere. What you decide in the queues takes effect after ten seconds, and Z takes it back.");
  else {
    const count = held.reduce((sum, one) => sum + one.count, 0);
    const names = held.map((one) => one.by).join(", ");
    const wait = Math.ceil(Math.max(0, ...held.map((one) => one.free_in_s)) / 60);
    tell(count ? "Nothing free right now" : queue ? "This queue is done" : "Nothing needs a look", DONE.filter(([name]) => tally[name]).map(([name, word]) => `${tally[name]} ${word}`).join(", "));
    find("end-held").textContent = count ? `0 free · ${count} held by ${names}, free in at most ${wait} min.` : "";
    get("/api/v1/review/queues").then((answer) => offerQueues(answer, queue)).catch(() => {});
    offerNotice(find("end-notify"));
  }
}

function tell(title, sum) {
  find("end-title").textContent = title;
  find("end-sum").textContent = sum;
  announce(title);
}

function offerQueues({ queues }, here) {
  const open = queues.filter((one) => one.free && one.code !== here);
  find("end-queues").replaceChildren(...open.slice(0, 4).map((one) => el("li", {}, el("a", { class: "button", href: `?queue=${encodeURIComponent(one.code)}` }, `${one.label} · ${one.free}`))));
}
