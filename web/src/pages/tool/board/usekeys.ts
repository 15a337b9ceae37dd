import { useEffect } from 'preact/hooks';
import type { Work } from '../../../session/work.ts';
import type { Bench } from './bench.ts';
import { deedOf, isBusy } from './keys.ts';

/** The keys of the picture: they work with the focus in it, or nowhere, and never while somebody types. */
export function useKeys(work: Work, bench: Bench): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isBusy(event.target)) return;
      const nowhere = event.target === document.body;
      const inside = event.target instanceof Node && bench.frame?.contains(event.target) === true;
      if (!nowhere && !inside) return;
      const deed = deedOf(event, bench.letters.peek());
      if (deed !== null && bench.do(deed, work)) event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [work, bench]);
}
