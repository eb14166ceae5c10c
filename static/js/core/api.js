// Calls to our own server. A problem is thrown as an Error with a sentence to show.
import { t } from "./words.js";

// Signing in again in another tab changes the cookie; the page holds the old one.
export const csrfToken = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? document.body.dataset.csrf;

async function call(url, options) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(url, { headers, ...options });
  const body = await response.json().catch(() => null);
  if (response.ok || response.status === 304) return body;
  throw Object.assign(new Error(body?.detail || t("The server answered {status}.", { status: `${response.status}` })), { status: response.status, body });
}

export const get = (url) => call(url);
export const post = (url, body = {}, { keepalive } = {}) => call(url, { method: "POST", body: JSON.stringify(body), keepalive });
