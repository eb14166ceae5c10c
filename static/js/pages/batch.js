// Keeps a batch's page up to date: the server sends the parts that have changed, they are put in place, nothing is computed here.
import { announce } from "../core/page.js";
import { follow } from "../core/live.js";
import { notify } from "../core/notify.js";
import { t } from "../core/words.js";

const ANNOUNCE_MS = 10000;
const page = document.querySelector("[data-batch]");
const offline = page.querySelector("[data-offline]");
let announcedAt = 0;

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// A part is only touched when its text differs and nobody is using it: a focused button must not vanish under the finger.
function put(name, html) {
  const part = page.querySelector(`[data-part="${name}"]`);
  if (part.dataset.last === html || part.contains(document.activeElement)) return;
  part.dataset.last = html;
  part.replaceChildren(fragment(html));
}

// A batch whose photos still come: they are added as long as this page of tiles has room.
function addTile(html) {
  const list = page.querySelector("[data-room]");
  if (!list || Number(list.dataset.room) < 1) return;
  list.dataset.room = Number(list.dataset.room) - 1;
  list.append(fragment(html));
}

function putTile(id, html) {
  const tile = page.querySelector(`[data-job="${id}"]`);
  if (!tile) {
    addTile(html);
    return;
  }
  const hadFocus = tile.contains(document.activeElement);
  const next = fragment(html).firstElementChild;
  keepImages(tile, next);
  tile.replaceWith(next);
  if (hadFocus) next.querySelector("a")?.focus({ preventScroll: true });
}

// Pictures that stay are moved over instead of loaded again, so that a tile does not flash.
function keepImages(from, to) {
  const known = new Map([...from.querySelectorAll("img")].map((image) => [image.src + image.className, image]));
  for (const image of to.querySelectorAll("img")) {
    const old = known.get(image.src + image.className);
    if (old) {
      image.replaceWith(old);
      known.delete(image.src + image.className);
    }
  }
}

function tell(answer) {
  const now = Date.now();
  if (!answer.done && now - announcedAt < ANNOUNCE_MS) return;
  announcedAt = now;
  const { counts, total } = answer;
  const ended = counts.ready + counts.review + counts.checking + counts.failed + counts.cancelled;
  announce(t("{ended} of {total} finished, {review} to review, {failed} failed.", { ended, total, review: counts.review, failed: counts.failed }));
}

function changed(answer) {
  put("header", answer.html.header);
  put("failures", answer.html.failures);
  for (const [id, html] of Object.entries(answer.html.tiles)) putTile(id, html);
  tell(answer);
  if (answer.done) notify(t("{name} is done", { name: document.querySelector("h1").textContent.trim() }), { body: t("{review} to review, {failed} failed", answer.counts), url: location.href });
}

follow(page.dataset.progress, {
  since: Number(page.dataset.revision),
  onChange: changed,
  onError: (error) => {
    offline.hidden = !error;
  },
});
