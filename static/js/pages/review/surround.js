// What lies around the picture: dark, mid-grey or light, kept with the user.
import { post } from "../../core/api.js";
import { announce } from "../../core/page.js";
import { t } from "../../core/words.js";

const NAMES = { dark: t("Dark"), grey: t("Mid-grey"), light: t("Light") };
const ALL = Object.keys(NAMES);

export function nextSurround(room) {
  const surround = ALL[(ALL.indexOf(room.dataset.surround) + 1) % ALL.length];
  room.dataset.surround = surround;
  announce(t("Around the picture: {name}", { name: NAMES[surround] }));
  post("/review/surround", { surround }).catch(() => {});
}
