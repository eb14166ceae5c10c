// One polite sentence for screen readers.
export const announce = (sentence) => (document.getElementById("announce").textContent = sentence ?? "");

// True while a field has the focus: single-letter keys must reach it and nothing else.
export const isTyping = ({ target }) =>
  target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|range|button|submit)$/.test(target.type));

// Nobody waits for it: it must not hold up what somebody looks at. The second frame begins when the first is on the screen.
export const afterPaint = (task) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(task)));
