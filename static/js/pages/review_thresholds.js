// While a limit is typed or its line is dragged: the line follows, and the server says what it would have done.
import { csrfToken } from "../core/api.js";
import { t } from "../core/words.js";

const form = document.getElementById("limits");
const sentence = document.getElementById("sentence");
const WAIT_MS = 250;
let timer = null;
let asked = 0;

async function measure() {
  const mine = ++asked;
  const body = new FormData(form);
  body.set("act", "measure");
  try {
    const response = await fetch(location.pathname, { method: "POST", body, headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } });
    const answer = await response.json();
    if (mine === asked) sentence.textContent = answer.sentence;
  } catch {
    sentence.textContent = t("The server does not answer. Preview tries again.");
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(measure, WAIT_MS);
}

function moveLine(card, value) {
  const { low, high } = card.dataset;
  const x = 400 * Math.min(1, Math.max(0, (value - low) / (high - low)));
  for (const side of ["x1", "x2"]) card.querySelector(".at").setAttribute(side, x);
}

form.addEventListener("input", (event) => {
  const field = event.target;
  if (field.name === "note") return;
  const card = field.closest(".limit");
  const value = Number(field.value.replace(",", "."));
  if (card && field.value && Number.isFinite(value)) moveLine(card, value);
  field.classList.toggle("changed", field.value !== field.defaultValue);
  later();
});

for (const drawing of form.querySelectorAll(".histogram")) {
  const card = drawing.closest(".limit");
  const field = card.querySelector("input");
  const follow = (event) => {
    const box = drawing.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const value = Number(card.dataset.low) + share * (card.dataset.high - card.dataset.low);
    field.value = Number(value.toPrecision(3));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  drawing.addEventListener("pointerdown", (event) => {
    drawing.setPointerCapture(event.pointerId);
    follow(event);
    drawing.addEventListener("pointermove", follow);
  });
  drawing.addEventListener("pointerup", () => drawing.removeEventListener("pointermove", follow));
}
