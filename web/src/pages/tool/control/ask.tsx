import './control.css';
import type { JSX } from 'preact';
import type { Publication } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useRemoteText } from '../../../text/remote/remote.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';

export interface ShareProps {
  work: Work;
  share: Publication;
}

/** For internal participants alone, on what somebody shares with the software. */
export function AskControl({ work, share }: ShareProps): JSX.Element | null {
  const { t } = useRemoteText();
  const { remote } = work;
  const state = remote.state.value;
  const asking = state.phase === 'asking' && state.publication === share.id;
  if (!remote.askable(share) || (state.phase !== 'idle' && !asking)) return null;
  const { name, label } = share;
  return (
    <Button
      testid="ask-control"
      icon="pointer"
      label={t('ask.label', { name, label })}
      busy={asking}
      onClick={() => void remote.ask(share)}
    >
      {t('ask')}
    </Button>
  );
}

/** Who controls a share, for everybody. */
export function Controlled({ work, share }: ShareProps): JSX.Element | null {
  const { t } = useRemoteText();
  if (share.controller === '') return null;
  const room = work.attendance.control.room.value;
  const by = room?.participants.find(({ id }) => id === share.controller)?.name ?? '';
  return (
    <p class="small controlled" data-testid="controlled">
      <Icon name="pointer" />
      <span>{share.controller === room?.self ? t('by.you') : t('by', { controller: by })}</span>
    </p>
  );
}
