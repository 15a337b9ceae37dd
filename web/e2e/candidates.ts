/** Runs in a page before its own scripts: of the relay's addresses, a connection learns those over one transport. */
function keep(transport: string): void {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (
    this: RTCPeerConnection,
    { type, sdp = '' }: RTCSessionDescriptionInit,
  ) {
    const kept = sdp
      .split('\r\n')
      .filter((line) => !line.startsWith('a=candidate:') || line.split(' ')[2] === transport);
    const description = { type, sdp: kept.join('\r\n') };
    return (set as (to: RTCSessionDescriptionInit) => Promise<void>).call(this, description);
  } as typeof set;
}

/** A page's script: the relay is offered over UDP alone, or over TCP alone. */
export const offered = (transport: 'udp' | 'tcp'): string =>
  `(${keep})(${JSON.stringify(transport)})`;

/** Runs in a page: by which of its candidates the latest connection goes, as "TYPE PROTOCOL". */
export const route = `(async () => {
  const report = await negotiated.connections.at(-1).getStats();
  const all = [...report.values()];
  const pair = all.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
  const local = report.get(pair?.localCandidateId);
  return local ? local.candidateType + ' ' + local.protocol : 'none';
})()`;
