import type { JSX } from 'preact';
import type { Reason, Standing, Status } from '../../session/attendance.ts';
import type { Publication } from '../../session/wire.ts';
import type { Work } from '../../session/work.ts';
import type { Key } from '../../text/en.ts';
import { useBoardText } from '../../text/board/board.ts';
import type { Language, Translate } from '../../text/texts.ts';
import { problemText } from '../../ui/problems.ts';
import { useServices, useText } from '../../ui/services.ts';

/** One line that always says where things stand; changes are announced. */
export function StateLine({ work }: { work: Work }): JSX.Element {
  const { texts } = useServices();
  const t = useText();
  const { t: b } = useBoardText();
  const { attendance, stage } = work;
  const status = attendance.status.value;
  const kind = stage.kind.value;
  // Whoever looks at the whiteboard or a document is not told what becomes of the picture.
  const aside =
    kind !== 'share' && pictureOnly.includes(status.standing) && status.reason !== 'control';
  return (
    <p
      class={aside ? 'state aside' : 'state'}
      role="status"
      data-testid="tool-state"
      data-state={status.standing}
      data-reason={status.reason}
      data-share={attendance.viewed.value?.id ?? ''}
    >
      {aside ? (
        <strong class="chip live">{b(`stage.${kind}`)}</strong>
      ) : (
        <>
          <strong class={`chip ${status.standing}`}>
            {t(status.reason === 'presenter' ? 'state.frozen.still' : `state.${status.standing}`)}
          </strong>{' '}
          <span class="state-text">
            {stateText(status, attendance.viewed.value, t, texts.language.value)}
          </span>
        </>
      )}
    </p>
  );
}

const pictureOnly: readonly Standing[] = ['waiting', 'live', 'frozen', 'reconnecting'];

const connecting: Readonly<Partial<Record<Reason, Key>>> = {
  'first-picture': 'state.connecting.first',
  blocked: 'state.connecting.blocked',
};

const frozen: Readonly<Partial<Record<Reason, Key>>> = {
  format: 'state.frozen.format',
  black: 'state.frozen.black',
  presenter: 'state.frozen.presenter',
};

/** What is going on, and whether the guest has to do something. */
export function stateText(
  { standing, reason, problem }: Status,
  share: Publication | null,
  t: Translate,
  language: Language,
): string {
  switch (standing) {
    case 'lobby':
      return t('lobby.text');
    case 'connecting':
      if (problem !== null) return problemText(problem, t, language);
      return t(connecting[reason] ?? 'state.connecting.text');
    case 'waiting':
      return t(reason === 'stopped' ? 'state.waiting.stopped' : 'state.waiting.text');
    case 'live':
      return t('state.live.text', { name: share?.name ?? '', label: share?.label ?? '' });
    case 'reconnecting':
      return t(reason === 'control' ? 'state.reconnecting.control' : 'state.reconnecting.media');
    case 'frozen':
      return t(frozen[reason] ?? 'state.frozen.undecodable', { format: share?.video ?? '' });
    case 'ended':
      return t(reason === 'refused' ? 'state.ended.refused' : 'state.ended.text');
    case 'removed':
      return t('state.removed.text');
    case 'replaced':
      return t('state.replaced.text');
  }
}
