// A rejection for something else is asked what it is: Enter in the note sends it.
import { t } from "../../core/words.js";
import { find } from "./dom.js";

export function askForNote(send) {
  const note = find("note");
  const { placeholder } = note;
  const onKey = ({ key }) => key === "Enter" && note.value.trim() && send();
  note.placeholder = t("What is wrong? Enter sends the rejection.");
  note.addEventListener("keydown", onKey, true);
  note.addEventListener("blur", () => {
    note.placeholder = placeholder;
    note.removeEventListener("keydown", onKey, true);
  }, { once: true });
  note.focus();
}
