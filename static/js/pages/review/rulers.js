// Rulers for doubts about size and place: the frame with its middle, the product's middle, the four margins in pixels of the picture.
import { t } from "../../core/words.js";
import { svg } from "./dom.js";

const FONT_PX = 12;

const line = (x1, y1, x2, y2, name) => ["ruler-key", `ruler ${name}`].map((one) => svg("line", { x1, y1, x2, y2, class: one }));
const label = (x, y, text) => svg("text", { x, y, class: "ruler-text" }, text);

// box: the product in shares of the picture; [left, above, w, h]: the picture on the screen; [wide, high]: its own pixels.
export function rulers([bx, by, bw, bh], [left, above, w, h], [wide, high]) {
  const [x, y, right, below] = [left + bx * w, above + by * h, left + (bx + bw) * w, above + (by + bh) * h];
  const [across, down] = [left + w / 2, above + h / 2];
  const [mx, my] = [(x + right) / 2, (y + below) / 2];
  const px = (share, side) => t("{n} px", { n: Math.round(Math.max(0, share) * side) });
  return [
    ...line(across, above, across, above + h, "middle"), ...line(left, down, left + w, down, "middle"),
    ...line(mx - 12, my, mx + 12, my, "own"), ...line(mx, my - 12, mx, my + 12, "own"),
    ...line(left, my, x, my, "gap"), ...line(right, my, left + w, my, "gap"), ...line(mx, above, mx, y, "gap"), ...line(mx, below, mx, above + h, "gap"),
    label((left + x) / 2, my - 6, px(bx, wide)), label((right + left + w) / 2, my - 6, px(1 - bx - bw, wide)),
    label(mx, (above + y) / 2 + FONT_PX / 3, px(by, high)), label(mx, (below + above + h) / 2 + FONT_PX / 3, px(1 - by - bh, high)),
    label(mx, below - 8, t("{n} % of the frame", { n: Math.round(100 * Math.max(bw, bh)) })),
  ];
}
