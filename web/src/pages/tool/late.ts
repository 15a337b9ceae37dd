import { useSignal, useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { Work } from '../../session/work.ts';

export type Rest = typeof import('./rest.tsx');

/** Past this it does not wait for the picture any longer. */
const patience = 8000;

/**
 * The rest of the tool, which leaves the way to the first picture: on a narrow one its code takes seconds. Null until it
 * is there.
 */
export function useRest(work: Work): Rest | null {
  const rest = useSignal<Rest | null>(null);
  const asked = useRef(false);
  const fetch = useCallback(() => {
    if (asked.current) return;
    asked.current = true;
    import('./rest.tsx').then(
      (found) => (rest.value = found),
      () => (asked.current = false), // the network is away: asked again when something changes
    );
  }, [rest]);
  useSignalEffect(() => {
    if (work.attendance.status.value.standing !== 'connecting') fetch();
  });
  useEffect(() => {
    const timer = setTimeout(fetch, patience);
    return () => clearTimeout(timer);
  }, [fetch]);
  return rest.value;
}
