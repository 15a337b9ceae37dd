import './control.css';
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { Desk } from '../../../session/remote.ts';
import type { Work } from '../../../session/work.ts';
import { useRemoteText, type RemoteText } from '../../../text/remote/remote.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { useToasts } from '../../../ui/toasts.tsx';
import type { Bench } from '../board/bench.ts';
import { capturesKeys } from './keyboardlock.ts';
import { looksAt } from './looks.ts';
import { noticeText } from './words.ts';

export interface StripProps {
  work: Work;
  bench: Bench;
}

/** Above the picture, as long as somebody controls what it shows: who, whose desktop it is, and the way to end it. */
export function ControlStrip({ work, bench }: StripProps): JSX.Element {
  const { t } = useRemoteText();
  useNotices(work, t);
  const { phase } = work.remote.state.value;
  const { said, hint, deeds } = lineOf({ work, bench, t });
  return (
    <div
      class={said === '' ? 'remote none' : 'remote'}
      data-testid="remote"
      data-phase={phase}
      data-shown={said !== ''}
    >
      {phase === 'asking' ? (
        <span class="spinner" aria-hidden="true" />
      ) : (
        said !== '' && <Icon name="pointer" />
      )}
      <div class="remote-what">
        {/* There from the start: what comes into it is read out. */}
        <p role="status" data-testid="remote-said">
          {said}
        </p>
        {hint !== undefined && <p class="small remote-hint">{hint}</p>}
      </div>
      {deeds}
    </div>
  );
}

interface PartProps extends StripProps {
  t: RemoteText['t'];
}

interface Line {
  said: string;
  hint?: string;
  deeds?: JSX.Element;
}

function lineOf(part: PartProps): Line {
  const { work, t } = part;
  const { remote } = work;
  const state = remote.state.value;
  switch (state.phase) {
    case 'asking':
      return {
        said: t('strip.asking', { name: state.name }),
        deeds: (
          <Button
            testid="remote-cancel"
            onClick={() => {
              remote.cancel();
              // The button goes with what it says.
              part.bench.view?.focus();
            }}
          >
            {t('strip.cancel')}
          </Button>
        ),
      };
    case 'controlling':
      return controlling(part, state);
    case 'idle':
      return controlled(part);
  }
}

function controlling({ work, bench, t }: PartProps, { name, publication }: Desk): Line {
  const full = bench.screen.full.value;
  const here = looksAt(work, publication);
  const typing = bench.keysThere.on.value;
  return {
    said: t('strip.controlling', { name }),
    hint: here ? hintOf(typing, full, t) : t('strip.elsewhere'),
    deeds: (
      <>
        {!(here && typing) && (
          <Button
            testid="remote-back"
            onClick={() => (here ? bench.keysThere.take() : work.stage.watch(publication))}
          >
            {t('strip.back')}
          </Button>
        )}
        {here && !full && bench.screen.fills && capturesKeys() && (
          <Button
            testid="remote-full"
            title={t('strip.full')}
            icon="full"
            onClick={() => bench.screen.toggleFull()}
          >
            {t('strip.wide')}
          </Button>
        )}
        <Button testid="remote-stop" icon="stop" look="danger" onClick={() => work.remote.stop()}>
          {t('strip.stop')}
        </Button>
      </>
    ),
  };
}

function hintOf(typing: boolean, full: boolean, t: RemoteText['t']): string {
  if (!typing) return t('strip.focus');
  const keys = full && capturesKeys() ? 'strip.keys.full' : 'strip.keys';
  return t(keys, { stop: t('key.stop'), leave: t('key.leave') });
}

/** For everybody else, of the share that they look at; of an own share always. */
function controlled({ work, bench, t }: PartProps): Line {
  const { attendance, remote } = work;
  const room = attendance.control.room.value;
  const shares = room?.publications.filter(({ controller }) => controller !== '') ?? [];
  const own = shares.find(({ participant }) => participant === room?.self);
  const share = own ?? shares.find(({ id }) => looksAt(work, id));
  if (share === undefined) return { said: '' };
  const controller = room?.participants.find(({ id }) => id === share.controller)?.name ?? '';
  if (own === undefined) return { said: t('strip.other', { controller, name: share.name }) };
  const end = (
    <Button
      testid="remote-end"
      icon="stop"
      look="danger"
      onClick={() => {
        remote.takeBack(own.id);
        bench.view?.focus();
      }}
    >
      {t('strip.end')}
    </Button>
  );
  const said = t('strip.own', { controller });
  return remote.given(own.id) === '' ? { said } : { said, deeds: end };
}

/** What became of it passes as a toast. */
function useNotices({ remote }: Work, t: RemoteText['t']): void {
  const toasts = useToasts();
  useSignalEffect(() => {
    const notice = remote.notice.value;
    if (notice === null) return;
    toasts.say(noticeText(notice, t), 'notice');
    remote.forgive();
  });
}
