import type { JoinToken } from './api.ts';
import { board } from './surface.ts';

/** What somebody may do on the stage, as the signed permissions say; the relay decides by the same. */
export interface Rights {
  /** Points at everything. */
  points: boolean;
  /** Shows things to all, clears, erases what others drew. */
  presents: boolean;
  /** Draws over shares and pages. */
  drawsOver: boolean;
}

export function rightsOf(grant: JoinToken | null): Rights {
  const permissions = grant?.permissions ?? [];
  const points = permissions.includes('annotate');
  return {
    points,
    presents: permissions.includes('share') || permissions.includes('moderate'),
    drawsOver: points && grant?.participant.role !== 'guest',
  };
}

/** A guest draws on the whiteboard, and only points at what somebody shares. */
export function drawsOn(surface: string, { points, drawsOver }: Rights): boolean {
  return surface === board ? points : drawsOver;
}
