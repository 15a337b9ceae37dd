/** The way for who is there, who speaks and what is asked: a WebSocket, or requests that wait. */
import type { Carrier, Hearing } from '../../carrier.ts';
import { PollCarrier } from '../../poll.ts';
import { asProblem, Problem } from '../../problem.ts';
import { SocketCarrier } from '../../socket.ts';
import type { TestRelay } from '../api.ts';
import type { Bench } from '../bench.ts';
import type { DiagnosticDeps } from '../deps.ts';
import { together, type Outcome, type Part } from '../result.ts';
import { placeOf } from './place.ts';

export type ControlKind = 'websocket' | 'poll';

/** What a try over one carrier gave. */
export interface Heard {
  /** Milliseconds to the relay's first word; null when it did not come. */
  took: number | null;
  /** Close code of what ended before; 0 without one. */
  code: number;
  problem: Problem | null;
}

export const controlPatience = 5000;

/** Says hello to one relay, and leaves when it has answered. */
export async function hello(
  deps: DiagnosticDeps,
  kind: ControlKind,
  relay: TestRelay,
  token: string,
  signal: AbortSignal,
  milliseconds = controlPatience,
): Promise<Heard> {
  const begun = deps.timers.now();
  return new Promise((done) => {
    let carrier: Carrier | null = null;
    const settle = (heard: Heard): void => {
      cancel();
      signal.removeEventListener('abort', give);
      carrier?.close();
      done(heard);
    };
    const give = (): void => settle({ took: null, code: 0, problem: new Problem('timeout') });
    const cancel = deps.timers.after(milliseconds, give);
    signal.addEventListener('abort', give);
    const hearing: Hearing = {
      heard(read) {
        try {
          if (read()?.type !== 'room.state') return;
          settle({ took: Math.round(deps.timers.now() - begun), code: 0, problem: null });
        } catch (cause) {
          settle({ took: null, code: 0, problem: asProblem(cause) });
        }
      },
      closed: (code, problem) => settle({ took: null, code, problem }),
    };
    try {
      carrier = carrierOf(deps, kind, relay, token, hearing);
    } catch (cause) {
      settle({ took: null, code: 0, problem: asProblem(cause) });
    }
  });
}

export function carrierOf(
  deps: DiagnosticDeps,
  kind: ControlKind,
  { relay }: TestRelay,
  token: string,
  hearing: Hearing,
): Carrier {
  if (kind === 'poll') {
    return new PollCarrier(deps, relay.control.replace(/^ws/, 'http'), token, hearing);
  }
  return new SocketCarrier((url, name) => deps.socket(url, name), relay.control, token, hearing);
}

/** The same for each relay, one after the other: a participant has one channel at a time. */
export async function control(
  bench: Bench,
  kind: ControlKind,
  signal: AbortSignal,
): Promise<Outcome> {
  const { relays } = await bench.session();
  const parts: Part[] = [];
  const facts: object[] = [];
  for (const relay of relays) {
    const heard = await hello(bench.deps, kind, relay, await bench.token(relay), signal);
    const place = placeOf(relay);
    const { took, code, problem } = heard;
    facts.push({ relay: relay.id, milliseconds: took, code, problem: problem?.code ?? '' });
    parts.push(
      took === null
        ? { place, state: 'failed', finding: `${kind}.shut` }
        : { place, state: 'passed', finding: `${kind}.open`, fill: { took } },
    );
  }
  const state = together(parts);
  const finding = { passed: 'open', warning: 'some', failed: 'shut', skipped: 'shut' } as const;
  const first = parts.find((part) => part.state === 'passed')?.fill ?? {};
  return {
    state,
    finding: `${kind}.${finding[state]}`,
    fill: first,
    facts: { relays: facts },
    parts,
  };
}
