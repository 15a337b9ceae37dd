import type { Page, WebSocketRoute } from 'playwright-core';
import { until } from './wait.ts';

/** A part of a surface, 0 to 1 across and down. */
export type Part = readonly [number, number];

interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

const byId = (id: string): string => `[data-testid="${id}"]`;

/** Where something lies in the window. */
export async function rectOf(page: Page, id: string): Promise<Rect> {
  const rect = await page.locator(byId(id)).first().boundingBox();
  if (!rect) throw new Error(`${id} is nowhere`);
  return rect;
}

/** The point of the window where a part of a surface lies. */
export async function pointOf(page: Page, id: string, [x, y]: Part): Promise<[number, number]> {
  const rect = await rectOf(page, id);
  return [rect.x + rect.width * x, rect.y + rect.height * y];
}

/** Drags the mouse over a surface. */
export async function drag(page: Page, id: string, ...parts: Part[]): Promise<void> {
  const [first, ...rest] = parts;
  await page.mouse.move(...(await pointOf(page, id, first!)));
  await page.mouse.down();
  for (const part of rest) await page.mouse.move(...(await pointOf(page, id, part)), { steps: 4 });
  await page.mouse.up();
}

/** One shape as a page shows it. */
export interface Seen {
  key: string;
  tool: string;
  /** The parts of the surface where its line begins and ends. */
  from: Part;
  to: Part;
  /** The line itself. */
  line: string;
  text: string;
}

/** The shapes of a page, each with its place on the element `on`, measured on the screen. */
export function shapes(page: Page, on: string): Promise<Seen[]> {
  return page.evaluate((id) => {
    const surface = document.querySelector(`[data-testid="${id}"]`)!.getBoundingClientRect();
    const part = (shape: SVGGraphicsElement, x: number, y: number): [number, number] => {
      const at = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM()!);
      return [(at.x - surface.x) / surface.width, (at.y - surface.y) / surface.height];
    };
    return [...document.querySelectorAll<SVGGraphicsElement>('[data-testid="shape"]')].map((shape) => {
      const path = shape instanceof SVGPathElement ? shape : null;
      const first = path?.getPointAtLength(0) ?? { x: 0, y: 0 };
      const last = path?.getPointAtLength(path.getTotalLength()) ?? first;
      return {
        key: shape.dataset['key']!,
        tool: shape.dataset['tool']!,
        from: part(shape, first.x, first.y),
        to: part(shape, last.x, last.y),
        line: path?.getAttribute('d') ?? '',
        text: shape.textContent ?? '',
      };
    });
  }, on);
}

/** Waits until a page shows so many shapes. */
export function untilShapes(page: Page, count: number, on = 'view'): Promise<Seen[]> {
  return until(`${count} shapes`, 5000, async () => {
    const found = await shapes(page, on);
    return found.length === count && found;
  });
}

/** Waits until the stage of a page shows one kind of thing. */
export async function untilLooks(page: Page, kind: string): Promise<void> {
  await page.locator(`${byId('view')}[data-kind="${kind}"]`).waitFor({ timeout: 5000 });
}

/** The control channel of one page, in somebody's hand: it can be cut, and more can be said on it. */
export class Wire {
  private server: WebSocketRoute | null = null;
  private page: WebSocketRoute | null = null;
  private deaf = false;
  private open: Promise<void> = Promise.resolve();
  private reopen = (): void => {};
  readonly heard: Record<string, unknown>[] = [];

  static async tap(page: Page): Promise<Wire> {
    const wire = new Wire();
    await page.routeWebSocket(/\/control$/, async (route) => {
      await wire.open;
      wire.page = route;
      wire.deaf = false;
      const server = route.connectToServer();
      wire.server = server;
      route.onMessage((message) => {
        if (!wire.deaf) server.send(message);
      });
      server.onMessage((message) => {
        wire.heard.push(JSON.parse(String(message)) as Record<string, unknown>);
        route.send(message);
      });
    });
    return wire;
  }

  /** What is said from now on is lost, and a moment later the connection ends; none is made until `mend`. */
  async cut(): Promise<void> {
    this.open = new Promise((done) => (this.reopen = done));
    this.deaf = true;
    await this.server?.close({ code: 4000 });
    await this.page?.close({ code: 4000 });
  }

  /** What is said from now on is lost. */
  lose(): void {
    this.deaf = true;
  }

  mend(): void {
    this.reopen();
  }

  /** Says what the page itself would never say. */
  say(message: object): void {
    this.server!.send(JSON.stringify(message));
  }
}
