// Draws the list of files: at most 200 rows, those with a problem first, each element kept as long as its row is shown.
import { language, plural, t } from "../../core/words.js";

const MOST_ROWS = 200;
const template = document.getElementById("row-template");
const icons = document.getElementById("icons");
const megabytes = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const kilobytes = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const elements = new Map();

export const sizeOf = (bytes) => (bytes >= 1e6 ? `${megabytes.format(bytes / 1e6)} MB` : bytes ? `${kilobytes.format(Math.max(1, bytes / 1e3))} kB` : "");

export const isProblem = (row) => row.state === "rejected" || row.sending === "failed" || row.code === "columns";

export function draw(list, rows, { more, onColumns }) {
  const shown = [...rows.filter(isProblem), ...rows.filter((row) => !isProblem(row))].slice(0, MOST_ROWS);
  const keep = new Set(shown.map((row) => row.id));
  for (const [id, element] of elements) {
    if (!keep.has(id)) {
      element.remove();
      elements.delete(id);
    }
  }
  shown.forEach((row, place) => {
    const element = elements.get(row.id) || make(row);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] || null);
    fill(element, row, onColumns);
  });
  more.hidden = rows.length <= shown.length;
  more.textContent = plural(rows.length - shown.length, "and {n} more that needs nothing", "and {n} more that need nothing");
}

function make(row) {
  const element = template.content.firstElementChild.cloneNode(true);
  element.dataset.id = row.id;
  const kind = /\.zip$/i.test(row.path) ? "file-archive" : /\.(csv|tsv|json|xlsx)$/i.test(row.path) ? "file-text" : "";
  if (kind) element.querySelector(".picture").replaceChildren(icon(kind));
  elements.set(row.id, element);
  return element;
}

function fill(element, row, onColumns) {
  const status = statusOf(row);
  const drawn = JSON.stringify([row.path, row.state, row.sku, row.view, row.reason, row.note, row.thumb, row.bytes, row.code, status]);
  if (element.dataset.drawn === drawn) return;
  element.dataset.drawn = drawn;
  element.className = `file-row ${row.sending === "failed" ? "failed" : row.state}`;
  const put = (selector, text) => (element.querySelector(selector).textContent = text || "");
  put(".name", row.path);
  element.querySelector(".name").title = row.path;
  put(".why", row.state === "waiting" && row.sending !== "failed" && !row.code ? row.note : row.reason || row.note);
  put(".sku", row.sku);
  put(".view", row.sku ? t("view {n}", { n: row.view }) : "");
  put(".px", row.width ? `${row.width} × ${row.height}` : "");
  put(".size", sizeOf(row.bytes));
  element.querySelector(".leave").setAttribute("aria-label", t("Leave out {name}", { name: row.path }));
  const mark = element.querySelector(".status");
  mark.className = `status ${status.tone}`;
  mark.replaceChildren(icon(status.icon), status.word);
  if (row.thumb && !element.querySelector("img")) {
    const image = Object.assign(new Image(48, 48), { src: row.thumb, alt: "", className: "thumb", loading: "lazy" });
    element.querySelector(".picture").replaceChildren(image);
  }
  element.querySelector(".columns")?.remove();
  if (row.code === "columns") element.append(columnsOf(row, onColumns));
}

function statusOf(row) {
  if (row.sending === "failed") return { tone: "bad", icon: "triangle-alert", word: t("Not sent") };
  if (row.sending === "sending") return { tone: "live", icon: "upload", word: row.progress < 1 ? t("{n} %", { n: Math.floor(row.progress * 100) }) : t("Checking") };
  if (row.sending === "queued") return { tone: "", icon: "clock", word: t("In line") };
  if (row.code === "columns") return { tone: "warn", icon: "circle-help", word: t("Which column?") };
  if (row.code === "named") return { tone: "warn", icon: "hourglass", word: t("File missing") };
  if (row.state === "waiting") return row.link ? { tone: "live", icon: "link", word: t("Fetching") } : { tone: "warn", icon: "hourglass", word: t("Not sent yet") };
  if (row.state === "duplicate") return { tone: "ok", icon: "copy", word: t("Known already") };
  if (row.state === "rejected") return { tone: "bad", icon: "circle-x", word: t("Left out") };
  if (row.state === "opened") return { tone: "ok", icon: "file-archive", word: t("Opened") };
  return row.note ? { tone: "warn", icon: "circle-check", word: t("Ready, see note") } : { tone: "ok", icon: "circle-check", word: t("Ready") };
}

const icon = (name) => icons.content.querySelector(`[data-icon="${name}"] svg`)?.cloneNode(true) ?? "";

const MEANINGS = { sku: t("Product code"), image: t("Photo"), name: t("Name"), category: t("Category") };

function columnsOf(row, onColumns) {
  const box = Object.assign(document.createElement("div"), { className: "columns" });
  for (const [meaning, word] of Object.entries(MEANINGS)) {
    const field = Object.assign(document.createElement("label"), { className: "field small" });
    const select = document.createElement("select");
    select.dataset.meaning = meaning;
    select.append(new Option(t("none"), ""), ...row.header.map((title) => new Option(title || t("(no title)"), title)));
    select.value = row.suggested?.[meaning] ?? "";
    field.append(word, select);
    box.append(field);
  }
  const use = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: t("Use these columns") });
  use.addEventListener("click", () => {
    const chosen = [...box.querySelectorAll("select")].filter((select) => select.value);
    onColumns(row, Object.fromEntries(chosen.map((select) => [select.dataset.meaning, select.value])));
  });
  box.append(use);
  return box;
}
