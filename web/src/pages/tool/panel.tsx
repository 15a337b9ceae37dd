import './panel.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Status } from '../../session/attendance.ts';
import type { Work } from '../../session/work.ts';
import { useDocumentsText } from '../../text/documents/documents.ts';
import { Bridges } from '../../ui/bridges.tsx';
import { useServices, useText } from '../../ui/services.ts';
import { Skeleton } from '../../ui/surface.tsx';
import { Tabs, type Tab } from '../../ui/tabs.tsx';
import { Doorkeeper } from './door.tsx';
import { DocumentsTab } from './documents/panel.tsx';
import { Participants, type ParticipantsProps } from './participants.tsx';
import { Shares } from './shares.tsx';
import { Announcer, PollHint, useRefusals } from './talk/notices.tsx';
import { useTalkTabs } from './talk/tabs.tsx';
import { Talk } from './talk/talk.ts';
import { WatchedSaid } from './watched.tsx';

/** What lies beside the picture: who is there, and what they do together. */
export function Panel({ work }: { work: Work }): JSX.Element {
  const t = useText();
  const { t: d } = useDocumentsText();
  const selected = useSignal('conference');
  const talk = useMemo(() => new Talk(selected), [selected]);
  useRefusals(work);
  const tabs: Tab[] = [
    {
      id: 'conference',
      label: t('tool.panel.conference'),
      icon: 'people',
      content: <Conference work={work} talk={talk} />,
    },
    ...useTalkTabs(work, talk),
    {
      id: 'documents',
      label: d('tab'),
      icon: 'file',
      content: <DocumentsTab work={work} />,
    },
  ];
  return (
    <aside class="panel">
      <Doorkeeper attendance={work.attendance} />
      <Announcer work={work} />
      <WatchedSaid work={work} />
      <PollHint work={work} talk={talk} />
      <Tabs
        label={t('tool.panel')}
        tabs={tabs}
        selected={selected.value}
        onSelect={(id) => (selected.value = id)}
      />
    </aside>
  );
}

function Conference({ work, talk }: ParticipantsProps): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const { control, status } = work.attendance;
  // Lists that come one after the other would push each other down.
  if (control.room.value === null && isOnTheWay(status.value)) return <Skeleton lines={6} />;
  return (
    <>
      <Shares work={work} />
      <Participants work={work} talk={talk} />
      <section aria-labelledby="voice">
        <h2 id="voice">{t('tool.bridges')}</h2>
        <Bridges bridges={portal.admission.value?.conference.bridges ?? []} />
      </section>
    </>
  );
}

/** Nothing is wrong so far: the list of who is there comes in a moment. */
function isOnTheWay({ standing, problem }: Status): boolean {
  return standing === 'connecting' && problem === null;
}
