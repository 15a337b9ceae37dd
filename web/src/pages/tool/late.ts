import { useSignal, useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { Work } from '../../session/work.ts';

export type Rest = typeof import('./rest.tsx');

/** A function of its own: the build takes what follows an import at once for a part of it, and its styles can fail too. */
const load = async (): Promise<Rest> => import('./rest.tsx');

/** Past this it does not wait for the picture any longer. */
const patience = 8000;
/** Between two tries to fetch it. */
const pause = 3000;

/**
 * The rest of the tool, which leaves the way to the first picture: on a narrow one its code takes seconds. Null until it
 * is there.
 */
export function useRest(work: Work): Rest | null {
  const rest = useSignal<Rest | null>(null);
  const asked = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const gone = useRef(false);
  const fetch = useCallback(() => {
    if (asked.current) return;
    asked.current = true;
    load().then(
      (found) => (rest.value = found),
      // The network is away: again when something changes, or after a while.
      () => {
        asked.current = false;
        if (gone.current) return;
        clearTimeout(timer.current);
        timer.current = setTimeout(fetch, pause);
      },
    );
  }, [rest]);
  useSignalEffect(() => {
    if (work.attendance.status.value.standing !== 'connecting') fetch();
  });
  useEffect(() => {
    timer.current = setTimeout(fetch, patience);
    return () => {
      clearTimeout(timer.current);
      gone.current = true;
    };
  }, [fetch]);
  return rest.value;
}
