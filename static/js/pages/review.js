import { createKeys, printed } from "../core/keys.js";
import { afterPaint, announce } from "../core/page.js";
import { t } from "../core/words.js";
import { el, find, icon, measured, newId } from "./review/dom.js";
import { createLead } from "./review/lead.js";
import { openOutbox } from "./review/outbox.js";
import { createPanel } from "./review/panel.js";
import { createStage } from "./review/stage.js";

const UNDO_DEEP = 50;
const HINTS_FADE_AFTER = 20;
const BY_HAND = "by-hand";
const TROUBLE_MS = 3000;
const SAID_MS = 6000;
const UNSENT_MS = 2000;
const SAID = { approve: t("Approved"), reject: t("Rejected"), rework: t("Sent to rework"), skip: t("Skipped"), other: t("Decided elsewhere") };
const DONE_ICON = { approve: "check", reject: "x", rework: "rotate-ccw", other: "users" };
const room = find("room");
const settings = JSON.parse(find("review-settings").textContent);
const history = [];
const thumbs = new WeakMap();
const tally = { approve: 0, reject: 0, rework: 0 };
let current = null;
let shownAt = 0;
let views = new Set();
let viewBeforeHold = null;
let brush = null;

const stage = createStage({ onView: markView });
const panel = createPanel({ meanings: settings.meanings, onDoubt: lookAt });
const outbox = await openOutbox(settings.user, { onRefused: refused, onChange: showUnsent });
const lead = createLead({
  queue: settings.queue,
  isPending: (id) => outbox.entries.some((entry) => entry.body.id === id),
  onClaimed: claimed,
  onError: failed,
  onLapsing: (is) => (find("lapsing").hidden = !is),
});
const keys = createKeys({ acts: settings.acts, own: settings.keys, run, release });
// There before the server can be away.
const menus = () => import("./review/menus.js").catch(failed);
let openHelp = null;

const practice = settings.practice && (await import("./review/practice.js")).createPractice({
  settings, lead,
  onTold({ is_faulty }) {
    if (is_faulty && stage.chosen < 0) lookAt(0);
    drawFilm();
    drawProgress();
  },
  onNext: () => show(lead.next(current)),
});

function show(item) {
  current = item;
  viewBeforeHold = null;
  brush?.close();
  room.dataset.state = item ? "looking" : lead.claiming ? "waiting" : find("lost").hidden ? "end" : "lost";
  if (!item) return showEnd();
  const nodes = lead.prepare(item);
  nodes.result.onerror = () => brokenPicture(item);
  stage.show(item, nodes);
  panel.show(item, nodes);
  for (const image of [nodes.result, nodes.original]) {
    if (image && !image.naturalWidth) image.onload = () => current === item && stage.chosen < 0 && panel.showLoupe(item, nodes, 0);
  }
  find("note").value = item.note ?? "";
  shownAt = performance.now();
  views = new Set();
  for (const button of room.querySelectorAll("button[data-view]")) button.hidden = !stage.may(button.dataset.view);
  find("brush").disabled = !mayPaint(item);
  find("trouble").hidden = true;
  drawProgress();
  // A note lies at its end; last, because it lays out the page.
  find("panel").scrollTop = 0;
  afterPaint(() => {
    if (current !== item) return;
    drawFilm();
    lead.prefetch(item);
    menus();
  });
}

function drawFilm() {
  const place = lead.items.indexOf(current);
  const cells = lead.items.slice(Math.max(0, place - 4), place + 12).map((item) => {
    const { verdict } = item;
    const score = Math.round(item.score * 100);
    return el("li", {},
      el("button", { type: "button", class: "cell", "data-verdict": verdict, "aria-current": item === current ? "true" : null, "aria-label": `${score}, ${item.product.sku}, ${verdict ? SAID[verdict] : t("score {score}", { score })}`, onclick: () => show(item) },
        thumbOf(item),
        verdict ? el("span", { class: "seal" }, icon(DONE_ICON[verdict])) : el("span", { class: "mini" }, String(score))));
  });
  find("film").replaceChildren(...cells);
}

