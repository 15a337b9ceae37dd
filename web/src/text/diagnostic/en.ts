/** English of the diagnostic tool's page. The checks' own texts are in ../checks. */
export const en = {
  page: 'Diagnostic tool',
  title: 'Diagnostic tool',
  lead: 'Finds out what works between this computer and the conference servers, and what to do about the rest.',
  intro:
    'The test takes half a minute to a minute and uses a few megabytes. Nothing is sent to support unless you say so at the end.',
  'intro.inside':
    'You are in a conference. It goes on, but while the test measures the line its picture may stutter.',
  start: 'Start the test',
  again: 'Test again',
  stop: 'Stop',
  progress: 'Checks done: {done} of {all}',
  'progress.label': 'Progress of the test',
  'said.running': 'The test is running.',
  'said.stopped': 'The test was stopped. What was found so far is below.',

  'verdict.passed': 'Everything works. You can take part.',
  'verdict.warning': 'You can take part, but not everything is as it should be.',
  'verdict.failed': 'Something keeps you from taking part.',
  'verdict.skipped': 'Too little was tested to say anything.',

  'state.waiting': 'waiting',
  'state.running': 'running…',
  'state.passed': 'fine',
  'state.warning': 'take note',
  'state.failed': 'failed',
  'state.skipped': 'not rated',

  'group.computer': 'Browser and computer',
  'group.servers': 'Servers',
  'group.ways': 'Ways for the picture',
  'group.network': 'Network',
  'group.picture': 'Picture',
  'row.parts': 'One by one',
  'row.took': 'Took {seconds} s',
  'row.repeat': 'Run this check again',
  'row.repeat.of': 'Run again: {check}',
  'row.capture': 'Try screen sharing',

  'causes.title': 'What is likely behind it',

  'cause.offline': 'This computer has no network.',
  'cause.offline.do': 'Connect it, then test again.',
  'cause.insecure': 'The page was opened without encryption.',
  'cause.insecure.do': 'Open it with https://. Browsers allow live pictures on secure pages only.',
  'cause.browser': 'The browser is too old, or lacks what live pictures need.',
  'cause.browser.do': 'Use a current Chrome, Edge, Firefox or Safari.',
  'cause.webrtc-off': 'An extension or your company has switched off live pictures (WebRTC).',
  'cause.webrtc-off.do': 'Try a private window or another browser, or ask your administrator.',
  'cause.cookies': 'The browser blocks cookies.',
  'cause.cookies.do': 'Allow them for this site: the way into a conference is kept in one.',
  'cause.clock': 'The computer’s clock is wrong.',
  'cause.clock.do': 'Set date, time and time zone. Secure connections fail with a wrong clock.',
  'cause.portal': 'A proxy or firewall blocks the portal, or its server is down.',
  'cause.portal.do':
    'Try another network, for example a telephone’s. If that helps, it is the firewall.',
  'cause.relays-blocked': 'A proxy or firewall blocks the media servers’ names.',
  'cause.relays-blocked.do': 'Give your network team the text below: it names every server.',
  'cause.tls-inspection':
    'A firewall looks into encrypted traffic (TLS inspection) and lets only web pages through.',
  'cause.tls-inspection.do':
    'Ask your network team to exempt the media servers from inspection. Until then use another network.',
  'cause.web-only': 'A firewall lets only encrypted web traffic out.',
  'cause.web-only.do':
    'The picture takes the detour over TURN and TLS, and may lag. Your network team can open UDP.',
  'cause.media-blocked': 'A firewall lets web pages through, but no pictures.',
  'cause.media-blocked.do':
    'Give your network team the text below. Until then use another network, for example that of a phone.',
  'cause.udp-blocked': 'A firewall blocks UDP.',
  'cause.udp-blocked.do':
    'The picture goes over TCP and may lag on a bad line. Your network team can open UDP.',
  'cause.media-port': 'A firewall blocks the media port, but not TURN.',
  'cause.media-port.do':
    'The picture takes the detour over TURN. Your network team can open the media port.',
  'cause.control-blocked':
    'Something between here and the media servers breaks the control channel.',
  'cause.control-blocked.do': 'Give your network team the text below.',
  'cause.websocket-proxy': 'A proxy does not let WebSockets through.',
  'cause.websocket-proxy.do':
    'The replacement works, a little more slowly. Your network team can allow WebSockets.',
  'cause.packets': 'A VPN or tunnel lets only small packets through.',
  'cause.packets.do': 'Try without the VPN. Your network team can raise the MTU.',
  'cause.vpn': 'A VPN, a tunnel or a mobile network may be in the way.',
  'cause.vpn.do': 'Try without the VPN, if you may.',
  'cause.nat': 'The router gives each connection another outside address (symmetric NAT).',
  'cause.nat.do': 'TURN helps. Another network, or another router, works better.',
  'cause.relay-down': 'One media server does not answer, others do.',
  'cause.relay-down.do': 'Send the report: this is for the support desk.',
  'cause.idle': 'A firewall or router forgets connections on which little moves.',
  'cause.idle.do': 'Coopnet reconnects by itself. Your network team can raise the time.',
  'cause.computer': 'This computer is too slow, or busy with something else.',
  'cause.computer.do': 'Close other programs, and plug the charger in.',
  'cause.uplink': 'The line out of here is narrow.',
  'cause.uplink.do': 'Pause uploads and backups, use a cable, or another network.',
  'cause.downlink': 'The line into here is narrow.',
  'cause.downlink.do': 'Pause downloads and films, use a cable, or another network.',
  'cause.loss': 'Packets are lost on the way; often it is the Wi-Fi.',
  'cause.loss.do': 'Go nearer to the Wi-Fi, or use a cable.',
  'cause.distance': 'The way to the media server is long or crowded.',
  'cause.distance.do': 'Try without the VPN: it may lead through another country.',
  'cause.decoder': 'The browser’s decoder fails.',
  'cause.decoder.do':
    'Switch off hardware acceleration in its settings, or update the graphics driver.',
  'cause.capture-permission': 'The system does not let the browser capture the screen.',
  'cause.capture-permission.do':
    'Allow it in the system’s privacy settings, and restart the browser.',
  'cause.capture-black': 'The window chosen is protected, minimised, or drawn past the browser.',
  'cause.capture-black.do': 'Choose another window or the whole screen.',
  'cause.servers': 'The servers’ own clocks differ.',
  'cause.servers.do': 'Send the report: this is for the support desk.',

  'team.title': 'For your network team',
  'team.lead': 'What they need to know, in French and English: copy it into a message.',
  'team.copy': 'Copy the text',
  'team.copied': 'Copied.',
  'team.uncopied': 'The browser did not copy. Select the text and copy it yourself.',
  'team.text': 'Text for the network team',
  'team.head': 'Coopnet: what the network has to let through',
  'team.site': 'Portal: {url}',
  'team.tested': 'Tested on {when}, {browser}. Result: {result}',
  'team.failed': 'What did not work:',
  'team.nothing': 'Everything worked.',
  'check.found': '{check}: {found}',
  'team.causes': 'Likely cause:',
  'team.allow': 'Please allow these outgoing connections:',
  'team.portal': '{host}, TCP {port}: pages and calls (HTTPS)',
  'team.relay': '{host} ({region}):',
  'team.web': 'TCP {port}: HTTPS and WebSocket, without TLS inspection',
  'team.media': '{protocol} {port}, addresses {addresses}: pictures (ICE, DTLS-SRTP)',
  'team.turn': '{protocol} {port}: TURN (RFC 8656)',
  'team.turns': 'TCP {port}: TURN over TLS, without TLS inspection',
  'team.rules':
    'Nothing has to be opened from outside. UDP is best; where it cannot be opened, TCP will do. Idle connections should be kept for 60 seconds.',

  'send.title': 'Send the report to support',
  'send.lead':
    'The desk then sees what you see here, joined with what the servers noted. You get a short code to read out.',
  'send.comment': 'What is the trouble?',
  'send.comment.hint': 'In your words, for example since when. May stay empty.',
  'send.name': 'Your name',
  'send.name.hint': 'So that support can greet you. May stay empty.',
  'send.preview': 'See exactly what is sent',
  'send.preview.text': 'The report, as it is sent',
  'send.consent': 'I agree to send this report to support',
  'send.consent.hint':
    'It holds no password, no picture and no address of this computer, and is erased after 30 days.',
  'send.consent.missing': 'Tick the box if you agree.',
  'send.send': 'Send the report',
  'send.file': 'Save as a file',
  'send.failed':
    'The report could not be sent. Save it as a file and send that to support in another way.',
  'send.failed.later':
    'Too many reports came from your site. Save it as a file, or try again later.',

  'sent.title': 'The report has arrived',
  'sent.lead': 'Read this code to support on the phone. It says nothing about you by itself.',
  'sent.code': 'Code',
  'sent.spelt': 'Spelt out',
  'sent.copy': 'Copy the code',
  'sent.withdraw': 'Take the report back',
  'sent.withdrawn': 'The report is erased.',
  'sent.withdraw.failed': 'The report could not be erased now. Try again.',

  alphabet:
    'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu',
  digits: 'zero one two three four five six seven eight nine',
  hyphen: 'hyphen',
};

export type DiagnosticKey = keyof typeof en;
export type DiagnosticCatalogue = Readonly<Record<DiagnosticKey, string>>;
