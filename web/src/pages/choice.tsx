import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { JoinWay } from '../session/ways.ts';
import { Alert } from '../ui/alert.tsx';
import { Icon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { useServices, useText } from '../ui/services.ts';
import type { Joining } from './launch/joining.ts';

interface Software {
  parts: typeof import('./launch/software.tsx');
  joining: Joining;
}

/** With or without installation. What concerns the software is fetched with the page. */
export function Choice(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const asked = useSignal(false);
  const { software, failed, load } = useSoftware();
  useEffect(() => {
    asked.value = portal.takeChosen();
    void load(asked.peek());
  }, [asked, portal, load]);
  const conference = portal.admission.value?.conference;
  // Who wants it to be remembered has asked for that before.
  const choose = (way: JoinWay) => portal.ways.read() !== null && portal.ways.keep(way);
  return (
    <Page
      page={t('choice.page')}
      title={t('choice.title')}
      lead={t('choice.lead', { conference: conference?.title || conference?.name || '' })}
    >
      <div class="choices">
        <button
          type="button"
          class="choice recommended"
          data-testid="choice-browser"
          onClick={() => {
            choose('browser');
            portal.router.go('/conference');
          }}
        >
          <Icon name="globe" />
          <span class="choice-title">{t('choice.browser')}</span>
          <span class="choice-text">{t('choice.browser.text')}</span>
          <span class="badge good">{t('choice.browser.badge')}</span>
        </button>
        <button
          type="button"
          class="choice"
          data-testid="choice-software"
          aria-expanded={asked.value}
          onClick={() => {
            choose('software');
            asked.value = true;
            if (software !== null) void software.joining.start();
            else void load(true);
          }}
        >
          <Icon name="download" />
          <span class="choice-title">{t('choice.software')}</span>
          <span class="choice-text">{t('choice.software.text')}</span>
          <span class="badge">
            {software !== null && <software.parts.Offered joining={software.joining} />}
          </span>
        </button>
      </div>
      {software !== null && <software.parts.Below joining={software.joining} asked={asked.value} />}
      {failed && asked.value && (
        <Alert kind="refusal" testid="software-failed">
          <p>{t('problem.network')}</p>
        </Alert>
      )}
    </Page>
  );
}

interface Loading {
  software: Software | null;
  failed: boolean;
  /** Again, where it failed before; starts it then, if it is wanted. */
  load(start: boolean): Promise<void>;
}

function useSoftware(): Loading {
  const { portal, outside } = useServices();
  const software = useSignal<Software | null>(null);
  const failed = useSignal(false);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      software.peek()?.joining.close();
    };
  }, [software]);
  const load = useCallback(
    async (start: boolean) => {
      failed.value = false;
      try {
        const parts = await import('./launch/software.tsx');
        if (gone.current) return;
        software.value ??= {
          parts,
          joining: parts.joiningOf(outside, portal.admission.peek()?.conference),
        };
        if (start) await software.value.joining.start();
      } catch {
        failed.value = true; // the browser's way is there all the same
      }
    },
    [software, failed, portal, outside],
  );
  return { software: software.value, failed: failed.value, load };
}
