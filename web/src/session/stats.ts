/** What we read from RTCPeerConnection.getStats(). */
export interface PictureCounts {
  packets: number;
  framesReceived: number;
  framesDecoded: number;
  width: number;
  height: number;
}

export type Entry = Readonly<Record<string, unknown>>;

export function entries(stats: RTCStatsReport): Entry[] {
  const found: Entry[] = [];
  stats.forEach((entry: Entry) => found.push(entry));
  return found;
}

function count(entry: Entry, key: string): number {
  const value = entry[key];
  return typeof value === 'number' ? value : 0;
}

/** Grows whenever anything arrives from the relay: media, or its answer to a sign-of-life check. */
export function activityOf(stats: RTCStatsReport): number {
  let sum = 0;
  for (const entry of entries(stats)) {
    if (entry['type'] === 'candidate-pair') {
      sum += count(entry, 'bytesReceived') + count(entry, 'responsesReceived');
    } else if (entry['type'] === 'transport' || entry['type'] === 'inbound-rtp') {
      sum += count(entry, 'bytesReceived');
    }
  }
  return sum;
}

export function pictureOf(stats: RTCStatsReport): PictureCounts | null {
  const entry = entries(stats).find(
    (candidate) => candidate['type'] === 'inbound-rtp' && candidate['kind'] === 'video',
  );
  if (!entry) return null;
  return {
    packets: count(entry, 'packetsReceived'),
    framesReceived: count(entry, 'framesReceived'),
    framesDecoded: count(entry, 'framesDecoded'),
    width: count(entry, 'frameWidth'),
    height: count(entry, 'frameHeight'),
  };
}
