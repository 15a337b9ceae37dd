import './selftest.css';
import { useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';

export interface RunProps {
  onDone: () => void;
}

type Loaded = ComponentType<RunProps>;

/** A short test before the conference, in place; its code is loaded when it is wanted. */
export function SelfTest({ level = 2 }: { level?: 2 | 3 }): JSX.Element {
  const { t } = useEntranceText();
  const run = useSignal<{ what: Loaded; round: number } | null>(null);
  const busy = useSignal(false);
  const failed = useSignal(false);
  const rounds = useRef(0);
  const start = async () => {
    busy.value = true;
    failed.value = false;
    try {
      const { Run } = await import('./run.tsx');
      run.value = { what: Run, round: ++rounds.current };
    } catch {
      failed.value = true;
      busy.value = false;
    }
  };
  const Heading = `h${level}` as const;
  const Shown = run.value?.what;
  return (
    <section class="selftest" aria-labelledby="selftest" data-testid="selftest">
      <Heading id="selftest">{t('test.title')}</Heading>
      <p>{t('test.lead')}</p>
      <Button testid="selftest-run" busy={busy.value} onClick={() => void start()}>
        {t(run.value === null ? 'test.run' : 'test.again')}
      </Button>
      {failed.value && (
        <Alert kind="refusal" testid="selftest-failed">
          <p>{t('test.failed')}</p>
        </Alert>
      )}
      {Shown && <Shown key={run.value?.round} onDone={() => (busy.value = false)} />}
    </section>
  );
}
