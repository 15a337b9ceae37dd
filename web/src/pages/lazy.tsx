import { useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Alert } from '../ui/alert.tsx';
import { Page } from '../ui/page.tsx';
import { useText } from '../ui/services.ts';

type Module = Promise<ComponentType>;

export const loadTool = (): Module => import('./tool/tool.tsx').then(({ Tool }) => Tool);
/** The tool with what it fetches after its first picture, for who has time before. */
export const loadWholeTool = async (): Promise<void> => {
  await loadTool();
  await import('./tool/rest.tsx');
};
const loadSupport = (): Module => import('./support.tsx').then(({ Support }) => Support);
const loadDesk = (): Module => import('./desk/desk.tsx').then(({ Desk }) => Desk);
const loadPrerequisites = (): Module =>
  import('./prerequisites.tsx').then(({ Prerequisites }) => Prerequisites);
const loadDiagnostic = (): Module =>
  import('./diagnostic/diagnostic.tsx').then(({ DiagnosticPage }) => DiagnosticPage);

const loadHelp = (): Module => import('./help/help.tsx').then(({ Help }) => Help);

export const Tool = later(loadTool);
export const Support = later(loadSupport);
export const Desk = later(loadDesk);
export const Help = later(loadHelp);
export const Prerequisites = later(loadPrerequisites);
export const Diagnostic = later(loadDiagnostic);

/** A page whose code is fetched when it is first shown. */
function later(load: () => Module): ComponentType {
  return function Later(): JSX.Element {
    const t = useText();
    const found = useSignal<{ page: ComponentType } | 'loading' | 'failed'>('loading');
    useEffect(() => {
      load().then(
        (page) => (found.value = { page }),
        () => (found.value = 'failed'),
      );
    }, [found]);
    if (typeof found.value === 'object') {
      const Loaded = found.value.page;
      return <Loaded />;
    }
    if (found.value === 'loading') {
      return (
        <main class="page" id="content" tabIndex={-1}>
          <p class="loading" role="status">
            <span class="spinner" aria-hidden="true" /> {t('tool.loading')}
          </p>
        </main>
      );
    }
    return (
      <Page page={t('tool.page')} title={t('tool.page')}>
        <Alert kind="refusal" testid="refusal">
          <p>{t('tool.loading.failed')}</p>
        </Alert>
      </Page>
    );
  };
}
