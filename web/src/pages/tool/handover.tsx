import type { JSX } from 'preact';
import type { Offering } from '../../session/handover.ts';
import type { Work } from '../../session/work.ts';
import { useBoardText, type BoardText } from '../../text/board/board.ts';
import { Menu } from '../../ui/menu.tsx';

/** For who presents: the others who may, each a click away from going on; and what became of it. */
export function HandoverControl({ work }: { work: Work }): JSX.Element | null {
  const { t } = useBoardText();
  if (!work.rights.value.presents) return null;
  const room = work.attendance.control.room.value;
  const others =
    room?.participants.filter(({ id, presents }) => presents && id !== room.self) ?? [];
  const offering = work.stage.handover.offering.value;
  return (
    <>
      <p
        class="share-state offering"
        role="status"
        data-testid="offering"
        data-answer={offering?.answer}
      >
        {offeringText(offering, t)}
      </p>
      {others.length > 0 && (
        <Menu
          label={t('handover.label')}
          icon="handover"
          testid="handover"
          items={others.map(({ id, name }) => ({
            id,
            label: t('handover.to', { name }),
            onSelect: () => work.stage.offer(id),
          }))}
        />
      )}
    </>
  );
}

function offeringText(offering: Offering | null, t: BoardText['t']): string {
  if (offering === null) return '';
  return t(`handover.${offering.answer}`, { name: offering.name });
}
