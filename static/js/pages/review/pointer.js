// Mouse and touch on the stage: wheel and pinch zoom, drag to pan, double tap, and on touch screens a swipe that decides.
const SWIPE_PX = 90;

export function followPointers(stage, { view, onSwipe }) {
  const pointers = new Map();
  let start = null;
  let spread = 0;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const apart = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoomBy(Math.exp(-event.deltaY * 0.0015), at(event));
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => (view.isZoomed() ? view.fit() : view.zoomBy(4, at(event))));
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) start = at(event);
    else spread = apart();
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    pointers.set(event.pointerId, now);
    if (pointers.size === 2) {
      const wide = apart();
      view.zoomBy(wide / spread, now);
      spread = wide;
      start = null;
    } else if (view.isZoomed()) view.panBy(now[0] - before[0], now[1] - before[1]);
  });
  const end = (event) => {
    const last = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    // Off where there is a mouse: a drag must not decide by accident.
    if (!last || !start || view.isZoomed() || event.type === "pointercancel" || event.pointerType !== "touch" || pointers.size) return;
    const [dx, dy] = [last[0] - start[0], last[1] - start[1]];
    if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) onSwipe(dx > 0 ? "approve" : "reject");
    else if (dy < -SWIPE_PX && Math.abs(dy) > 2 * Math.abs(dx)) onSwipe("rework");
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
}