// A new node would ask for its picture again.
function thumbOf(item) {
  if (!thumbs.has(item)) thumbs.set(item, el("img", { src: item.img.thumb ?? item.img.result, alt: "", loading: "lazy" }));
  return thumbs.get(item);
}

function drawProgress() {
  const open = lead.undecided();
  const done = practice ? lead.items.length - open.length : tally.approve + tally.reject + tally.rework;
  const all = done + open.length + lead.left;
  find("position").textContent = current ? t("{n} of {all}", { n: Math.min(done + (current.verdict ? 0 : 1) + Math.max(0, open.indexOf(current)), all), all }) : t("{n} done", { n: done });
  find("progress").setAttribute("width", all ? (100 * done) / all : 0);
  find("held").textContent = lead.held.map(({ by, count }) => t("{by} holds {count}", { by, count })).join(", ");
  find("undo").disabled = !history.length;
  drawLast();
}

const whatOf = ({ item, body }) => t("{said} {sku}", { said: SAID[body.verdict], sku: item.product.sku });

let ticking;
function drawLast() {
  const last = history.at(-1);
  const left = last && find("unsent").hidden ? Math.ceil((last.at - Date.now()) / 1000) : 0;
  find("last").textContent = !last ? "" : left > 0 ? t("{what}, takes effect in {n} s", { what: whatOf(last), n: left }) : whatOf(last);
  clearTimeout(ticking);
  if (left > 0) ticking = setTimeout(drawLast, 1000);
}

function showEnd() {
  stage.clear();
  drawFilm();
  drawProgress();
  if (room.dataset.state !== "end") return;
  import("./review/end.js").then((end) => current || end.showEnd({ tally, held: lead.held, queue: settings.queue, mayUndo: history.length > 0, practice }));
}

function claimed() {
  find("lost").hidden = true;
  if (!current) show(lead.next(null));
  else {
    drawFilm();
    drawProgress();
    lead.prefetch(current);
  }
}

const isSignedOut = (error) => [401, 403].includes(error?.status);

function failed(error) {
  find("lost").hidden = false;
  const signedOut = isSignedOut(error);
  find("lost-text").textContent = signedOut ? t("You are signed out. What you decided is kept and will be sent.") : t("The server does not answer. What you decided is kept and will be sent.");
  find("lost-sign-in").hidden = !signedOut;
  if (!current) room.dataset.state = "lost";
}

function brokenPicture(item) {
  if (current !== item) return;
  find("trouble").hidden = false;
  find("trouble-text").textContent = t("The picture did not load.");
  setTimeout(() => current === item && !find("trouble").hidden && skipToEnd(item), TROUBLE_MS);
}

function skipToEnd(item) {
  lead.forget(item.id);
  const following = lead.next(item);
  lead.toEnd(item);
  if (following) show(following);
}

function decide(verdict, { reason = "", recipe = "", painting } = {}) {
  const item = current;
  if (!item || item.verdict) return;
  if (practice) return practice.answer(item, verdict);
  const note = find("note").value.trim();
  if (reason === "OTHER" && !note) return askForNote();
  const body = { client_id: newId(), id: item.id, version: item.version, verdict, reason, recipe, note, ms: Math.round(performance.now() - shownAt), views: [...views], painting };
  const following = lead.next(item);
  if (verdict === "skip") lead.toEnd(item);
  else {
    item.verdict = verdict;
    tally[verdict] += 1;
    history.push({ item, body, at: Date.now() + settings.grace_ms });
    history.splice(0, Math.max(0, history.length - UNDO_DEEP));
  }
  outbox.add("decision", body);
  lead.trim();
  show(following ?? lead.next(null));
  announceDecision(SAID[verdict]);
  afterPaint(() => {
    lead.topUp()?.then(() => !current && show(lead.next(null)));
    countUse(1);
  });
}

