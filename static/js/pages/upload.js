// New batch: files are announced, sent and judged one by one while the rest of the page is filled in.
import { announce as say } from "../core/page.js";
import { get, post } from "../core/api.js";
import { language, plural, t } from "../core/words.js";
import { fromDrop, fromInput } from "./upload/collect.js";
import { createEstimate } from "./upload/estimate.js";
import { claim } from "./upload/handoff.js";
import { draw, sizeOf } from "./upload/rows.js";
import { createSender } from "./upload/sender.js";

const CHUNK = 1000;
const LINKS_EVERY_MS = 1500;
const [MANY, DRAW_EVERY_MS, DRAW_MANY_EVERY_MS] = [100, 16, 250];
const data = JSON.parse(document.getElementById("page-data").textContent);
const byId = (id) => document.getElementById(id);
const [form, list, zone] = [byId("new-batch"), byId("rows"), byId("drop")];
const rows = new Map();
const byPath = new Intl.Collator(undefined, { numeric: true });
let intake = data.intake;
let announcing = 0;
let startWanted = false;
let leaving = false;

document.documentElement.classList.add("js");
byId("pick-files").removeAttribute("name");
list.replaceChildren();

const estimate = createEstimate({ url: data.estimates, place: byId("estimate"), form });
const base = () => `${data.announce}${intake}/`;
const sender = createSender({
  urlOf: (row) => `${base()}items/${row.id}/`,
  onChange: () => redraw(),
  onAnswer: (answer) => merge(answer.items),
});

// ---------------------------------------------------------------- what is known
function merge(items, files = new Map()) {
  for (const item of items) {
    const row = rows.get(item.id) ?? {};
    rows.set(item.id, Object.assign(row, item, isSending(row) ? { state: "waiting" } : {}));
    row.file = files.get(item.path) ?? row.file;
    if (row.state === "waiting" && row.file && !row.sending && !row.link && row.code !== "columns") sender.add(row);
  }
  redraw();
  followLinks();
}

async function take(found) {
  if (!found.length) return;
  suggestName(found[0].path);
  found.sort((one, other) => byPath.compare(one.path, other.path));
  announcing += 1;
  redraw();
  try {
    for (let at = 0; at < found.length; at += CHUNK) await announceFiles(found.slice(at, at + CHUNK));
  } catch (error) {
    note(error.message, true);
  }
  announcing -= 1;
  redraw();
}

async function announceFiles(found) {
  const files = found.map(({ path, file }) => ({ path, size: file.size, mtime: file.lastModified }));
  const answer = await post(data.announce, { intake, pattern: form.pattern.value, name: form.elements.name.value, category: form.category.value, files });
  intake = answer.intake;
  form.elements.intake.value = intake;
  history.replaceState(null, "", `?intake=${intake}`);
  merge(answer.items, new Map(found.map(({ path, file }) => [path.normalize("NFC"), file])));
}

function suggestName(path) {
  const field = form.elements.name;
  if (!field.value && path.includes("/")) field.value = path.split("/")[0];
}

let linksTimer = null;
function followLinks() {
  if (linksTimer || ![...rows.values()].some((row) => row.link && row.state === "waiting")) return;
  linksTimer = setTimeout(async () => {
    linksTimer = null;
    const answer = await get(`${base()}?links`).catch(() => null);
    if (answer) merge(answer.items);
    else followLinks();
  }, LINKS_EVERY_MS);
}

// ---------------------------------------------------------------- what is shown
// Not with every part of a file that has gone: hundreds of rows would keep the page busy with nothing but counting. A timer, because
// frames stand still in a hidden tab, where what was started must start all the same.
let drawing = 0;
function redraw() {
  drawing ||= setTimeout(() => {
    drawing = 0;
    const all = [...rows.values()];
    draw(list, all, { more: byId("more"), onColumns: nameColumns });
    summarise(all);
  }, rows.size > MANY ? DRAW_MANY_EVERY_MS : DRAW_EVERY_MS);
}

