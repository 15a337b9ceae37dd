import './ink.css';
import { Component, type JSX } from 'preact';
import { useSignal, type Signal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Drawings } from '../../../session/drawing.ts';
import { extent } from '../../../session/surface.ts';
import type { DrawnShape } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { Instruments } from './instruments.ts';
import { letterOf, paper, pathOf, rowsOf, strokeOf } from './shapes.ts';
import { Writer } from './writer.tsx';

export interface OverlayProps {
  work: Work;
  instruments: Instruments;
  surface: string;
  /** Where it lies, for those who draw on it. */
  place: { current: HTMLDivElement | null };
}

/** What is drawn and pointed at over a surface: fills whatever it is put into. */
export function Overlay({ work, instruments, surface, place }: OverlayProps): JSX.Element {
  const own = useRef<HTMLDivElement>(null);
  const ratio = useSignal(9 / 16);
  useRatio(own, place, ratio);
  const writing = instruments.writing.value;
  return (
    <div ref={own} class="ink" data-testid="ink" data-surface={surface}>
      <Shapes drawings={work.drawing} surface={surface} ratio={ratio.value} />
      <OthersPointers work={work} surface={surface} />
      {writing?.surface === surface && (
        <Writer key={writing.key} work={work} instruments={instruments} writing={writing} />
      )}
    </div>
  );
}

/** The height of the surface over its width, however large it is shown. */
function useRatio(
  own: { current: HTMLDivElement | null },
  place: OverlayProps['place'],
  ratio: Signal<number>,
): void {
  useLayoutEffect(() => {
    const element = own.current;
    if (element === null) return undefined;
    place.current = element;
    const measure = () => {
      const { width, height } = element.getBoundingClientRect();
      if (width === 0 || height === 0) return;
      // Zooming changes the last digits only.
      const found = Math.round((1000 * height) / width) / 1000;
      if (Math.abs(found - ratio.peek()) > 0.0011) ratio.value = found;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
      if (place.current === element) place.current = null;
    };
  }, [own, place, ratio]);
}

interface ShapesProps {
  drawings: Drawings;
  surface: string;
  ratio: number;
}

function Shapes({ drawings, surface, ratio }: ShapesProps): JSX.Element {
  const shapes = drawings.on(surface);
  return (
    <svg
      class="shapes"
      viewBox={`0 0 ${paper} ${Math.round(paper * ratio)}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-testid="shapes"
      data-count={shapes.length}
    >
      {shapes.map((shape) => (
        <Mark key={`${shape.participant} ${shape.key}`} shape={shape} ratio={ratio} />
      ))}
    </svg>
  );
}

interface MarkProps {
  shape: DrawnShape;
  ratio: number;
}

/** One shape: drawn again only when it has changed, whatever else has. */
class Mark extends Component<MarkProps> {
  override shouldComponentUpdate({ shape, ratio }: MarkProps): boolean {
    return shape !== this.props.shape || ratio !== this.props.ratio;
  }

  override render({ shape, ratio }: MarkProps): JSX.Element {
    const facts = { 'data-testid': 'shape', 'data-tool': shape.tool, 'data-key': shape.key };
    if (shape.tool === 'text') {
      return (
        <text class="mark-text" fill={shape.colour} font-size={letterOf(shape)} {...facts}>
          {rowsOf(shape, ratio).map(({ text, x, y }, row) => (
            <tspan key={row} x={x} y={y}>
              {text}
            </tspan>
          ))}
        </text>
      );
    }
    return (
      <path
        class={`mark ${shape.tool}`}
        d={pathOf(shape, ratio)}
        stroke={shape.colour}
        stroke-width={strokeOf(shape)}
        {...facts}
      />
    );
  }
}

function OthersPointers({ work, surface }: { work: Work; surface: string }): JSX.Element {
  const others = [...work.pointers.others.value].filter(([, at]) => at.surface === surface);
  return (
    <>
      {others.map(([participant, { name, x, y }]) => (
        <Pointed key={participant} name={name} x={x} y={y} />
      ))}
    </>
  );
}

function Pointed({ name, x, y }: { name: string; x: number; y: number }): JSX.Element {
  const style = useMemo(
    () => ({ left: `${(100 * x) / extent}%`, top: `${(100 * y) / extent}%` }),
    [x, y],
  );
  // Near the right edge the name lies on the other side, so that it can be read.
  const side = x > 0.8 * extent ? 'pointed left' : 'pointed';
  return (
    <div class={side} style={style} aria-hidden="true" data-testid="pointed" data-x={x} data-y={y}>
      <svg viewBox="0 0 24 24" focusable="false">
        <path d="M2 2l17 8.500-7 2-3.500 7z" />
      </svg>
      <bdi>{name}</bdi>
    </div>
  );
}
