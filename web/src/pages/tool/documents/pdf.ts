import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PDFPageProxy, RenderTask } from 'pdfjs-dist/legacy/build/pdf.mjs';
import workerUrl from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url';
import type { Pages } from '../../../session/documents.ts';
import { Problem } from '../../../session/problem.ts';
import { damaged, withinTime, type Sheet } from './sheet.ts';

/** A page that needs longer is not for a meeting. */
const patience = 20_000;
/** The relay knows no more of one document. */
const mostPages = 2000;
/** An image within a page that has more points is left out. */
const mostImagePoints = 64_000_000;
const longestText = 20_000;

/** Opens a PDF. It is read in a worker, runs no script, and asks nobody but this origin for anything. */
export async function openPdf(file: Blob): Promise<Pages<Sheet>> {
  pdfjs.GlobalWorkerOptions.workerSrc = workerUrl;
  const loading = pdfjs.getDocument({
    data: await file.arrayBuffer(),
    useSystemFonts: false, // a page looks the same to everybody
    // Fonts and character maps that a file may leave out, fetched when one does.
    standardFontDataUrl: '/pdfjs/standard_fonts/',
    cMapUrl: '/pdfjs/cmaps/',
    wasmUrl: '/pdfjs/wasm/',
    useWasm: false, // the content security policy lets none run
    enableXfa: false,
    maxImageSize: mostImagePoints,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
  loading.onPassword = () => void loading.destroy();
  const close = () => void loading.destroy();
  try {
    const document = await withinTime(patience, loading.promise, close);
    return new PdfPages(document, close);
  } catch (cause) {
    close();
    throw problemOf(cause);
  }
}

function problemOf(cause: unknown): Problem {
  const named = cause instanceof Error ? cause.name : '';
  return named === 'PasswordException' ? new Problem('password', { cause }) : damaged(cause);
}

class PdfPages implements Pages<Sheet> {
  readonly count: number;
  readonly close: () => void;
  readonly #document: pdfjs.PDFDocumentProxy;
  #drawing: RenderTask | null = null;

  constructor(document: pdfjs.PDFDocumentProxy, close: () => void) {
    this.#document = document;
    this.count = Math.min(document.numPages, mostPages);
    this.close = close;
  }

  async size(page: number): Promise<{ width: number; height: number }> {
    return this.#with(page, (sheet) => {
      const { width, height } = sheet.getViewport({ scale: 1 });
      if (!(width > 0 && height > 0)) throw damaged();
      return Promise.resolve({ width, height });
    });
  }

  async draw(page: number, canvas: Sheet): Promise<void> {
    await this.#with(page, async (sheet) => {
      this.#drawing?.cancel();
      const scale = canvas.width / sheet.getViewport({ scale: 1 }).width;
      const drawing = sheet.render({ canvas, viewport: sheet.getViewport({ scale }) });
      this.#drawing = drawing;
      await withinTime(patience, drawing.promise, () => drawing.cancel());
      if (this.#drawing === drawing) this.#drawing = null;
      sheet.cleanup();
    });
  }

  async text(page: number): Promise<string> {
    return this.#with(page, async (sheet) => {
      const { items } = await sheet.getTextContent();
      const parts = items.map((item) =>
        'str' in item ? item.str + (item.hasEOL ? '\n' : '') : '',
      );
      return parts.join('').slice(0, longestText).trim();
    });
  }

  async #with<T>(page: number, use: (sheet: PDFPageProxy) => Promise<T>): Promise<T> {
    try {
      const sheet = this.#document.getPage(Math.min(Math.max(1, page), this.count));
      return await use(await withinTime(patience, sheet, this.close));
    } catch (cause) {
      throw problemOf(cause);
    }
  }
}
