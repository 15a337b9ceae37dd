import { describe, expect, it } from 'vitest';
import { headOf, looksShowable } from './kind.ts';

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const bytes = (...parts: (string | number[])[]) =>
  latin(
    parts.map((part) => (typeof part === 'string' ? part : String.fromCharCode(...part))).join(''),
  );

describe('what a file is, by its bytes', () => {
  it.each([
    ['a PDF', latin('%PDF-1.7\n'), { kind: 'pdf' }],
    ['a PDF behind something else', latin(`${' '.repeat(900)}%PDF-1.4`), { kind: 'pdf' }],
    [
      'a PNG',
      bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 2, 128, 0, 0, 1, 224, 8]),
      { kind: 'png', width: 640, height: 480 },
    ],
    ['a GIF', bytes('GIF89a', [0x80, 2, 0xe0, 1]), { kind: 'gif', width: 640, height: 480 }],
    [
      'a JPEG with a segment before its measures',
      bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc2, 0, 17, 8, 1, 224, 2, 128]),
      { kind: 'jpeg', width: 640, height: 480 },
    ],
    [
      'a WebP with losses',
      bytes('RIFF\0\0\0\0WEBPVP8 ', [...Array(10).keys()], [0x80, 2, 0xe0, 1]),
      { kind: 'webp', width: 640, height: 480 },
    ],
    [
      'a WebP without',
      bytes('RIFF\0\0\0\0WEBPVP8L', [0, 0, 0, 0, 0x2f, 0x7f, 0xc2, 0x77, 0]),
      { kind: 'webp', width: 640, height: 480 },
    ],
    [
      'a WebP with more',
      bytes('RIFF\0\0\0\0WEBPVP8X', [0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0]),
      { kind: 'webp', width: 640, height: 480 },
    ],
  ])('%s', (_, file, head) => {
    expect(headOf(file)).toEqual(head);
  });

  it.each([
    ['nothing', latin('')],
    ['a drawing with scripts', latin('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
    ['a page', latin('<!doctype html>')],
    ['a PDF that begins too late', latin(`${' '.repeat(2000)}%PDF-1.4`)],
    ['a PNG that is cut', latin('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0')],
    ['a JPEG without end', bytes([0xff, 0xd8, 0xff, 0xe0, 0, 0])],
    ['a JPEG that leads out of itself', bytes([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff])],
    ['a WebP of no kind', latin('RIFF\0\0\0\0WEBPXXXX')],
  ])('is none that can be shown: %s', (_, file) => {
    expect(headOf(file)).toBeNull();
  });
});

it('offers to show what says to be a PDF or an image', () => {
  const said = (name: string, type = '') => looksShowable({ name, type });
  expect([said('a.PDF'), said('a.jpeg'), said('a', 'image/webp')]).toEqual([true, true, true]);
  expect([said('a.svg', 'image/svg+xml'), said('a.docx'), said('pdf')]).toEqual([
    false,
    false,
    false,
  ]);
});
