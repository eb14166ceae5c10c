// Similar doubts side by side: exceptions are kept out, one key judges the rest. Only tiles that were really on the screen count.
import { announce } from "../core/page.js";
import { post } from "../core/api.js";
import { createGrid, GRID_KEYS } from "../core/grid.js";
import { createKeys, printed } from "../core/keys.js";
import { t } from "../core/words.js";
import { el, find, measured, newId, svg } from "./review/dom.js";
import { openOutbox } from "./review/outbox.js";

const API = "/api/v1/review/";
const CLAIM = 24;
const CROP_SHARE = 0.34;
const SEEN_MS = 300;
const WORDS = { approve: t("Approved"), reject: t("Rejected"), rework: t("Sent to rework") };
const ACTS = {
  approve: ["a"], reject: ["x"], rework: ["r"], undo: ["z"], keep: ["Space"], single: ["v", "Escape"],
  ...GRID_KEYS, left: [...GRID_KEYS.left, "j"], right: [...GRID_KEYS.right, "k"],
};

const settings = JSON.parse(find("review-settings").textContent);
const grid = find("tiles");
const tiles = new Map();
const undoable = [];
const outbox = await openOutbox(settings.user, { onRefused: refused, onChange: showUnsent });

const onScreen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const tile = tiles.get(Number(target.dataset.id));
    if (!tile) continue;
    clearTimeout(tile.timer);
    if (isIntersecting) tile.timer = setTimeout(() => seen(tile), SEEN_MS);
  }
}, { threshold: 0.75 });

function seen(tile) {
  if (tile.seen || document.hidden || !tile.ready) return;
  tile.seen = true;
  tile.node.dataset.seen = "";
  count();
}

const included = () => [...tiles.values()].filter((tile) => tile.seen && !tile.kept);
const kept = () => [...tiles.values()].filter((tile) => tile.kept);

function count() {
  const number = included().length;
  for (const button of document.querySelectorAll("[data-verdict]")) {
    button.disabled = !number;
    button.querySelector("b").textContent = number;
  }
  find("kept").textContent = kept().length ? t("{n} kept out", { n: kept().length }) : "";
  find("unseen").textContent = tiles.size - number - kept().length ? t("{n} not seen yet", { n: tiles.size - number - kept().length }) : "";
  find("undo").disabled = !undoable.length;
}

function makeTile(item) {
  const doubt = item.doubts[0];
  const picture = svg("image", { href: item.img.result, preserveAspectRatio: "none" });
  const backdrop = svg("rect", { class: `b-${doubt?.backdrop ?? "spec"}`, width: "100%", height: "100%" });
  const drawing = svg("svg", { class: "crop", "aria-hidden": "true" }, backdrop, picture);
  const value = doubt ? measured(doubt.value, doubt.unit, { brief: true }) : "";
  const node = el("button", { type: "button", class: "cluster-tile", tabindex: -1, "data-id": item.id, "data-out": t("kept out"), "aria-pressed": "false", "aria-label": `${item.product.sku}, ${value}`, onclick: () => toggle(item.id) },
    drawing, el("img", { class: "inset", src: item.img.thumb ?? item.img.result, alt: "" }),
    el("span", { class: "tile-text" }, el("span", { class: "cut" }, item.product.sku), el("span", {}, value)));
  const tile = { item, node, kept: false, seen: false, ready: false };
  const image = new Image();
  image.onload = () => {
    crop(drawing, backdrop, picture, image, doubt?.worst);
    tile.ready = true;
    onScreen.unobserve(node);
    onScreen.observe(node);
  };
  image.src = item.img.result;
  return tile;
}

function crop(drawing, backdrop, picture, image, worst) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const side = worst ? Math.max(width, height) * CROP_SHARE : Math.max(width, height);
  const [x, y] = worst ?? [0.5, 0.5];
  // The place in the middle, but inside the picture where that can be.
  const begin = (share, length) => (side < length ? Math.min(Math.max(share * length - side / 2, 0), length - side) : (length - side) / 2);
  const box = [begin(x, width), begin(y, height), side, side];
  drawing.setAttribute("viewBox", box.join(" "));
  for (const [name, number] of [["x", box[0]], ["y", box[1]], ["width", side], ["height", side]]) backdrop.setAttribute(name, number);
  picture.setAttribute("width", width);
  picture.setAttribute("height", height);
}

const MOST_TRIES = 5;
const TRY_AGAIN_MS = 250;
const LATER_MS = 5000;
let tries = 0;
let leaseUntil;
let later;
// Judged here: a claim that was under way meanwhile must not bring them back.
const decided = new Set();

