// Practice: the same room with pictures whose answer is known. Nothing is claimed or sent but the answer, and what was right is told
// before the next picture comes.
import { announce } from "../../core/page.js";
import { post } from "../../core/api.js";
import { printed } from "../../core/keys.js";
import { t } from "../../core/words.js";
import { el, find, icon } from "./dom.js";

// After the answer was told, the keys that decide go on to the next picture.
const NEXT = ["approve", "reject", "skip", "forward", "right", "next"];

export function createPractice({ settings, lead, onTold, onNext }) {
  lead.items.push(...settings.practice);
  lead.topUp = () => null;
  const said = new Map();
  let told = null;

  async function answer(item, verdict) {
    if (told || verdict === "skip") return;
    try {
      told = await post(settings.answers, { item: item.practice, verdict });
    } catch (error) {
      announce(error.message);
      return;
    }
    said.set(item.id, told.is_right);
    item.verdict = verdict;
    const title = told.is_right ? t("Right.") : told.is_faulty ? t("This one had a fault.") : t("This one was fine.");
    find("told").replaceChildren(icon(told.is_right ? "circle-check" : "circle-alert"), el("span", {}, el("b", {}, title), ` ${told.say}`),
      el("button", { type: "button", class: "button primary", onclick: next }, t("Next"), " ", el("kbd", {}, printed("Enter"))));
    find("told").className = `notice floating told ${told.is_right ? "ok" : "warn"}`;
    find("told").hidden = false;
    announce(`${title} ${told.say}`);
    onTold(told);
  }

  function next() {
    told = null;
    find("told").hidden = true;
    onNext();
  }

  return {
    answer,
    goesOn(act) {
      const goes = told !== null && NEXT.includes(act);
      if (goes) next();
      return goes;
    },
    sum() {
      const right = [...said.values()].filter(Boolean).length;
      return t("{right} of {all} right.", { right, all: said.size });
    },
  };
}
