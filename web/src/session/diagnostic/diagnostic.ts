import { signal as cell, type ReadonlySignal } from '@preact/signals-core';
import { DiagnosticApi, families } from './api.ts';
import { Bench, type Opened } from './bench.ts';
import { browser, codecs, cookies, secure, storage, webrtc } from './checks/browser.ts';
import { canCapture, capture, captureAsked } from './checks/capture.ts';
import { control } from './checks/control.ts';
import { idle } from './checks/idle.ts';
import { addressFamily, nat } from './checks/network.ts';
import { judges, loopChecks, noLoop } from './checks/picture.ts';
import { clock, mtu, reach } from './checks/reach.ts';
import { api } from './checks/servers.ts';
import { software } from './checks/software.ts';
import { way } from './checks/ways.ts';
import type { FullDeps } from './deps.ts';
import type { Candidate } from './dial.ts';
import { loop, type Loop } from './loop.ts';
import {
  checkNames,
  resultOf,
  waiting,
  wayChecks,
  type CheckName,
  type Outcome,
  type Result,
  type WayCheck,
} from './result.ts';
import { Sheet } from './sheet.ts';

export type Phase = 'ready' | 'running' | 'done' | 'stopped';

/** Every check but the quick test's summary of the ways. */
export const fullChecks: readonly CheckName[] = checkNames.filter((check) => check !== 'media');

const local: readonly CheckName[] = [
  'browser',
  'secure',
  'webrtc',
  'codecs',
  'cookies',
  'storage',
  'software',
];

type Run = (signal: AbortSignal) => Outcome | Promise<Outcome>;

/**
 * A run of all checks, and repetitions of single ones.
 *
 *     ready -> running -> done | stopped -> running
 */
export class Diagnostic {
  readonly #deps: FullDeps;
  readonly #bench: Bench;
  readonly #phase = cell<Phase>('ready');
  readonly #results = cell<readonly Result[]>(fullChecks.map(waiting));
  readonly #sheet: Sheet;
  /** The session of the latest whole run: a repetition may have had another. */
  #tested: Opened | null = null;
  #abort = new AbortController();

  constructor(deps: FullDeps) {
    this.#deps = deps;
    this.#bench = new Bench(deps, new DiagnosticApi(deps));
    this.#sheet = new Sheet(deps.timers, fullChecks, (results) => (this.#results.value = results));
  }

  get phase(): ReadonlySignal<Phase> {
    return this.#phase;
  }

  get results(): ReadonlySignal<readonly Result[]> {
    return this.#results;
  }

  /** Who was asked, for the report and the network team; null when nobody answered. */
  session(): Promise<Opened | null> {
    return this.#tested === null ? this.#bench.opened() : Promise.resolve(this.#tested);
  }

  /** The relays' media addresses, by relay. */
  get offered(): ReadonlyMap<string, readonly Candidate[]> {
    return this.#bench.offered;
  }

  /** Does every check. Sharing the screen waits for a click. */
  async start(): Promise<void> {
    const abort = this.#begin();
    if (abort === null) return;
    this.#sheet.clear();
    await this.#bench.renew();
    await this.#all(abort.signal);
    this.#tested = await this.#bench.opened();
    this.#end(abort);
  }

  /** What runs is given up; what was found stays. */
  stop(): void {
    this.#abort.abort();
  }

  /** Does one check again; the four that need the same picture are done together. */
  async repeat(check: CheckName): Promise<void> {
    const abort = this.#begin();
    if (abort === null) return;
    await this.#bench.renew();
    if (loopChecks.some((one) => one === check)) await this.#loop(abort.signal);
    else await this.#do(check, abort.signal);
    this.#end(abort);
  }

  #begin(): AbortController | null {
    if (this.#phase.value === 'running') return null;
    this.#abort = new AbortController();
    this.#phase.value = 'running';
    return this.#abort;
  }