const photosOf = (n) => plural(n, "{n} photo", "{n} photos");
const isUsable = (row) => row.state === "accepted" || row.state === "duplicate";
const isSending = (row) => row.sending === "sending" || row.sending === "queued";
const KINDS = {
  usable: isUsable,
  known: (row) => row.state === "duplicate",
  refused: (row) => row.state === "rejected",
  failed: (row) => row.sending === "failed",
  sending: isSending,
  fetching: (row) => row.link && row.state === "waiting",
  missing: (row) => row.state === "waiting" && !row.sending && !row.link && row.code !== "columns",
};
const tally = (all) => Object.fromEntries(Object.entries(KINDS).map(([name, fits]) => [name, all.reduce((sum, row) => sum + (fits(row) ? 1 : 0), 0)]));

function summarise(all) {
  const count = tally(all);
  byId("files").hidden = !all.length;
  zone.classList.toggle("tall", !all.length);
  const skus = new Set(all.filter(isUsable).map((row) => row.sku));
  byId("files-title").textContent = count.usable ? t("{photos} of {products}", { photos: photosOf(count.usable), products: plural(skus.size, "{n} product", "{n} products") }) : t("No usable photos yet");
  const parts = [
    count.sending && !navigator.onLine && t("No connection: sending goes on by itself"),
    count.known && t("{n} known already", { n: count.known }),
    count.refused && t("{n} left out", { n: count.refused }),
    count.failed && t("{n} not sent", { n: count.failed }),
    count.sending && t("{n} on the way", { n: count.sending }),
    count.fetching && t("{n} being fetched", { n: count.fetching }),
    count.missing && t("{n} missing: drop them again, only those are sent", { n: count.missing }),
  ];
  byId("files-sum").textContent = parts.filter(Boolean).join(" · ") || sizeOf(all.reduce((sum, row) => sum + row.bytes, 0));
  offer(byId("retry"), count.failed, t("Retry {n} failed", { n: count.failed }));
  offer(byId("skip"), count.refused, t("Skip {n} unusable", { n: count.refused }));
  offer(byId("cancel"), count.sending > 1, t("Cancel {n} not sent yet", { n: count.sending }));
  showProgress(all, count);
  showStart(count);
}

function offer(button, count, words) {
  button.hidden = !count;
  button.querySelector("span").textContent = words;
}

function showProgress(all, count) {
  const bar = byId("total");
  const sent = all.filter((row) => row.file);
  bar.hidden = !count.sending;
  bar.max = sent.reduce((sum, row) => sum + row.file.size, 0) || 1;
  bar.value = sent.reduce((sum, row) => sum + row.file.size * (row.sending ? row.progress || 0 : 1), 0);
}

function showStart(count) {
  const busy = count.sending + announcing;
  const coming = count.usable + count.fetching;
  const button = byId("start");
  if (leaving) return;
  button.disabled = !coming && !busy;
  button.querySelector("span").textContent = startWanted && busy ? t("Starts when all are here") : coming ? plural(coming, "Start {n} photo", "Start {n} photos") : t("Start");
  estimate(coming);
  if (startWanted && !busy) {
    startWanted = false;
    if (coming) send();
  }
}

function note(text, isBad = false) {
  const place = byId("start-note");
  place.textContent = text;
  place.classList.toggle("error", isBad);
  if (isBad) say(text);
}

// ---------------------------------------------------------------- what people do
function send() {
  leaving = true;
  byId("start").disabled = true;
  byId("start").querySelector("span").textContent = t("Starting …");
  byId("pick-folder").value = byId("pick-files").value = "";
  const act = Object.assign(document.createElement("input"), { type: "hidden", name: "act", value: "start" });
  form.append(act);
  HTMLFormElement.prototype.submit.call(form);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  delete form.dataset.sent;
  startWanted = true;
  redraw();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("start").disabled) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function takeFrom(input) {
  take(fromInput(input));
  input.value = "";
}

