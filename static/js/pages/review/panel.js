import { plural, t } from "../../core/words.js";
import { el, find, measured, svg } from "./dom.js";

const FOLD_PASSED_FROM = 7;
const CROP_PX = 320;
// Rulers show these on the whole picture.
const NO_LOUPE = ["SIZE", "FILL", "CENTRE", "MARGIN"];
// Sharpness and noise are seen pixel by pixel, and everywhere.
const AS_IT_IS = ["BLUR", "COMPRESSION", "EXPOSURE"];

export function createPanel({ meanings, onDoubt }) {
  let looked = null;
  const roomy = matchMedia("(min-height: 860px) and (min-width: 861px)");

  function show(item, nodes) {
    find("sku").textContent = item.product.sku;
    const role = item.rendition.style || item.rendition.role;
    const name = item.product.name.toLowerCase() === item.product.sku.toLowerCase() ? "" : item.product.name;
    find("what").textContent = [name, role, `${item.rendition.w}\u00a0×\u00a0${item.rendition.h}\u00a0px`].filter(Boolean).join(" · ");
    find("score").textContent = Math.round(item.score * 100);
    find("attempt").hidden = item.attempt < 2;
    find("attempt").textContent = [t("Attempt {n}", { n: item.attempt }), item.history.at(-1)?.note].filter(Boolean).join(" · ");
    find("doubts").replaceChildren(...item.doubts.map((doubt, place) => row(doubt, place)));
    showPassed(item.passed);
    showNext(item);
    showLoupe(item, nodes, 0);
  }

  function row(doubt, place) {
    const least = doubt.limit !== null && measured(doubt.limit, doubt.unit, { brief: true });
    const limit = least && (doubt.direction === "min" ? t("at least {limit}", { limit: least }) : t("limit {limit}", { limit: least }));
    const hard = doubt.severity === "block" ? el("span", { class: "tag" }, t("hard rule")) : null;
    return el("li", {},
      el("button", { type: "button", class: "doubt", "aria-pressed": "false", "data-place": place, onclick: () => onDoubt(place) },
        el("span", { class: "number" }, String(place + 1)),
        el("span", { class: "name" }, doubt.label, " ", hard),
        el("span", { class: "value" }, el("b", {}, measured(doubt.value, doubt.unit)), limit && `, ${limit}`),
        gauge(doubt),
        doubt.detail ? el("span", { class: "detail" }, doubt.detail) : null,
        el("span", { class: "detail meaning" }, meanings[doubt.code] ?? "")));
  }

  // The tick is the limit; the bar ends at the value.
  function gauge({ value, limit, direction }) {
    if (value === null || limit === null) return null;
    const most = direction === "min" ? Math.max(1, limit * 1.2, value) : limit > 0 ? Math.max(limit * 2, value * 1.08) : Math.max(value * 1.3, 1e-9);
    const x = (number) => Math.min(100, Math.max(0, (number / most) * 100));
    const within = direction === "min" ? value >= limit : value <= limit;
    return svg("svg", { class: `gauge${within ? " within" : ""}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "track", x: 0, y: 3, width: 100, height: 4 }),
      svg("rect", { class: "reach", x: 0, y: 3, width: Math.max(x(value), 0.8), height: 4 }),
      svg("rect", { class: "tick", x: Math.min(x(limit), 99.2), y: 0, width: 0.8, height: 10 }));
  }

  function showPassed(passed) {
    find("passed-box").hidden = !passed.length;
    find("passed-box").open = passed.length < FOLD_PASSED_FROM && roomy.matches;
    find("passed-count").textContent = plural(passed.length, "Passed: {n} check", "Passed: {n} checks");
    find("passed").replaceChildren(...passed.map((check) => el("li", {}, el("span", {}, check.label), el("span", {}, measured(check.value, check.unit)))));
  }

  function showNext(item) {
    const lines = [...item.notes];
    if (item.video) lines.push(el("a", { href: item.video }, t("Video")));
    if (item.depends) lines.push(plural(item.depends, "{n} picture made from it waits for your decision.", "{n} pictures made from it wait for your decision."));
    if (item.suggested) lines.push(t("Suggested rework: {name}.", { name: item.recipes.find((one) => one.id === item.suggested.recipe)?.label ?? item.suggested.recipe }));
    find("next").replaceChildren(...lines.map((line) => el("li", {}, line)));
  }

  function showLoupe(item, nodes, place) {
    const doubt = item.doubts[place];
    const box = find("loupe");
    const aligned = item.rendition.kind === "cutout";
    const scale = AS_IT_IS.includes(doubt?.code) ? 1 : 2;
    const worst = doubt?.worst ?? (scale === 1 && [0.5, 0.5]);
    box.hidden = !worst || NO_LOUPE.includes(doubt.code) || !nodes.result.naturalWidth;
    for (const button of find("doubts").querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.place) === place));
    if (box.hidden) return;
    const crops = item.loupe.find((one) => one.doubt === place);
    const flat = doubt.code === "COLOUR_DRIFT" && aligned && nodes.original?.naturalWidth;
    const nearWhite = doubt.code === "BG_NOT_WHITE";
    const [[left, leftWords], [right, rightWords]] = ["original", "result"].map((name) => find(`loupe-${name}`).children);
    find("loupe-original").hidden = !nodes.original;
    aim(left, aligned ? nodes.original : null, { worst, flat, scale }, crops?.orig ?? item.img.original, item.img.original);
    aim(right, nodes.result, { worst, flat, scale }, crops?.result ?? item.img.result, item.img.result);
    right.dataset.backdrop = doubt.backdrop === "spec" ? "checker" : doubt.backdrop;
    find("loupe-result").classList.toggle("levels", nearWhite);
    leftWords.textContent = !aligned ? t("Photo") : flat ? t("Original colour") : t("Original {n} %", { n: 100 * scale });
    rightWords.textContent = flat ? t("Result colour") : nearWhite ? t("Levels ×8") : t("Result {n} %", { n: 100 * scale });
    looked = doubt;
    // Flat swatches where colour is the doubt: screens are not calibrated.
    if (flat) import("./swatch.js").then(({ showSwatches }) => looked === doubt && showSwatches(nodes, worst), () => {});
  }

  function aim(glass, image, { worst, flat, scale }, url, proxy) {
    const put = (name, value) => glass.style.setProperty(`background-${name}`, value);
    put("color", "");
    put("image", flat || !url ? "none" : `url("${url}")`);
    put("position", "center");
    if (flat) return;
    // A crop of the full resolution has the place in its middle.
    if (url !== proxy) put("size", `${scale * CROP_PX}px`);
    else if (!image?.naturalWidth) put("size", "contain");
    else {
      const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale];
      // In the middle of the glass, but never past an edge of the picture.
      const place = (share, full) => `clamp(100%, 50% + ${(0.5 - share) * full}px, 0%)`;
      put("size", `${w}px ${h}px`);
      put("position", `${place(worst[0], w)} ${place(worst[1], h)}`);
    }
  }

  return { show, showLoupe };
}
