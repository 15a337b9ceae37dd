import { codec, layout, type Codec, type Layout } from './code.ts';

/** What a pattern page shows. */
export interface PatternOptions {
  /** The page's title, by which a presenter's browser picks it. */
  title: string;
  /** The conference or presenter that the picture stands for: 1..65535. */
  tag: number;
  /** Nothing moves after the first drawing. */
  still?: boolean;
  /** What moves is drawn at most once in so many milliseconds. */
  pace?: number;
}

/** What tests ask of a pattern page. */
export interface PatternPage {
  /** The luma of the still part, as drawn, in base64: what a viewer's picture is compared with. */
  reference(): string;
  /** How often it was drawn. */
  drawn(): number;
  /** Turns to another page of text. */
  turn(page: number): void;
  /** Draws what moves at most once in so many milliseconds. */
  pace(milliseconds: number): void;
  /** Stops or continues the movement. */
  still(on: boolean): void;
  /** The picture as a video track, for publishers that take no tab. */
  capture(fps: number): MediaStream;
}

/** Runs in the page: draws the pattern on a canvas that fills the window. */
function draw(codec: Codec, layout: Layout, options: PatternOptions): PatternPage {
  const canvas = document.createElement('canvas');
  canvas.width = layout.width;
  canvas.height = layout.height;
  document.body.append(canvas);
  const paint = canvas.getContext('2d', { alpha: false, willReadFrequently: true })!;
  let still = options.still === true;
  let drawn = 0;
  let pace = options.pace ?? 0;
  let latest = 0;

  const text = (page: number): void => {
    const { x, y, width, height } = layout.still;
    const turned = (words: string, by: number): string => words.slice(by) + words.slice(0, by);
    const { glyphs } = layout;
    paint.fillStyle = '#fff';
    paint.fillRect(x, y, width, height);
    paint.fillStyle = '#000';
    paint.textBaseline = 'top';
    paint.font = '10px monospace';
    [...turned(glyphs.text, (page * 7) % glyphs.text.length)].forEach((glyph, i) =>
      paint.fillText(glyph, glyphs.x + i * glyphs.cell.width + 4, glyphs.y + 3),
    );
    const sentence =
      'The quick brown fox jumps over the lazy dog, 0123456789; a spreadsheet: 1,234.56 + 7.89 = 1,242.45.';
    for (let line = 0; line < 18; line++) {
      const size = 10 + (line % 5);
      paint.font = `${size}px ${line % 2 ? 'sans-serif' : 'monospace'}`;
      paint.fillStyle = line % 3 === 2 ? '#334' : '#000';
      paint.fillText(turned(sentence, (page * 11) % 90), x + 16, y + 44 + line * 20);
    }
    // Fine lines: one pixel wide, one to four pixels apart.
    for (let gap = 1; gap <= 4; gap++) {
      for (let i = 0; i < 24; i++)
        paint.fillRect(x + 860 + i * (gap + 1), y + 40 + gap * 60, 1, 40);
      for (let i = 0; i < 10; i++)
        paint.fillRect(x + 1000, y + 40 + gap * 60 + i * (gap + 1), 160, 1);
    }
  };

  const code = (time: number): void => {
    const { x, y, block, columns } = layout.code;
    codec.encode({ tag: options.tag, time }).forEach((bit, i) => {
      paint.fillStyle = bit ? '#000' : '#fff';
      const column = i % columns;
      const row = Math.floor(i / columns);
      paint.fillRect(x + column * block.width, y + row * block.height, block.width, block.height);
    });
  };

  const bar = (time: number): void => {
    const { x, y, width, height } = layout.motion;
    paint.fillStyle = '#ddd';
    paint.fillRect(x, y, width, height);
    paint.fillStyle = `hsl(${(options.tag * 47) % 360} 90% 40%)`;
    paint.fillRect(x + ((time / 4) % (width - 120)), y, 120, height);
  };

  const frame = (): void => {
    const { width, height, frame } = layout;
    paint.fillStyle = '#f0f';
    paint.fillRect(0, 0, width, height);
    paint.fillStyle = '#fff';
    paint.fillRect(frame, frame, width - 2 * frame, height - 2 * frame);
  };

  const step = (): void => {
    const time = Date.now();
    if ((!still && time - latest >= pace) || drawn === 0) {
      latest = time;
      code(time);
      bar(time);
      drawn++;
    }
    requestAnimationFrame(step);
  };

  frame();
  text(0);
  step();

  return {
    reference() {
      const { x, y, width, height } = layout.still;
      const pixels = paint.getImageData(x, y, width, height).data;
      let luma = '';
      for (let i = 0; i < pixels.length; i += 4) {
        luma += String.fromCharCode(
          Math.round(0.299 * pixels[i]! + 0.587 * pixels[i + 1]! + 0.114 * pixels[i + 2]!),
        );
      }
      return btoa(luma);
    },
    drawn: () => drawn,
    turn: text,
    pace(milliseconds) {
      pace = milliseconds;
    },
    still(on) {
      still = on;
    },
    capture: (fps) => canvas.captureStream(fps),
  };
}

/** The page with the pattern; `window.pattern` is its PatternPage. */
export function patternPage(options: PatternOptions): string {
  const script = `window.pattern = (${draw})((${codec})(), ${JSON.stringify(layout)}, ${JSON.stringify(options)});`;
  return `<!doctype html><meta charset="utf-8"><title>${options.title}</title>
<style>html,body{margin:0;height:100%;overflow:hidden;background:#fff}canvas{display:block;width:100vw;height:56.25vw}</style>
<body><script>${script}</script>`;
}
