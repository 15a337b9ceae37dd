import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { useServices } from '../../ui/services.ts';
import './desk.css';
import { ReportList } from './list.tsx';
import { OpenReport } from './report.tsx';
import { SignIn } from './signin.tsx';
import { useDeskText } from '../../text/desk/desk.ts';
import { Work } from './work.ts';

/** For support: reports of guests, under a key that is kept in this tab only. */
export function Desk(): JSX.Element {
  const { outside } = useServices();
  const { t } = useDeskText();
  const work = useMemo(() => new Work(outside, outside.session), [outside]);
  useEffect(() => void work.start(), [work]);
  const opened = work.opened.value;
  return (
    <Page
      page={t('page')}
      title={t('title')}
      lead={t('lead')}
      wide
      action={
        <>
          <div class="desk-said" role="status" data-testid="desk-said">
            {work.said.value && t(`said.${work.said.value}`)}
            {work.busy.value && <span class="small">{t('report.loading')}</span>}
          </div>
          {work.signedIn.value && (
            <Button look="quiet" icon="leave" testid="desk-sign-out" onClick={() => work.signOut()}>
              {t('sign.out')}
            </Button>
          )}
        </>
      }
    >
      {work.signedIn.value ? (
        <>
          {opened ? (
            <OpenReport key={opened.about.code} work={work} opened={opened} />
          ) : (
            <ReportList work={work} />
          )}
        </>
      ) : (
        <SignIn work={work} />
      )}
    </Page>
  );
}
