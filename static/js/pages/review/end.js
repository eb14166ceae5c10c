// The end of a lead: what was done, who holds the rest, where there is more, and a message to whoever waits for it.
import { announce } from "../../core/page.js";
import { get } from "../../core/api.js";
import { t } from "../../core/words.js";
import { offerNotice } from "../../core/notify.js";
import { el, find } from "./dom.js";

const DONE = {
  approve: (n) => t("{n} approved", { n }),
  reject: (n) => t("{n} rejected", { n }),
  rework: (n) => t("{n} in rework", { n }),
};

export function showEnd({ tally, held, queue, mayUndo, practice }) {
  find("end-undo").hidden = practice || !mayUndo;
  if (practice) tell(practice.sum(), t("Practice counts nowhere. What you decide in the queues takes effect after ten seconds, and Z takes it back."));
  else {
    const count = held.reduce((sum, one) => sum + one.count, 0);
    const names = held.map((one) => one.by).join(", ");
    const wait = Math.ceil(Math.max(0, ...held.map((one) => one.free_in_s)) / 60);
    const title = count ? t("Nothing free right now") : queue ? t("This queue is done") : t("Nothing needs a look");
    tell(title, Object.keys(DONE).filter((name) => tally[name]).map((name) => DONE[name](tally[name])).join(", "));
    const takeOver = find("end-take");
    if (takeOver) takeOver.hidden = !count;
    find("end-held").textContent = count ? t("0 free · {count} held by {names}, free in at most {wait} min.", { count, names, wait }) : "";
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
