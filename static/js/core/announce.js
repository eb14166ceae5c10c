// One polite sentence for screen readers.
export function announce(sentence) {
  const region = document.getElementById("announce");
  if (region) region.textContent = sentence;
}
