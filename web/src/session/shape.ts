/** Readers for what comes from outside: each gives the typed value or throws a ShapeError. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(`${where} is not an object`);
  }
  return value as Fields;
}

/** False when it is absent. */
export function flag(from: Fields, key: string): boolean {
  const value = from[key] ?? false;
  if (typeof value !== 'boolean') throw new ShapeError(`${key} is neither true nor false`);
  return value;
}

export function count(from: Fields, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ShapeError(`${key} is not a count`);
  }
  return value;
}

/** An item of a list that is a whole number, not negative. */
export function whole(item: unknown): number {
  if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < 0) {
    throw new ShapeError('an item of a list is not a whole number');
  }
  return item;
}

export function text(from: Fields, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new ShapeError(`${key} is not a text`);
  return value;
}

/** A text that must say something: an id, an address. */
export function named(from: Fields, key: string): string {
  const value = text(from, key);
  if (value === '') throw new ShapeError(`${key} is empty`);
  return value;
}

/** A text that may be left out; then it is empty. */
export function optionalText(from: Fields, key: string): string {
  const value = from[key];
  return value === undefined || value === null ? '' : text(from, key);
}

export function oneOf<T extends string>(from: Fields, key: string, allowed: readonly T[]): T {
  const value = text(from, key);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new ShapeError(`${key} has an unknown value`);
  return found;
}

export function list<T>(from: Fields, key: string, read: (item: unknown) => T): T[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new ShapeError(`${key} is not a list`);
  return value.map(read);
}

export function textItem(item: unknown): string {
  if (typeof item !== 'string') throw new ShapeError('an item of a list is not a text');
  return item;
}