function announceDecision(word) {
  const doubt = current?.doubts[0];
  announce(doubt ? t("{said}. Item {place}: {doubt} {value}.", { said: word, place: find("position").textContent, doubt: doubt.label, value: measured(doubt.value, doubt.unit) }) : word);
}

function undo() {
  const last = history.pop();
  if (!last) return announce(t("Nothing to undo."));
  tally[last.item.verdict] -= 1;
  delete last.item.verdict;
  // Whatever version the undo gives it.
  last.item.version = null;
  last.item.note = last.body.note;
  if (!lead.items.includes(last.item)) lead.items.push(last.item);
  outbox.add("undo", { client_id: last.body.client_id });
  show(last.item);
  announce(t("Undone: {what}.", { what: whatOf(last) }));
}

async function rejectFor() {
  const item = current;
  const reason = item && (await (await menus())?.chooseReason(item, settings.reasons));
  if (reason && current === item) decide("reject", { reason });
}

async function rework() {
  const item = current;
  if (!item?.recipes.length) return announce(t("There is no rework for this picture."));
  const recipe = await (await menus())?.chooseRework(item, { byHand: mayPaint(item) ? BY_HAND : null });
  if (!recipe || current !== item) return;
  if (recipe === BY_HAND) paint();
  else decide("rework", { recipe, reason: worstOf(item) });
}

const worstOf = (item) => item.doubts[0]?.code ?? "";
const mayPaint = (item) => item?.rendition.kind === "cutout" && Boolean(item.img.original);

async function paint() {
  const item = current;
  if (brush || !mayPaint(item)) return announce(t("Only a cut-out can be painted on."));
  const nodes = lead.prepare(item);
  const [{ openBrush } = {}] = await Promise.all([import("./review/brush.js"), nodes.result.decode(), nodes.original.decode()]).catch((error) => [failed(error)]);
  if (!openBrush || current !== item || brush) return;
  stage.setView("result");
  views.add("brush");
  brush = openBrush({
    stage: find("stage"), view: stage, item, nodes,
    onSave: (painting) => decide("rework", { recipe: BY_HAND, reason: worstOf(item), painting }),
    onClose: () => (brush = null),
  });
}

async function askForNote() {
  room.toggleAttribute("data-plain", false);
  (await import("./review/note.js").catch(failed))?.askForNote(() => decide("reject", { reason: "OTHER" }));
}

find("note").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  event.currentTarget.blur();
});

function refused(body, detail) {
  const place = history.findIndex((one) => one.body.client_id === body.client_id);
  if (place >= 0) {
    const [{ item }] = history.splice(place, 1);
    tally[item.verdict] -= 1;
    item.verdict = "other";
  }
  find("conflict").hidden = false;
  find("conflict-text").textContent = detail || t("This decision could not be taken.");
  announce(detail);
  setTimeout(() => (find("conflict").hidden = true), SAID_MS);
  drawFilm();
  drawProgress();
}

let unsentSince = null;
function showUnsent(unsent, error) {
  const sign = find("unsent");
  sign.textContent = t("{n} unsent", { n: unsent });
  if (isSignedOut(error)) failed(error);
  if (unsent) unsentSince ??= setTimeout(() => (sign.hidden = false), UNSENT_MS);
  else {
    clearTimeout(unsentSince);
    unsentSince = null;
    sign.hidden = true;
    if (!find("lost").hidden) lead.topUp() ?? (find("lost").hidden = true);
  }
}

