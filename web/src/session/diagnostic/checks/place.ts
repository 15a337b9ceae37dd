import type { TestRelay } from '../api.ts';

/** How a relay is called in front of people. */
export function placeOf({ region, id }: TestRelay): string {
  return region === '' || region === id ? id : `${region} (${id})`;
}
