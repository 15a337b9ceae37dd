/** What one HTTP answer carries of the control channel where there is no WebSocket. */
import { problemOf } from './problem.ts';
import { fields, list, ShapeError, text, type Fields } from './shape.ts';

export interface Batch {
  /** Messages of the relay before these. */
  after: number;
  messages: unknown[];
  end: { code: number; reason: string } | null;
}

/** A refusal of a hello has a batch too. Throws the Problem of another refusal. */
export async function batchIn(response: Response): Promise<Batch> {
  if (response.ok) return batchOf(fields(await response.json(), 'batch'));
  const problem = await problemOf(response.clone());
  let body: Fields;
  try {
    body = fields(await response.json(), 'refusal');
  } catch {
    throw problem;
  }
  if (body['end'] === undefined) throw problem;
  return batchOf(body);
}

function batchOf(from: Fields): Batch {
  const end = from['end'] === undefined ? null : fields(from['end'], 'end');
  return {
    after: count(from, 'after'),
    messages: list(from, 'messages', (message) => message),
    end: end && { code: count(end, 'code'), reason: text(end, 'reason') },
  };
}

/** A whole number that is not negative. */
function count(from: Fields, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new ShapeError(`${key} is not a number of things`);
  }
  return value;
}
