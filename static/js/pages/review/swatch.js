// The average colour around a place: what the eye should compare when the doubt is about colour.
const SIDE_PX = 24;

export function averageAt(image, [x, y]) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const within = (share, length) => Math.min(Math.max(0, share * length - SIDE_PX / 2), length - SIDE_PX);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, within(x, image.naturalWidth), within(y, image.naturalHeight), SIDE_PX, SIDE_PX, 0, 0, 1, 1);
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
  return `rgb(${r} ${g} ${b})`;
}
