// Follows something that changes on the server by asking "anything after revision n?". Every second while it moves and the tab is
// seen, slower when nothing changes, every 15 s when hidden; stops when `onChange` returns false. The transport stays in here.
import { get } from "./api.js";

const FASTEST_MS = 1000;
const SLOWEST_MS = 5000;
const HIDDEN_MS = 15000;

export function follow(url, { since = 0, onChange, onError }) {
  let revision = since;
  let pause = FASTEST_MS;
  let timer = null;
  let stopped = false;

  async function ask() {
    timer = null;
    try {
      const answer = await get(`${url}?since=${revision}`);
      if (answer) {
        revision = answer.rev;
        pause = FASTEST_MS;
        if (onChange(answer) === false) return stop();
      } else {
        pause = Math.min(pause * 1.5, SLOWEST_MS);
      }
      onError?.(null);
    } catch (error) {
      pause = SLOWEST_MS;
      onError?.(error);
    }
    plan();
  }
  function plan() {
    if (!stopped) timer = setTimeout(ask, document.hidden ? HIDDEN_MS : pause);
  }
  function stop() {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  }
  function wake() {
    if (!document.hidden && timer !== null) {
      clearTimeout(timer);
      ask();
    }
  }
  document.addEventListener("visibilitychange", wake);
  ask();
  return stop;
}
