import { language, t } from "../../core/words.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const find = (id) => document.getElementById(id);

export function icon(name) {
  const sprite = document.body.querySelector("[data-sprite]").dataset.sprite;
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `${sprite}#${name}` }));
}

// crypto.randomUUID is for pages sent over HTTPS alone.
export const newId = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

const digits = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });

const percent = (n) => t("{n} %", { n });
const PARTS = {
  "of product": (n) => t("{n} % of product", { n }),
  "of outline": (n) => t("{n} % of outline", { n }),
  "of target": (n) => t("{n} % of target", { n }),
  "of allowed": (n) => t("{n} % of allowed", { n }),
};

// "3.8 px", "5.2 ΔE", "26 % of outline", brief: "26 %".
export function measured(value, unit, { brief = false } = {}) {
  if (value === null || value === undefined) return t("not known");
  if (unit === "share" || unit.startsWith("of ")) return ((!brief && PARTS[unit]) || percent)(digits.format(value * 100));
  const name = { dE00: "ΔE", ratio: "×", times: "×", "0..1": "", similarity: "" }[unit] ?? unit;
  return `${digits.format(value)}${name && ` ${name}`}`;
}
