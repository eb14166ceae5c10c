// Calls to our own server: JSON in and out, the CSRF token always sent, problems turned into one Error with a sentence to show.
export class ApiError extends Error {
  constructor(status, detail, body) {
    super(detail);
    this.status = status;
    this.body = body;
  }
}

// Signing in again in another tab changes the cookie; the page holds the old one.
export const csrfToken = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? document.body.dataset.csrf;

export async function call(method, url, body, { signal, keepalive = false, headers = {} } = {}) {
  const sends = body !== undefined;
  const response = await fetch(url, {
    method,
    signal,
    keepalive,
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...(sends ? { "Content-Type": "application/json" } : {}), ...headers },
    body: sends ? JSON.stringify(body) : undefined,
  });
  if (response.status === 304 || response.status === 204) return null;
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    answer = null;
  }
  if (!response.ok) throw new ApiError(response.status, answer?.detail || `The server answered ${response.status}.`, answer);
  return answer;
}

export const get = (url, options) => call("GET", url, undefined, options);
export const post = (url, body, options) => call("POST", url, body ?? {}, options);
