// The reason menu, the rework menu and the list of keys. Digits choose, Enter takes the suggestion, Escape closes.
import { post } from "../../core/api.js";
import { nameOf, printed } from "../../core/keys.js";
import { el, find } from "./dom.js";

const HUMAN_REASONS = [
  ["WRONG_PRODUCT", "Wrong product"],
  ["RESHOOT", "Needs a new photo"],
  ["DAMAGED", "Product is damaged"],
  ["OTHER", "Something else: say what in the note"],
];
// The picture is right, somebody wants it otherwise: counted apart from faults.
const WISHES = [
  ["NOT_TO_BRIEF", "Not what was asked for"],
  ["WISH_BACKGROUND", "Another background"],
  ["WISH_CROP", "Another crop or position"],
  ["WISH_LOOK", "Another look"],
];
const AS_HAND_FROM = 3;
const LABELS = {
  approve: "Approve, next", reject: "Reject for the first doubt, next", reason: "Reject, choose the reason", rework: "Rework menu", skip: "Skip to the end",
  undo: "Undo", original: "Original", compare: "Compare", heat: "Heat map", matte: "Matte (again: stronger)", diff: "Difference", previous: "Previous attempt",
  backdrop: "Next backdrop", automatic: "Automatic backdrop", marks: "Marks on or off", note: "Note", back: "Look back", forward: "Look ahead", fit: "Whole picture",
  in: "Zoom in", out: "Zoom out", panels: "Hide the panels", brush: "Fix the matte by hand", cluster: "Side by side", help: "Keys",
};

// Shows choices [{id, label, detail}] and resolves with the chosen id, or null. The first key of `again` takes the suggestion too.
function choose(dialog, { title, choices, suggested, again }) {
  const list = dialog.querySelector("ol");
  dialog.querySelector("h2").textContent = title;
  list.replaceChildren(...choices.map((choice, place) =>
    el("li", {},
      el("button", { type: "button", class: "choice", value: choice.id, onclick: () => dialog.close(choice.id) },
        place < 9 ? el("kbd", {}, String(place + 1)) : el("span", { class: "no-key" }),
        el("span", { class: "grow" }, choice.label),
        choice.id === suggested ? el("span", { class: "tag" }, "suggested ", el("kbd", {}, "Enter")) : null,
        choice.detail ? el("span", { class: "faint" }, choice.detail) : null))));
  dialog.returnValue = "";
  dialog.showModal();
  (list.querySelector(`[value="${CSS.escape(suggested ?? "")}"]`) ?? list.querySelector("button"))?.focus();
  return new Promise((resolve) => {
    const onKey = (event) => {
      const key = nameOf(event);
      if (event.repeat) return;
      const picked = /^[1-9]$/.test(key) ? choices[key - 1]?.id : key === again ? suggested : undefined;
      if (picked) {
        event.preventDefault();
        dialog.close(picked);
      } else if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        const buttons = [...list.querySelectorAll("button")];
        const step = key === "ArrowDown" ? 1 : buttons.length - 1;
        buttons[(buttons.indexOf(document.activeElement) + step) % buttons.length].focus();
      }
    };
    dialog.addEventListener("keydown", onKey);
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("keydown", onKey);
      resolve(dialog.returnValue || null);
    }, { once: true });
  });
}

export function chooseReason(item) {
  const own = item.doubts.map((doubt) => ({ id: doubt.code, label: doubt.label }));
  const human = HUMAN_REASONS.map(([id, label]) => ({ id, label }));
  const wishes = WISHES.map(([id, label]) => ({ id, label, detail: "a wish, no fault" }));
  return choose(find("menu"), { title: "Reject because of", choices: [...own, ...human, ...wishes], suggested: item.doubts[0]?.code, again: "Shift+x" });
}

export function chooseRework(item, { byHand }) {
  const choices = item.recipes.map((one) => ({ id: one.id, label: one.label, detail: costOf(one) }));
  if (byHand) choices.push({ id: "by-hand", label: "Fix the matte by hand", detail: el("kbd", {}, "E") });
  // What three attempts have not mended, a fourth of the same kind will not.
  const suggested = byHand && item.attempt >= AS_HAND_FROM ? "by-hand" : item.suggested?.recipe;
  return choose(find("menu"), { title: "Make it again", choices, suggested: suggested ?? choices[0]?.id, again: "r" });
}

export function askForNote() {
  const note = find("note");
  const before = note.placeholder;
  note.focus();
  note.placeholder = "What is wrong? Enter sends the rejection.";
  note.addEventListener("blur", () => (note.placeholder = before), { once: true });
}

function costOf(rework) {
  const parts = [];
  if (rework.est_seconds) parts.push(`about ${Math.max(1, Math.round(rework.est_seconds))} s`);
  if (rework.est_cost) parts.push(`$${rework.est_cost.toFixed(rework.est_cost < 0.1 ? 3 : 2)}`);
  if (rework.needs_network) parts.push("leaves this machine");
  return parts.join(" · ");
}

export function createHelp({ keys, onChange }) {
  const dialog = find("help");
  const table = dialog.querySelector("tbody");
  const enabled = dialog.querySelector("[name=enabled]");

  function fillTable() {
    enabled.checked = keys.enabled;
    table.replaceChildren(...Object.entries(LABELS).map(([act, label]) =>
      el("tr", {},
        el("td", {}, label),
        el("td", { class: "end" }, el("button", { type: "button", class: "button quiet", "aria-label": `Key for ${label}: ${printed(keys.keyFor(act))}. Press to change.`, onclick: (event) => capture(act, event.currentTarget) }, el("kbd", {}, printed(keys.keyFor(act))))))));
  }

  function capture(act, button) {
    button.textContent = "press a key";
    button.addEventListener("keydown", (event) => {
      if (event.key === "Tab" || event.key === "Shift") return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== "Escape") {
        keys.bind(act, nameOf(event));
        save();
      }
      fillTable();
    }, { once: true });
  }

  function save() {
    post("/review/keys", keys.changes).catch(() => {});
    onChange();
  }

  enabled.addEventListener("change", () => {
    keys.enabled = enabled.checked;
    save();
  });
  dialog.querySelector("[data-act=reset]").addEventListener("click", () => {
    keys.reset();
    save();
    fillTable();
  });
  return () => {
    fillTable();
    dialog.showModal();
  };
}
