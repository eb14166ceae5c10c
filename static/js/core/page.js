// One polite sentence for screen readers.
export const announce = (sentence) => (document.getElementById("announce").textContent = sentence ?? "");

// Letters must reach a field and nothing else.
export const isTyping = ({ target }) =>
  target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|range|button|submit)$/.test(target.type));

// The second frame begins when the first is on the screen.
export const afterPaint = (task) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(task)));
