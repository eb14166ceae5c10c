// True while a field has the focus: single-letter keys must reach it and nothing else.
export function isTyping(event) {
  const target = event.target;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !["checkbox", "radio", "range", "button", "submit"].includes(target.type);
}