for (const id of ["pick-files", "pick-folder"]) {
  byId(id).addEventListener("change", (event) => takeFrom(event.target));
}

// The whole page takes drops, so that nobody has to aim.
let depth = 0;
addEventListener("dragenter", (event) => {
  if (event.dataTransfer?.types.includes("Files")) zone.classList.toggle("over", (depth += 1) > 0);
});
addEventListener("dragleave", () => zone.classList.toggle("over", (depth = Math.max(0, depth - 1)) > 0));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  depth = 0;
  take(await fromDrop(event.dataTransfer));
});

byId("retry").addEventListener("click", () => {
  for (const row of rows.values()) if (row.sending === "failed") sender.add(row);
  redraw();
});
byId("skip").addEventListener("click", () => leaveOut({ refused: true }));
byId("cancel").addEventListener("click", () => leaveOut({ items: [...rows.values()].filter(isSending).map((row) => row.id) }));
list.addEventListener("click", (event) => {
  const button = event.target.closest(".leave");
  if (button) leaveOut({ items: [Number(button.closest(".file-row").dataset.id)] });
});

async function leaveOut(which) {
  const dropped = (which.items ?? []).map((id) => rows.get(id));
  const cut = dropped.filter(isSending);
  sender.drop(dropped);
  try {
    const answer = await post(`${base()}leave-out`, which);
    for (const id of answer.removed) rows.delete(id);
    say(plural(answer.removed.length, "{n} file left out.", "{n} files left out."));
  } catch (error) {
    for (const row of cut) Object.assign(row, { sending: "failed", reason: t("Cancelled, but still listed here.") });
    note(error.message, true);
  }
  redraw();
}

async function nameColumns(row, columns) {
  try {
    merge((await post(`${base()}items/${row.id}/columns`, { columns })).items);
  } catch (error) {
    note(error.message, true);
  }
}

let patternTimer = null;
form.pattern.addEventListener("input", () => {
  clearTimeout(patternTimer);
  patternTimer = setTimeout(changePattern, 300);
});

async function changePattern() {
  const asked = form.pattern.value;
  if (!intake) return;
  try {
    const answer = await post(`${base()}pattern`, { pattern: asked });
    if (form.pattern.value !== asked) return;
    showPatternError(answer.problem ?? "");
    merge(answer.items);
  } catch (error) {
    note(error.message, true);
  }
}

function showPatternError(text) {
  byId("pattern-error").textContent = text;
  form.pattern.toggleAttribute("aria-invalid", Boolean(text));
  if (text) form.pattern.setAttribute("aria-invalid", "true");
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "recipe" && !event.target.closest("#makers")) return;
  showPlace();
  redraw();
});

// Whether photos leave the machine, by the recipe and by who was chosen for its parts.
function showPlace() {
  const recipe = form.querySelector("[name=recipe]:checked");
  const told = (recipe?.dataset.hosts ?? "").split(" ").filter(Boolean).map((pair) => pair.split("="));
  const kept = told.filter(([slot]) => !form.elements[slot].value).map(([, name]) => name);
  const chosen = [...form.querySelectorAll("#makers option:checked[data-host]")].map((one) => one.dataset.host);
  const all = [...new Set([...kept, ...chosen])];
  byId("place").querySelector("span").textContent = all.length ? t("Uses {names}", { names: new Intl.ListFormat(language).format(all) }) : t("Stays on this machine");
  byId("place").classList.toggle("leaves", all.length > 0);
}
showPlace();

// Back from the batch: as the server has it, not as it stood when it was left.
addEventListener("pageshow", (event) => event.persisted && location.reload());
addEventListener("beforeunload", (event) => {
  if (!leaving && tally([...rows.values()]).sending) event.preventDefault();
});

if (intake) get(base()).then((answer) => merge(answer.items)).catch((error) => note(error.message, true));
else redraw();
// What was chosen before this script was there.
for (const id of ["pick-files", "pick-folder"]) takeFrom(byId(id));
claim().then(take);
