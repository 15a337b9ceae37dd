import { signal } from '@preact/signals';
import {
  DeskApi,
  type Deps,
  type Entry,
  type Filter,
  type Listed,
  type Pulled,
  type State,
} from '../../session/desk.ts';
import { asProblem, type Problem } from '../../session/problem.ts';
import { reportOf, type Report } from '../../session/report.ts';

const keyName = 'coopnet.support';

/** A report on the desk. `report` is null for a file that is not there or cannot be read. */
export interface Opened {
  about: Pulled;
  report: Report | null;
  trail: Entry[];
}

/** What somebody at the desk does. The key is kept for as long as the tab lives, and nowhere else. */
export class Work {
  readonly signedIn = signal(false);
  readonly items = signal<Listed[]>([]);
  readonly next = signal('');
  readonly filter = signal<Filter>({ status: '', days: 0 });
  readonly opened = signal<Opened | null>(null);
  readonly busy = signal(false);
  readonly problem = signal<Problem | null>(null);
  /** Said once to who cannot see the change. */
  readonly said = signal<'' | 'erased' | 'saved' | 'closed-session'>('');
  /** The report that was open before the list: there the focus goes. */
  left = '';
  readonly #from: Deps;
  readonly #storage: Storage | null;
  #api: DeskApi | null = null;
  #turn = 0;

  constructor(from: Deps, storage: Storage | null) {
    this.#from = from;
    this.#storage = storage;
  }

  /** Goes on with the key of before a reload. */
  async start(): Promise<void> {
    let key: string | null = null;
    try {
      key = this.#storage?.getItem(keyName) ?? null;
    } catch {
      // A browser without storage asks for the key after a reload.
    }
    if (key !== null) await this.signIn(key);
  }

  async signIn(key: string): Promise<void> {
    this.#api = new DeskApi(this.#from, key);
    this.said.value = '';
    await this.load(this.filter.value);
    if (this.#api === null || this.problem.value !== null) return;
    this.signedIn.value = true;
    this.#keep(key);
  }

  signOut(): void {
    this.#turn += 1;
    this.#api = null;
    this.#keep(null);
    this.signedIn.value = false;
    this.items.value = [];
    this.next.value = '';
    this.opened.value = null;
    this.busy.value = false;
    this.problem.value = null;
    this.said.value = '';
  }

  load(filter: Filter): Promise<void> {
    this.filter.value = filter;
    return this.#do(async (api) => {
      const page = await api.list(filter, '');
      return () => {
        this.items.value = page.items;
        this.next.value = page.next;
      };
    });
  }

  more(): Promise<void> {
    return this.#do(async (api) => {
      const page = await api.list(this.filter.value, this.next.value);
      return () => {
        this.items.value = [...this.items.value, ...page.items];
        this.next.value = page.next;
      };
    });
  }

  /** Opens a report, which is then no longer new. */
  open(code: string): Promise<void> {
    this.said.value = '';
    return this.#do(async (api) => {
      const pulled = await api.pull(code);
      const about = pulled.status === 'new' ? await seen(api, pulled) : pulled;
      const [report, trail] = await Promise.all([read(api, about), api.trail(about.code)]);
      return () => {
        this.#replace(about);
        this.opened.value = { about, report, trail };
      };
    });
  }

  /** Back to the list. */
  close(): void {
    this.#turn += 1;
    this.left = this.opened.value?.about.code ?? '';
    this.opened.value = null;
    this.busy.value = false;
    this.problem.value = null;
  }

  change(changes: { status?: State; note?: string }): Promise<void> {
    const opened = this.opened.value;
    if (opened === null) return Promise.resolve();
    this.said.value = '';
    return this.#do(async (api) => {
      const about = await api.change(opened.about, changes);
      return () => {
        this.#replace(about);
        this.opened.value = { ...opened, about };
        this.said.value = 'saved';
      };
    });
  }

  erase(): Promise<void> {
    const opened = this.opened.value;
    if (opened === null) return Promise.resolve();
    return this.#do(async (api) => {
      await api.erase(opened.about);
      return () => {
        this.items.value = this.items.value.filter(({ code }) => code !== opened.about.code);
        this.left = opened.about.code;
        this.opened.value = null;
        this.said.value = 'erased';
      };
    });
  }

  /** One thing after the other: what was asked for last is shown, whatever comes first. */
  async #do(step: (api: DeskApi) => Promise<() => void>): Promise<void> {
    if (this.#api === null) return;
    const turn = ++this.#turn;
    this.busy.value = true;
    this.problem.value = null;
    try {
      const show = await step(this.#api);
      if (turn === this.#turn) show();
    } catch (cause) {
      if (turn === this.#turn) this.#failed(asProblem(cause));
    }
    if (turn === this.#turn) this.busy.value = false;
  }

  #failed(problem: Problem): void {
    const wasIn = this.signedIn.value;
    if (problem.code === 'unauthenticated' || (problem.code === 'forbidden' && !wasIn)) {
      this.signOut();
      if (wasIn) {
        this.said.value = 'closed-session';
        return;
      }
    }
    this.problem.value = problem;
  }

  #replace(about: Listed): void {
    this.items.value = this.items.value.map((item) => (item.code === about.code ? about : item));
  }

  #keep(key: string | null): void {
    try {
      if (key === null) this.#storage?.removeItem(keyName);
      else this.#storage?.setItem(keyName, key);
    } catch {
      // Without storage the key has to be given again after a reload.
    }
  }
}

/** A key that may only read, or somebody who was quicker: the report is open all the same. */
async function seen(api: DeskApi, pulled: Pulled): Promise<Pulled> {
  try {
    return await api.change(pulled, { status: 'seen' });
  } catch {
    return pulled;
  }
}

async function read(api: DeskApi, about: Pulled): Promise<Report | null> {
  try {
    return reportOf(await api.file(about));
  } catch {
    return null;
  }
}
