// What the batch will make and take, asked again when the photos or the recipe change.
import { post } from "../../core/api.js";
import { language, plural, t } from "../../core/words.js";

const money = new Intl.NumberFormat(language, { style: "currency", currency: "USD", maximumFractionDigits: 3 });

export function createEstimate({ url, place, form }) {
  let asked = "";
  let timer = null;

  return (photos) => {
    const named = form.querySelector("[name=recipe]:checked")?.dataset.name;
    const makers = [...form.querySelectorAll("#makers select")].filter((one) => one.value).map((one) => `,${one.name}=${one.value}`);
    const recipe = named && named + makers.join("");
    const question = JSON.stringify({ recipe, photos, category: form.category.value });
    if (question === asked) return;
    asked = question;
    clearTimeout(timer);
    if (!photos || !recipe) place.hidden = true;
    else timer = setTimeout(() => ask(question), 400);
  };

  async function ask(question) {
    const answer = await post(url, JSON.parse(question)).catch(() => null);
    if (question !== asked) return;
    place.hidden = !answer;
    if (answer) place.textContent = [plural(answer.pictures, "{n} picture", "{n} pictures"), duration(answer.seconds), answer.cost ? t("about {cost}", { cost: money.format(answer.cost) }) : t("no provider cost")].join(" · ");
  }
}

function duration(seconds) {
  if (seconds < 90) return t("about {n} s", { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return t("about {n} min", { n: Math.round(seconds / 60) });
  return t("about {n} h", { n: Math.round(seconds / 360) / 10 });
}
