// A digit as the MNIST data set has them: white on black, its longer side 20 pixels, its centre of mass in the middle of 28 × 28.
const SIDE = 28;
const INSIDE = 20;
const PEN = 18;

/** A drawing, and what becomes of it. */
export class Picture {
  #drawing;
  #pixels;
  #changed;
  #empty = true;

  /** @param changed called after each change, with whether nothing is drawn */
  constructor(drawing, pixels, changed) {
    this.#drawing = drawing.getContext('2d', { willReadFrequently: true });
    this.#pixels = pixels.getContext('2d', { willReadFrequently: true });
    this.#changed = changed;
    Object.assign(this.#drawing, { lineCap: 'round', lineJoin: 'round', lineWidth: PEN, strokeStyle: '#fff' });
    let last;
    drawing.onpointerdown = (event) => {
      drawing.setPointerCapture(event.pointerId);
      last = event;
      this.#line(last, event);
    };
    drawing.onpointermove = (event) => {
      if (event.buttons === 0) return;
      this.#line(last ?? event, event);
      last = event;
    };
    drawing.onpointerup = () => (last = undefined);
    this.clear();
  }

  /** 784 numbers from 0 to 1, row by row. */
  pixels() {
    const { data } = this.#pixels.getImageData(0, 0, SIDE, SIDE);
    return Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i] / 255);
  }

  clear() {
    this.#fill();
    this.#empty = true;
    this.#reduce();
  }

  /** Draws an image in grey; if it is light around the edge, what is dark in it becomes white. */
  show(image) {
    const { width, height } = this.#drawing.canvas;
    const scale = Math.min(width / image.width, height / image.height);
    const [w, h] = [image.width * scale, image.height * scale];
    this.#fill();
    this.#drawing.filter = lightAround(image) ? 'grayscale(1) invert(1)' : 'grayscale(1)';
    this.#drawing.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
    this.#drawing.filter = 'none';
    this.#empty = false;
    this.#reduce();
  }

  #line(from, to) {
    this.#drawing.beginPath();
    this.#drawing.moveTo(from.offsetX, from.offsetY);
    this.#drawing.lineTo(to.offsetX, to.offsetY);
    this.#drawing.stroke();
    this.#empty = false;
    this.#reduce();
  }

  #fill() {
    const { width, height } = this.#drawing.canvas;
    this.#drawing.fillRect(0, 0, width, height);
  }

  /** Brings what is drawn to the size and the place that the model knows. */
  #reduce() {
    const { width, height } = this.#drawing.canvas;
    const { data } = this.#drawing.getImageData(0, 0, width, height);
    const box = { left: width, right: -1, top: height, bottom: -1 };
    let [mass, massX, massY] = [0, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const light = data[4 * (y * width + x)];
        mass += light;
        massX += light * (x + 0.5);
        massY += light * (y + 0.5);
        // Fainter than that is the noise of a photograph.
        if (light < 64) continue;
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x);
        box.top = Math.min(box.top, y);
        box.bottom = Math.max(box.bottom, y);
      }
    }
    this.#pixels.fillRect(0, 0, SIDE, SIDE);
    if (box.right >= 0) {
      const scale = INSIDE / (1 + Math.max(box.right - box.left, box.bottom - box.top));
      this.#pixels.imageSmoothingQuality = 'high';
      const [x, y] = [SIDE / 2 - (massX / mass) * scale, SIDE / 2 - (massY / mass) * scale];
      this.#pixels.drawImage(this.#drawing.canvas, x, y, width * scale, height * scale);
    } else this.#empty = true;
    this.#changed(this.#empty);
  }
}

/** Whether the corners of an image are light. */
function lightAround(image) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(image, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const corners = [0, SIDE - 1, SIDE * (SIDE - 1), SIDE * SIDE - 1];
  return corners.reduce((sum, at) => sum + data[4 * at] + data[4 * at + 1] + data[4 * at + 2], 0) > (12 * 255) / 2;
}
