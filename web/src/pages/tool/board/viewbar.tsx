import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Work } from '../../../session/work.ts';
import { useBoardText, type BoardText } from '../../../text/board/board.ts';
import { Menu, type MenuItem } from '../../../ui/menu.tsx';
import type { Bench } from './bench.ts';
import { allowed } from './instruments.ts';
import type { Deed } from './keys.ts';
import { keysOf } from './keys.ts';
import { ToolButton } from './toolbutton.tsx';

export interface ViewbarProps {
  work: Work;
  bench: Bench;
}

/** How the picture is looked at. On a narrow screen some of it is in a menu. */
export function Viewbar({ work, bench }: ViewbarProps): JSX.Element {
  const { t } = useBoardText();
  const narrow = useNarrow();
  const { viewport, screen } = bench;
  const percent = Math.round(100 * viewport.scale.value);
  const act = (deed: Deed) => () => void bench.do(deed, work);
  return (
    <div class="viewbar">
      {!narrow && <Fittings work={work} bench={bench} t={t} />}
      <div class="tools" role="group" aria-label={t('view.zoom')}>
        <ToolButton
          testid="farther"
          icon="farther"
          label={t('keys.farther')}
          keys="-"
          onClick={act('farther')}
        />
        <output class="percent" aria-label={t('view.zoom')} data-testid="zoom">
          {t('view.percent', { percent })}
        </output>
        <ToolButton
          testid="nearer"
          icon="nearer"
          label={t('keys.nearer')}
          keys="+"
          onClick={act('nearer')}
        />
      </div>
      <div class="tools" role="group" aria-label={t('view.screen')}>
        {screen.fills && (
          <ToolButton
            testid="fullscreen"
            icon="full"
            label={t('keys.full')}
            keys="F"
            pressed={screen.full.value}
            onClick={act('full')}
          />
        )}
        {!narrow && screen.insets && (
          <ToolButton
            testid="inset"
            icon="inset"
            label={t('keys.inset')}
            keys="I"
            pressed={screen.inset.value}
            onClick={act('inset')}
          />
        )}
        <ToolsToggle work={work} bench={bench} t={t} />
        <ToolButton
          testid="panel-toggle"
          icon="beside"
          label={t('keys.beside')}
          keys="P"
          expanded={bench.beside.value}
          onClick={act('beside')}
        />
        {!narrow && (
          <ToolButton
            testid="shortcuts"
            icon="keyboard"
            label={t('keys.list')}
            keys="?"
            onClick={act('list')}
          />
        )}
        {narrow && <More work={work} bench={bench} t={t} />}
      </div>
    </div>
  );
}

interface PartProps extends ViewbarProps {
  t: BoardText['t'];
}

function Fittings({ work, bench, t }: PartProps): JSX.Element {
  return (
    <div class="tools" role="group" aria-label={t('view.size')}>
      {(['fit', 'width', 'actual'] as const).map((fitting) => (
        <ToolButton
          key={fitting}
          testid={fitting}
          icon={fitting}
          label={t(`keys.${fitting}`)}
          keys={keysOf[fitting][0]?.toUpperCase() ?? ''}
          pressed={bench.viewport.fitting.value === fitting}
          onClick={() => void bench.do(fitting, work)}
        />
      ))}
    </div>
  );
}

/** Over a share or a page the tools are asked for; guests have a pointer there. */
function ToolsToggle({ work, bench, t }: PartProps): JSX.Element | null {
  const surface = work.stage.surface.value;
  if (work.stage.kind.value === 'board') return null;
  const tools = allowed(surface, work.rights.value);
  if (tools.length < 2) return null;
  const draws = tools.includes('pen');
  return (
    <ToolButton
      testid="tools"
      icon={draws ? 'pen' : 'pointer'}
      label={t(draws ? 'keys.tools' : 'view.point')}
      keys="T"
      expanded={bench.toolsShown(surface)}
      onClick={() => void bench.do('tools', work)}
    />
  );
}

function More({ work, bench, t }: PartProps): JSX.Element {
  const deeds: Deed[] = [
    'fit',
    'width',
    'actual',
    ...(bench.screen.insets ? ['inset' as const] : []),
    'list',
  ];
  const icons = {
    fit: 'fit',
    width: 'width',
    actual: 'actual',
    inset: 'inset',
    list: 'keyboard',
  } as const;
  const items: MenuItem[] = deeds.map((deed) => ({
    id: deed,
    label: t(`keys.${deed as keyof typeof icons}`),
    icon: icons[deed as keyof typeof icons],
    onSelect: () => void bench.do(deed, work),
  }));
  return <Menu label={t('view.more')} icon="dots" testid="more" items={items} />;
}

/** Whether the page is laid out for a phone. */
export function useNarrow(): boolean {
  const query = '(max-width: 56rem)';
  const narrow = useSignal(window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const look = () => (narrow.value = media.matches);
    look();
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, [narrow]);
  return narrow.value;
}
