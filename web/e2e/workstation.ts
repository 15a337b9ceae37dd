import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Screen } from './screen.ts';
import { pause, until } from './wait.ts';

/** So long does a new window ignore keys, in milliseconds, and a bit. */
const deaf = 1600;

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Editor {
  /** What its file holds. */
  saved(): string;
  close(): void;
}

/** A presenter's machine: a screen, an editor on it, and the software, which knows one portal. */
export class Workstation {
  private readonly started: ChildProcess[] = [];
  private readonly program: string;

  private constructor(
    readonly screen: Screen,
    private readonly folder: string,
    origin: string,
  ) {
    this.program = join(folder, 'coopnet-client');
    const origins = join(folder, 'origins.txt');
    writeFileSync(origins, `${origin}\n`);
    const overlay = join(folder, 'overlay.json');
    writeFileSync(overlay, JSON.stringify({ Replace: { [join(root, 'client/launch/origins.txt')]: origins } }));
    const build = ['build', '-overlay', overlay, '-o', this.program, './client/cmd/coopnet-client'];
    execFileSync('go', build, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  static async open(origin: string, width: number, height: number): Promise<Workstation> {
    const screen = await Screen.open(width, height);
    return new Workstation(screen, mkdtempSync(join(tmpdir(), 'coopnet-desk-')), origin);
  }

  /** Starts the software as the desktop does when a page opens that address. */
  start(address: string): ChildProcess {
    return this.run(this.program, address);
  }

  /** Opens an editor with an empty file, at the top left; it is called Editor. */
  async editor(): Promise<Editor> {
    const file = join(this.folder, 'notes.txt');
    writeFileSync(file, '');
    const child = this.run('xterm', '-T', 'Editor', '-geometry', '80x12+0+0', '-e', 'nano', '--ignorercfiles', file);
    await this.window('Editor');
    return { saved: () => readFileSync(file, 'utf8'), close: () => void child.kill() };
  }

  /** Waits for a window with that in its title; gives its number. */
  window(title: string): Promise<string> {
    return until(`a window called ${title}; there are ${this.titles().join(', ')}\n${this.said()}`, 10_000, () =>
      this.search(title),
    );
  }

  /** Waits until there is none any more. */
  async closed(title: string): Promise<void> {
    await until(`no window called ${title}`, 10_000, () => !this.search(title));
  }

  /** Answers a window by keys. */
  async press(title: string, ...keys: string[]): Promise<void> {
    const id = await this.window(title);
    // It ignores what was meant for the window before.
    await pause(deaf);
    this.tool('windowfocus', '--sync', id, 'key', '--delay', '30', ...keys);
    await this.closed(title);
  }

  /** Where the pointer is. */
  pointer(): string {
    return this.tool('getmouselocation').split(' screen')[0]!;
  }

  /** Presses the button at the right end of a window. */
  async stop(title: string): Promise<void> {
    const id = await this.window(title);
    const [width, height] = this.size(id);
    const at = [width - 60, height / 2].map((pixels) => String(Math.round(pixels)));
    this.tool('mousemove', '--window', id, ...at, 'click', '1');
  }

  /** Width and height of a window, in pixels. */
  size(id: string): [number, number] {
    const [, width, height] = /WIDTH=(\d+)\nHEIGHT=(\d+)/.exec(this.tool('getwindowgeometry', '--shell', id))!;
    return [Number(width), Number(height)];
  }

  /** What the programs wrote. */
  said(): string {
    return readFileSync(join(this.folder, 'log'), { encoding: 'utf8', flag: 'a+' }).trimEnd();
  }

  close(): void {
    for (const child of this.started) child.kill();
    this.screen.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(program: string, ...args: string[]): ChildProcess {
    const log = openSync(join(this.folder, 'log'), 'a');
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.surroundings() },
    });
    closeSync(log);
    this.started.push(child);
    return child;
  }

  private surroundings(): Record<string, string> {
    return {
      DISPLAY: this.screen.display,
      HOME: this.folder,
      XDG_CACHE_HOME: join(this.folder, 'cache'),
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      COOPNET_CLIENT_LOG: 'info',
    };
  }

  private tool(...args: string[]): string {
    return execFileSync('xdotool', args, {
      encoding: 'utf8',
      env: { ...process.env, DISPLAY: this.screen.display },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim();
  }

  private search(title: string): string | null {
    try {
      return this.tool('search', '--onlyvisible', '--name', title).split('\n')[0] || null;
    } catch {
      return null; // it says so by its exit code
    }
  }

  private titles(): string[] {
    try {
      const ids = this.tool('search', '--onlyvisible', '--name', '.').split('\n');
      return ids.map((id) => this.tool('getwindowname', id));
    } catch {
      return [];
    }
  }
}
