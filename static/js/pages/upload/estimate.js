// What the batch will make and take, asked again when the photos or the recipe change.
import { post } from "../../core/api.js";

const money = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 3 });

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
    if (answer) place.textContent = `${answer.pictures} pictures · ${duration(answer.seconds)} · ${answer.cost ? `about ${money.format(answer.cost)}` : "no provider cost"}`;
  }
}

function duration(seconds) {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}
