// Runs a task when the picture of this moment is on the screen: what nobody waits for must not hold up what somebody looks at.
// The second frame begins when the first is handed over.
export const afterPaint = (task) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(task)));