  #end(abort: AbortController): void {
    this.#phase.value = abort.signal.aborted ? 'stopped' : 'done';
  }

  async #all(signal: AbortSignal): Promise<void> {
    const asked = canCapture(this.#deps) ? captureAsked : unable;
    this.#sheet.set(resultOf('capture', asked, 0));
    for (const check of local) await this.#do(check, signal);
    for (const check of ['api', 'reach', 'clock', 'mtu', 'websocket', 'poll'] as const) {
      await this.#do(check, signal);
    }
    // Beside the others: it takes half a minute in which nothing is to be done.
    const quiet = this.#do('idle', signal);
    const left: CheckName[] = [...wayChecks, ...families, 'nat'];
    const lane = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        await this.#do(next, signal);
      }
    };
    await Promise.all([lane(), lane()]);
    await this.#loop(signal);
    await quiet;
  }

  #do(check: CheckName, signal: AbortSignal): Promise<Result> {
    return this.#sheet.fill(check, signal, () => this.#runs[check](signal));
  }

  readonly #runs: Readonly<Record<CheckName, Run>> = {
    browser: () => browser(this.#deps),
    secure: () => secure(this.#deps),
    webrtc: () => webrtc(this.#deps),
    codecs: () => codecs(this.#deps),
    cookies: () => cookies(this.#deps),
    storage: () => storage(this.#deps.storage),
    software: () => software(this.#deps),
    api: () => api(this.#bench),
    clock: () => clock(this.#bench),
    reach: (signal) => reach(this.#bench, signal),
    websocket: (signal) => control(this.#bench, 'websocket', signal),
    poll: (signal) => control(this.#bench, 'poll', signal),
    media: () => noLoop,
    udp: (signal) => this.#way('udp', signal),
    tcp: (signal) => this.#way('tcp', signal),
    turn: (signal) => this.#way('turn', signal),
    'turn-tcp': (signal) => this.#way('turn-tcp', signal),
    turns: (signal) => this.#way('turns', signal),
    ipv4: (signal) => this.#connected(() => addressFamily(this.#bench, 'ipv4', signal)),
    ipv6: (signal) => this.#connected(() => addressFamily(this.#bench, 'ipv6', signal)),
    nat: () => this.#connected(() => nat(this.#bench, this.#sheet.of('udp').state === 'passed')),
    mtu: async () => {
      await this.#bench.session();
      return mtu(this.#bench);
    },
    idle: (signal) =>
      this.#connected(() =>
        idle(this.#bench, this.#sheet.of('websocket').state !== 'failed', signal),
      ),
    bandwidth: () => noLoop,
    quality: () => noLoop,
    decode: () => noLoop,
    text: () => noLoop,
    capture: (signal) => capture(this.#deps, signal),
  };

  #way(check: WayCheck, signal: AbortSignal): Outcome | Promise<Outcome> {
    return this.#connected(() => way(this.#bench, check, signal));
  }

  #connected(run: () => Promise<Outcome>): Outcome | Promise<Outcome> {
    if (this.#sheet.of('webrtc').state === 'failed')
      return { state: 'skipped', finding: 'needs.webrtc' };
    return run();
  }

  /** One picture answers four questions. */
  async #loop(signal: AbortSignal): Promise<void> {
    let seen: Promise<Loop | null> | null = null;
    const ways = wayChecks.map((check) => this.#sheet.of(check).state);
    const shut = ways.every((state) => state === 'failed' || state === 'skipped');
    await Promise.all(
      loopChecks.map((check) =>
        this.#sheet.fill(check, signal, () =>
          this.#connected(async () => {
            if (shut) return { state: 'skipped', finding: 'needs.way' };
            const found = await (seen ??= loop(this.#bench, this.#deps, signal));
            return found === null ? noLoop : judges[check](found);
          }),
        ),
      ),
    );
  }
}

const unable: Outcome = { state: 'skipped', finding: 'capture.unable' };
