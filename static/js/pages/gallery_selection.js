// What is selected in the gallery: boxes that are ticked, ranges from the last one, all that is loaded, all there is.
import { announce } from "../core/page.js";
import { plural, t } from "../core/words.js";

// More would be too small to be judged.
const [FEWEST, MOST] = [2, 4];

export function createSelection(list, bar) {
  const boxes = [...list.querySelectorAll(".pick")];
  const total = Number(bar.dataset.total);
  const everything = bar.querySelector("[name=all]");
  const selectAll = bar.querySelector("[data-all]");
  const comparing = bar.querySelector("[data-compare]");
  let anchor = 0;

  function draw() {
    const ticked = boxes.filter((box) => box.checked).length;
    const count = everything.disabled ? ticked : total;
    const said = plural(count, "{n} product selected", "{n} products selected");
    bar.hidden = !count;
    list.classList.toggle("selecting", count > 0);
    comparing.disabled = count < FEWEST || count > MOST;
    bar.querySelector("[data-count]").textContent = said;
    selectAll.hidden = ticked < boxes.length || total <= boxes.length || !everything.disabled;
    announce(said);
  }

  function tick(from, to, is) {
    everything.disabled = true;
    for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) boxes[place].checked = is;
    draw();
  }

  // The last one picked alone is where a range begins.
  function pick(place, { range = false, is = !boxes[place].checked } = {}) {
    tick(range ? anchor : place, place, is);
    if (!range) anchor = place;
  }
  const clear = () => tick(0, boxes.length - 1, false);

  list.addEventListener("click", (event) => {
    const place = boxes.indexOf(event.target);
    if (place >= 0) pick(place, { range: event.shiftKey, is: event.target.checked });
  });
  function compare() {
    if (comparing.disabled) return announce(t("Select two to four products to compare them."));
    const ids = boxes.filter((box) => box.checked).map((box) => `variant=${box.value}`);
    location.assign(`${comparing.dataset.compare}?${ids.join("&")}`);
  }
  comparing.addEventListener("click", compare);

  function tag() {
    const asking = bar.querySelector("#tagging");
    if (bar.hidden || !asking) return;
    asking.showPopover();
    asking.querySelector("input").focus();
  }
  selectAll.addEventListener("click", () => {
    everything.disabled = false;
    draw();
    list.querySelector('.tile[tabindex="0"], .tile').focus();
  });
  bar.querySelector("[data-clear]").addEventListener("click", () => {
    clear();
    list.querySelector('.tile[tabindex="0"], .tile').focus();
  });
  // Going back, a browser may have kept the boxes.
  draw();

  return {
    clear,
    compare,
    tag,
    toggle: (place) => pick(place),
    reach: (place) => pick(place, { range: true, is: true }),
    all: () => tick(0, boxes.length - 1, true),
  };
}
