// What would leave is shown anew when a field changes; the progress of what is leaving moves until it is over.
import { announce } from "../core/page.js";
import { follow } from "../core/live.js";
import { t } from "../core/words.js";

const PAUSE_MS = 300;

function watchForm(form) {
  const shown = document.getElementById("preview");
  let timer = null;
  let asked = null;
  form.querySelector("[data-manual]").hidden = true;

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, signal: asked.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      shown.innerHTML = await answer.text();
    } catch (error) {
      // The button that asks the server without script comes back when asking by script does not work.
      if (error.name !== "AbortError") form.querySelector("[data-manual]").hidden = false;
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
}

function watchExport(section) {
  const bar = section.querySelector("progress");
  const words = section.querySelector("[data-words]");
  follow(section.dataset.progress, {
    since: Number(section.dataset.done),
    onChange(answer) {
      bar.max = answer.total || 1;
      bar.value = answer.done;
      words.textContent = t(section.dataset.counted || "{done} of {total} products.", { done: answer.done, total: answer.total });
      if (!answer.over) return true;
      announce(section.dataset.finished || t("The export is finished."));
      location.reload();
      return false;
    },
  });
}

const form = document.getElementById("export-form");
if (form) watchForm(form);
const section = document.querySelector("[data-progress]");
if (section) watchExport(section);
