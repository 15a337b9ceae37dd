import type { Work } from '../../../session/work.ts';
import { useTalkText } from '../../../text/talk/talk.ts';
import type { Tab } from '../../../ui/tabs.tsx';
import { Chat } from './chat.tsx';
import { Polls } from './polls.tsx';
import { Questions } from './questions.tsx';
import type { Talk } from './talk.ts';

/** What the participants say, ask and decide, as tabs of the panel. */
export function useTalkTabs(work: Work, talk: Talk): Tab[] {
  const { t } = useTalkText();
  const { chat, people, polls } = work;
  const open = chat.messages.value.filter(({ question, answered }) => question && !answered);
  // Who presents has something to do there.
  const asked = people.presents.value ? people.hands.value.length + open.length : 0;
  return [
    {
      id: 'chat',
      label: t('tab.chat'),
      icon: 'chat',
      count: chat.unread.value,
      content: <Chat work={work} talk={talk} />,
    },
    {
      id: 'questions',
      label: t('tab.questions'),
      icon: 'hand',
      count: asked,
      content: <Questions work={work} talk={talk} />,
    },
    {
      id: 'polls',
      label: t('tab.polls'),
      icon: 'poll',
      count: polls.fresh.value.length,
      content: <Polls work={work} talk={talk} />,
    },
  ];
}
