import { fields, list, optionalText, text } from './shape.ts';

export interface ProblemField {
  /** JSON pointer into the body that was sent, such as `/email`. */
  pointer: string;
  detail: string;
}

/**
 * A refusal of the server (RFC 9457), or one of our own codes: `network` (no answer), `timeout`,
 * `unexpected` (an answer that we cannot read), `waiting` (not yet, without a refusal).
 */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: string;
  readonly status: number;
  /** Seconds to wait, when the server said so. */
  readonly retryAfter: number | null;
  readonly fields: readonly ProblemField[];

  constructor(
    code: string,
    options: {
      status?: number;
      detail?: string;
      retryAfter?: number | null;
      fields?: readonly ProblemField[];
      cause?: unknown;
    } = {},
  ) {
    super(options.detail || code, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 0;
    this.retryAfter = options.retryAfter ?? null;
    this.fields = options.fields ?? [];
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const common = {
    status: response.status,
    retryAfter: retryAfterSeconds(response.headers.get('Retry-After')),
  };
  try {
    const body = fields(await response.json(), 'problem');
    return new Problem(text(body, 'code'), {
      ...common,
      detail: optionalText(body, 'detail'),
      fields: body['errors'] === undefined ? [] : list(body, 'errors', fieldOf),
    });
  } catch (cause) {
    return new Problem('unexpected', { ...common, cause });
  }
}

/** 202 on the way into a conference: somebody has still to let this guest in. */
export function waitingOf(response: Response): Problem {
  const retryAfter = retryAfterSeconds(response.headers.get('Retry-After'));
  return new Problem('waiting', { status: response.status, retryAfter });
}

/** Whatever was thrown, as a Problem. */
export function asProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  if (cause instanceof DOMException && cause.name === 'AbortError') {
    return new Problem('timeout', { cause });
  }
  // fetch reports every failure to reach the server as a TypeError.
  return new Problem(cause instanceof TypeError ? 'network' : 'unexpected', { cause });
}

function fieldOf(item: unknown): ProblemField {
  const from = fields(item, 'error');
  return { pointer: text(from, 'pointer'), detail: optionalText(from, 'detail') };
}

function retryAfterSeconds(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
