import { nameOf, printed } from "../../core/keys.js";
import { language, t } from "../../core/words.js";
import { el, find } from "./dom.js";

const AS_HAND_FROM = 3;

// Resolves with the id of what was chosen among [{id, label, detail}], or null. The key `again` takes the suggestion too.
function choose({ title, choices, suggested, again }) {
  const dialog = find("menu");
  dialog.querySelector("h2").textContent = title;
  const buttons = choices.map(({ id, label, detail }, place) =>
    el("button", { type: "button", class: "choice", value: id, onclick: () => dialog.close(id) },
      place < 9 ? el("kbd", {}, String(place + 1)) : el("span", { class: "no-key" }),
      el("span", { class: "grow" }, label),
      id === suggested && el("span", { class: "tag" }, t("suggested"), " ", el("kbd", {}, printed("Enter"))),
      detail ? el("span", { class: "faint" }, detail) : null));
  dialog.querySelector("ol").replaceChildren(...buttons.map((button) => el("li", {}, button)));
  dialog.returnValue = "";
  dialog.showModal();
  (buttons.find((button) => button.value === suggested) ?? buttons[0])?.focus();
  return new Promise((resolve) => {
    dialog.onkeydown = (event) => {
      const key = nameOf(event);
      if (event.repeat) return;
      const picked = /^[1-9]$/.test(key) ? choices[key - 1]?.id : key === again ? suggested : undefined;
      const step = { ArrowDown: 1, ArrowUp: buttons.length - 1 }[key];
      if (picked) dialog.close(picked);
      else if (step) buttons[(buttons.indexOf(document.activeElement) + step) % buttons.length].focus();
      else return;
      event.preventDefault();
    };
    dialog.onclose = () => resolve(dialog.returnValue || null);
  });
}

export const chooseReason = (item, reasons) =>
  choose({ title: t("Reject because of"), choices: [...item.doubts.map(({ code, label }) => ({ id: code, label })), ...reasons], suggested: item.doubts[0]?.code, again: "Shift+x" });

export function chooseRework(item, { byHand }) {
  const choices = item.recipes.map((one) => ({ id: one.id, label: one.label, detail: costOf(one) }));
  if (byHand) choices.push({ id: byHand, label: t("Fix the matte by hand"), detail: el("kbd", {}, "E") });
  // What three attempts have not mended, a fourth will not.
  const suggested = byHand && item.attempt >= AS_HAND_FROM ? byHand : item.suggested?.recipe;
  return choose({ title: t("Make it again"), choices, suggested: suggested ?? choices[0]?.id, again: "r" });
}

const costOf = ({ est_seconds: seconds, est_cost: cost, needs_network: leaves }) =>
  [seconds && t("about {n} s", { n: Math.max(1, Math.round(seconds)) }), cost && new Intl.NumberFormat(language, { style: "currency", currency: "USD", maximumFractionDigits: cost < 0.1 ? 3 : 2 }).format(cost), leaves && t("leaves this machine")].filter(Boolean).join(" · ");
