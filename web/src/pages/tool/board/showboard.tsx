import type { JSX } from 'preact';
import { useBoardText } from '../../../text/board/board.ts';
import type { SegmentsProps } from './segments.tsx';
import { ToolButton } from './toolbutton.tsx';

/** For who presents: the whiteboard for all. */
export function ShowBoard({ work, bench }: SegmentsProps): JSX.Element | null {
  const { t } = useBoardText();
  const { stage } = work;
  if (!work.rights.value.presents || stage.shown.value.kind === 'board') return null;
  return (
    <ToolButton
      testid="show-board"
      icon="all"
      label={t('stage.show.board')}
      onClick={() => {
        stage.show({ kind: 'board', id: '' });
        bench.view?.focus();
      }}
    />
  );
}
