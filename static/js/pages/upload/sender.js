// Sends files one per request, four side by side; what fails on the way is tried three times with growing pauses. Without a
// connection nothing is tried: it goes on by itself when there is one again.
import { csrfToken } from "../../core/api.js";
import { t } from "../../core/words.js";

const PARALLEL = 4;
const PAUSES_MS = [800, 2500, 6000];

export function createSender({ urlOf, onChange, onAnswer }) {
  const queue = [];
  let running = 0;

  function add(row) {
    Object.assign(row, { state: "waiting", sending: "queued", progress: 0, tries: 0, reason: "", dropped: false });
    queue.push(row);
    pump();
  }

  // Dropped meanwhile, as while it waited for its next try.
  function isGone(row) {
    if (row.dropped) release(row);
    return row.dropped;
  }

  function pump() {
    while (navigator.onLine && running < PARALLEL && queue.length) {
      running += 1;
      send(queue.shift());
    }
  }

  function send(row) {
    if (isGone(row)) return;
    const request = new XMLHttpRequest();
    row.sending = "sending";
    row.request = request;
    request.open("POST", urlOf(row));
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) row.progress = event.loaded / event.total;
      onChange(row);
    };
    request.onload = () => done(row, request.status, request.response);
    request.onerror = request.ontimeout = () => done(row, 0, null);
    request.onabort = () => release(row);
    const form = new FormData();
    form.append("file", row.file, "file");
    request.send(form);
    onChange(row);
  }

  function done(row, status, answer) {
    if (status >= 200 && status < 300 && answer) {
      release(row);
      row.sending = "";
      onAnswer(answer);
      return;
    }
    if (status === 0 && !navigator.onLine) {
      row.sending = "queued";
      queue.unshift(row);
      release(row);
      onChange(row);
      return;
    }
    const mayPass = status === 0 || status === 429 || status >= 500;
    if (mayPass && row.tries < PAUSES_MS.length) {
      row.sending = "queued";
      setTimeout(() => send(row), PAUSES_MS[row.tries++]);
      onChange(row);
      return;
    }
    release(row);
    row.sending = "failed";
    row.reason = answer?.detail || (status === 0 ? t("The connection was lost.") : t("The server answered {status}.", { status: `${status}` }));
    onChange(row);
  }

  function release(row) {
    row.request = null;
    running -= 1;
    pump();
  }

  // Out of the queue first: whatever ends makes room for the next.
  function drop(rows) {
    for (const row of rows) row.dropped = true;
    queue.splice(0, queue.length, ...queue.filter((row) => !row.dropped));
    for (const row of rows) row.request?.abort();
  }

  for (const kind of ["online", "offline"])
    addEventListener(kind, () => {
      pump();
      onChange();
    });
  return { add, drop };
}
