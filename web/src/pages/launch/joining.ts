import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { Launch, type LaunchDeps } from '../../session/launch.ts';
import type { LaunchApi, Release } from '../../session/launchapi.ts';
import {
  familyOf,
  platformsOf,
  systemOf,
  type Family,
  type System,
  type Workstation,
} from '../../session/workstation.ts';

/** Whether there is software for this computer. */
export type Offer =
  | { kind: 'looking' }
  | { kind: 'some'; release: Release }
  /** None has been published for it. */
  | { kind: 'none' }
  /** A phone or a tablet. */
  | { kind: 'phone' }
  /** The list could not be read; what is installed may start all the same. */
  | { kind: 'unknown' };

export interface JoiningDeps extends LaunchDeps {
  api: Pick<LaunchApi, 'begin' | 'look' | 'releases'>;
  station(): Promise<Workstation>;
  /** Whether the browser still counts it as done by a click. */
  fresh(): boolean;
  open(address: string): void;
  /** The conference has not opened yet. */
  early: boolean;
}

/** One visit of the choice: which software there is, and how it starts. */
export class Joining {
  readonly launch: Launch;
  readonly early: boolean;
  readonly #offer = signal<Offer>({ kind: 'looking' });
  readonly #insisted = signal(false);
  readonly #possible = computed(() => {
    const { kind } = this.#offer.value;
    if (this.early || kind === 'phone') return false;
    return kind !== 'none' || this.#insisted.value;
  });
  readonly #deps: JoiningDeps;
  readonly #looked: Promise<void>;
  #starting = false;
  /** Of this computer. */
  system: System = 'none';
  family: Family = 'chromium';

  constructor(deps: JoiningDeps) {
    this.#deps = deps;
    this.early = deps.early;
    this.launch = new Launch(deps);
    this.#looked = this.#look();
  }

  get offer(): ReadonlySignal<Offer> {
    return this.#offer;
  }

  /** Whether it is started: published here for this computer, or installed in another way. */
  get possible(): ReadonlySignal<boolean> {
    return this.#possible;
  }

  /** Opens the software with a code that nobody has used, as far as the browser still lets a click do that. */
  async start(): Promise<void> {
    if (this.#starting) return;
    const state = this.launch.state.peek();
    // Straight from the click: some browsers forget it while a code is fetched.
    if (state.phase === 'ready') {
      this.#open(state.address);
      return;
    }
    this.#starting = true;
    await this.#looked;
    const address = this.#possible.peek() ? await this.launch.begin() : null;
    this.#starting = false;
    if (address !== null && this.#deps.fresh()) this.#open(address);
  }

  /** For who has it although none is published here. */
  async insist(): Promise<void> {
    this.#insisted.value = true;
    await this.start();
  }

  #open(address: string): void {
    this.#deps.open(address);
    this.launch.opened();
  }

  close(): void {
    this.launch.close();
  }

  async #look(): Promise<void> {
    const station = await this.#deps.station();
    this.system = systemOf(station);
    this.family = familyOf(station.userAgent);
    const platforms = platformsOf(station);
    if (platforms.length === 0) {
      this.#offer.value = { kind: 'phone' };
      return;
    }
    try {
      const releases = await this.#deps.api.releases();
      const fits = platforms.map((platform) => releases.find((one) => one.platform === platform));
      const release = fits.find((one) => one !== undefined);
      this.#offer.value = release === undefined ? { kind: 'none' } : { kind: 'some', release };
    } catch {
      this.#offer.value = { kind: 'unknown' };
    }
  }
}
