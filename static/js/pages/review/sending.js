// How decisions and undos reach the server, in order. A conflict is an answer too; what can never be taken is found alone, so
// that the decisions sent with it are not lost.
import { post } from "../../core/api.js";

const API = "/api/v1/review/";
const MOST = 50;

async function forGood(sending) {
  try {
    return await sending;
  } catch (error) {
    if (error.status === 409 && error.body && !error.body.title) return error.body;
    throw error;
  }
}

export function sender({ onRefused }) {
  async function undo(entry) {
    const answer = await forGood(post(`${API}undo`, entry.body));
    if (answer.status !== "ok") onRefused(entry.body, answer.detail);
    return 1;
  }

  async function decide(batch) {
    try {
      const answers = await forGood(post(`${API}decisions`, batch.map((entry) => entry.body)));
      answers.forEach((answer, place) => answer.status !== "ok" && onRefused(batch[place].body, answer.detail));
      return batch.length;
    } catch (error) {
      if (error.status !== 422) throw error;
      if (batch.length > 1) return decide(batch.slice(0, 1));
      onRefused(batch[0].body, error.message);
      return 1;
    }
  }

  return (entries) => {
    const other = entries.findIndex((entry) => entry.kind !== "decision");
    return other === 0 ? undo(entries[0]) : decide(entries.slice(0, other < 0 ? MOST : Math.min(other, MOST)));
  };
}
