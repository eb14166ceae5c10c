// Closer than the proxies show: the whole files come.
import { get } from "../../core/api.js";
import { announce } from "../../core/page.js";
import { t } from "../../core/words.js";
import { find } from "./dom.js";

// Each file takes its proxy's place when it is decoded; one that does not come leaves the proxy there.
async function put(url, box, id, isStill) {
  if (!url) return false;
  const name = id.replace("-box", "");
  const proxy = find(id).firstElementChild;
  const image = Object.assign(new Image(), { className: name, alt: proxy?.alt ?? "", draggable: false, src: url });
  const [x, y, wide, high] = box.map((share) => `${100 * share}%`);
  for (const [side, value] of [["left", x], ["top", y], ["width", wide], ["height", high]]) image.style.setProperty(side, value);
  await image.decode();
  if (!isStill()) return false;
  image.classList.add("whole");
  find(id).replaceChildren(image);
  return true;
}

export async function showWhole(item, isStill) {
  if (item.practice) return;
  const { result, box, original } = await get(`/review/tasks/${item.id}/whole`).catch(() => ({}));
  const came = await Promise.all([put(result, box, "result-box", isStill), put(original, [0, 0, 1, 1], "original-box", isStill)].map((one) => one.catch(() => false)));
  if (!came[0]) return;
  find("view-note").textContent = t("Full resolution");
  announce(t("Full resolution"));
}