async function claim() {
  try {
    const answer = await post(`${API}claim`, { queue: settings.queue, n: CLAIM, alike: true, resume: true, without: [...tiles.keys()] });
    leaseUntil = answer.items.at(-1)?.lease_until ?? leaseUntil;
    const pending = new Set(outbox.entries.map((entry) => entry.body.id));
    for (const item of answer.items.filter((one) => !pending.has(one.id) && !decided.has(one.id))) add(item);
    // The room that was just left is still giving its pictures back: they are locked for a moment.
    if (!tiles.size && tries++ < MOST_TRIES) return void setTimeout(claim, TRY_AGAIN_MS);
    clearTimeout(later);
    if (tiles.size) tries = 0;
    else later = setTimeout(() => tiles.size || document.hidden || claim(), LATER_MS);
    grid.removeAttribute("aria-busy");
    find("left").textContent = answer.left ? t("{n} more after these", { n: answer.left }) : "";
    find("nothing").hidden = tiles.size > 0;
    find("trouble").hidden = true;
    if (!grid.contains(document.activeElement)) focus(0);
  } catch (error) {
    grid.removeAttribute("aria-busy");
    find("trouble").hidden = false;
    find("trouble-text").textContent = error.message;
  }
  count();
}

function add(item, { before = null } = {}) {
  // A claim answered late may hand out what an undo has put back already.
  if (tiles.has(item.id)) return;
  const tile = makeTile(item);
  tiles.set(item.id, tile);
  grid.insertBefore(tile.node, before);
  onScreen.observe(tile.node);
}

function remove(tile) {
  onScreen.unobserve(tile.node);
  tiles.delete(tile.item.id);
  tile.node.remove();
}

function toggle(id) {
  const tile = tiles.get(id);
  tile.kept = !tile.kept;
  tile.node.setAttribute("aria-pressed", String(tile.kept));
  count();
}

const { focus, moves } = createGrid(() => [...grid.children]);

function decide(verdict) {
  const chosen = included().filter((tile) => verdict !== "rework" || tile.item.suggested);
  if (!chosen.length) return announce(verdict === "rework" ? t("No rework is suggested for these.") : t("Nothing seen to judge yet."));
  const bodies = chosen.map(({ item }) => ({ client_id: newId(), id: item.id, version: item.version, verdict, reason: verdict === "approve" ? "" : item.doubts[0]?.code ?? "", recipe: verdict === "rework" ? item.suggested.recipe : "", views: ["cluster"] }));
  undoable.push({ bodies, items: chosen.map((tile) => tile.item), word: WORDS[verdict] });
  chosen.forEach(remove);
  chosen.forEach((tile) => decided.add(tile.item.id));
  bodies.forEach((body) => outbox.add("decision", body));
  find("said").textContent = t("{said}: {n}.", { said: WORDS[verdict], n: chosen.length });
  announce(find("said").textContent);
  find("nothing").hidden = tiles.size > 0;
  count();
  if (![...tiles.values()].some((tile) => !tile.kept)) claim();
  else focus(0);
}

function undo() {
  const last = undoable.pop();
  if (!last) return;
  last.items.forEach((item) => decided.delete(item.id));
  last.bodies.forEach(({ client_id }) => outbox.add("undo", { client_id }));
  [...last.items].reverse().forEach((item) => add({ ...item, version: null }, { before: grid.firstChild }));
  find("said").textContent = t("Undone: {n}.", { n: last.items.length });
  find("nothing").hidden = true;
  focus(0);
  count();
}

function refused(body, detail) {
  find("said").textContent = detail || t("One decision could not be taken.");
  announce(detail);
}

function showUnsent(unsent, error) {
  find("unsent").hidden = !(unsent && error);
  find("unsent").textContent = t("{n} unsent", { n: unsent });
}

function single() {
  location.assign(settings.room);
}

const DO = {
  approve: () => decide("approve"), reject: () => decide("reject"), rework: () => decide("rework"), undo, single,
  keep: () => grid.contains(document.activeElement) && toggle(Number(document.activeElement.dataset.id)),
  ...moves,
};
const keys = createKeys({ acts: ACTS, own: settings.keys, run: (act) => DO[act]?.() });
grid.addEventListener("keydown", (event) => {
  // A tile is a button, and Space is its key anyway; Enter must not judge.
  if (event.key === "Enter") event.preventDefault();
});
for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => DO[button.dataset.act]());
for (const hint of document.querySelectorAll("kbd[data-key-of]")) hint.textContent = printed(keys.keyFor(hint.dataset.keyOf));
document.body.dataset.keys = "own";
addEventListener("pagehide", () => tiles.size && post(`${API}release`, { ids: [...tiles.keys()], lease_until: leaseUntil }, { keepalive: true }).catch(() => {}));
setInterval(() => tiles.size && !document.hidden && post(`${API}heartbeat`, { ids: [...tiles.keys()] }).then((answer) => (leaseUntil = answer.lease_until)).catch(() => {}), 60_000);
outbox.flush();
claim();
