/** The portal's own server. */
import { asProblem } from '../../problem.ts';
import type { Bench } from '../bench.ts';
import type { Outcome } from '../result.ts';

/** An answer that takes longer is felt at every step. */
const slow = 1500;

export async function api(bench: Bench, milliseconds?: number): Promise<Outcome> {
  try {
    const session = await bench.session(milliseconds);
    const took = Math.round(session.took);
    const facts = { milliseconds: took, family: session.client.family };
    return took > slow
      ? { state: 'warning', finding: 'api.slow', fill: { took }, facts }
      : { state: 'passed', finding: 'api.quick', fill: { took }, facts };
  } catch (cause) {
    const { code, status } = asProblem(cause);
    const facts = { code, status };
    if (code !== 'network' && code !== 'timeout') {
      // It answers, which is what matters here.
      return { state: 'warning', finding: 'api.refused', fill: { code }, facts };
    }
    const offline = bench.deps.browser.navigator.onLine === false;
    return { state: 'failed', finding: offline ? 'api.offline' : 'api.silent', facts };
  }
}
