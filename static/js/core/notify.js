// Messages of the browser, only for who asked for them: the button appears where the browser can, and remembers the choice. A page
// says what happened; nothing is shown while the tab is in front.
import { get } from "./api.js";
import { plural, t } from "./words.js";

const KEY = "notify";
const ASK_MS = 20_000;

const can = () => "Notification" in window;
export const wants = () => can() && Notification.permission === "granted" && localStorage.getItem(KEY) === "yes";

export function notify(title, { body = "", url = "", tag = "firstpass" } = {}) {
  if (!wants() || !document.hidden) return;
  const message = new Notification(title, { body, tag });
  message.onclick = () => {
    window.focus();
    if (url) location.assign(url);
    message.close();
  };
}

// A hidden button that turns messages on and off; `onChange(isOn)` after each press.
export function offerNotice(button, { onChange } = {}) {
  if (!button || !can() || Notification.permission === "denied") return;
  const label = button.querySelector("span");
  const draw = () => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(wants()));
    label.textContent = wants() ? t("You are told") : button.dataset.label;
  };
  button.onclick = async () => {
    const on = !wants() && (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEY, on ? "yes" : "no");
    draw();
    onChange?.(on);
  };
  draw();
}

// Tells when pictures begin to wait: from none that is free to some.
export function watchQueue({ url, count = 0 }) {
  let before = count;
  setInterval(async () => {
    if (!wants() || !document.hidden) return;
    const now = (await get("/api/v1/review/queues").catch(() => ({ free: before }))).free;
    if (now && !before) notify(plural(now, "{n} picture needs a look", "{n} pictures need a look"), { url, tag: "review" });
    before = now;
  }, ASK_MS);
}
