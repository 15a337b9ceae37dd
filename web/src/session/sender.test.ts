import { expect, it } from 'vitest';
import { ordered } from './sender.ts';

it('orders the codecs and keeps the rest behind', () => {
  const known = ['video/rtx', 'video/AV1', 'video/H264', 'video/VP8', 'video/VP9'];
  const names = ordered(
    known.map((mimeType) => ({ mimeType, clockRate: 90_000 })),
    ['video/vp9', 'video/vp8'],
  );
  expect(names.map(({ mimeType }) => mimeType)).toEqual([
    'video/VP9',
    'video/VP8',
    'video/rtx',
    'video/AV1',
    'video/H264',
  ]);
});
