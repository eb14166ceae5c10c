// Left and right arrows show the pictures of a product one after the other, brackets the products before and after it.
import { isTyping } from "../core/page.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
// Raw photos open by themselves; only what was made is stepped through.
const pictures = [...document.querySelectorAll(".strip a[href^='?show=']")];
const shown = pictures.findIndex((one) => one.getAttribute("aria-current"));
bringIntoStrip(pictures[shown]);

// Sideways alone: the page stays where it is.
function bringIntoStrip(link) {
  const strip = link?.closest(".strip");
  if (!strip) return;
  const [at, around] = [link.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += at.left + at.width / 2 - around.left - around.width / 2;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || event.target.closest("[tabindex='0'], summary")) return;
  const link = event.key in STEPS ? pictures[shown + STEPS[event.key]] : document.querySelector(`[data-step="${CSS.escape(event.key)}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