function markView(name, { boost }) {
  if (name !== "result") views.add(name);
  for (const button of room.querySelectorAll("button[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
  find("cut").hidden = name !== "compare";
  find("view-note").textContent = boost ? "× 4" : "";
}

function toggleView(name) {
  const again = stage.view === name && name !== "matte";
  if (!stage.setView(again ? "result" : name)) announce(t("This picture has no such view."));
}

function release(act) {
  if (act !== "hold" || !viewBeforeHold) return;
  stage.setView(viewBeforeHold);
  viewBeforeHold = null;
}

function lookAt(place) {
  if (!current || !stage.zoomTo(place)) return;
  views.add("zoom");
  panel.showLoupe(current, lead.prepare(current), stage.chosen >= 0 ? stage.chosen : 0);
}

function look(step) {
  const item = lead.items[lead.items.indexOf(current) + step];
  if (item) show(item);
}

const DO = {
  approve: () => decide("approve"),
  reject: () => current && decide("reject", { reason: worstOf(current) || "OTHER" }),
  reason: rejectFor,
  rework,
  skip: () => decide("skip"),
  undo,
  hold() {
    const before = stage.view;
    if (stage.setView("original")) viewBeforeHold = before;
  },
  backdrop: () => stage.nextBackdrop(),
  automatic: () => stage.pinBackdrop(null),
  marks: () => stage.toggleMarks(),
  note: () => find("note").focus(),
  back: () => look(-1),
  forward: () => look(1),
  left: () => stage.step(1, 0) || look(-1),
  right: () => stage.step(-1, 0) || look(1),
  up: () => stage.step(0, 1),
  down: () => stage.step(0, -1),
  fit: () => stage.fit(),
  in: () => stage.zoomBy(1.5),
  out: () => stage.zoomBy(1 / 1.5),
  panels: () => room.toggleAttribute("data-plain"),
  brush: paint,
  async help() {
    openHelp ??= (await import("./review/help.js").catch(failed))?.createHelp({ keys, onChange: printKeys });
    openHelp?.();
  },
  theme: () => localStorage.setItem("review-theme", (room.dataset.theme = room.dataset.theme === "dark" ? "light" : "dark")),
  again: () => lead.topUp() ?? (current && show(current)),
  retry() {
    lead.forget(current.id);
    show(current);
  },
  async surround() {
    (await import("./review/surround.js").catch(failed))?.nextSurround(room);
  },
  cluster: () => location.assign(settings.cluster + encodeURIComponent(settings.queue || current?.queue || "")),
};
for (const name of ["result", "original", "compare", "heat", "matte", "diff", "previous"]) DO[name] = () => toggleView(name);
for (let n = 1; n <= 9; n += 1) DO[`doubt${n}`] = () => lookAt(n - 1);
function run(act) {
  return practice?.goesOn(act) || DO[act]?.();
}

function printKeys() {
  for (const hint of document.querySelectorAll("kbd[data-key-of]")) {
    const key = keys.keyFor(hint.dataset.keyOf);
    hint.textContent = printed(key);
    hint.hidden = !keys.isEnabled() || !key;
  }
}

function countUse(more) {
  const uses = Number(localStorage.getItem("review-uses")) + more;
  localStorage.setItem("review-uses", uses);
  room.toggleAttribute("data-practised", uses > HINTS_FADE_AFTER);
}

room.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], button[data-view], [data-backdrop-choice]");
  if (!button) return;
  const { act, view, backdropChoice } = button.dataset;
  if (backdropChoice) stage.pinBackdrop(backdropChoice);
  else if (view) toggleView(view);
  else run(act);
  // After a click the keys stay with the picture.
  if (event.detail && button.closest(".tools, .decide")) find("stage").focus({ preventScroll: true });
});
find("cut").addEventListener("input", (event) => stage.cut(event.target.value));
// A finger decides at once; a mouse enters before it does anything.
const follow = () => import("./review/pointer.js").then((pointer) => pointer.followPointers(find("stage"), { view: stage, onSwipe: run }), failed);
if (matchMedia("(pointer: coarse)").matches) await follow();
else find("stage").addEventListener("pointerenter", follow, { once: true });
document.body.dataset.keys = "own";
room.dataset.theme = localStorage.getItem("review-theme") ?? settings.theme;
countUse(0);
printKeys();
stage.cut(50);
// First, so that these pictures are not handed out again.
outbox.flush();
if (practice) show(lead.next(null));
else lead.topUp();
setInterval(() => !current && !document.hidden && lead.topUp(), 20_000);
