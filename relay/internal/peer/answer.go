package peer

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

const streamID = "coopnet" // of the answer's media stream, and the CNAME

// preference is the order in which an answer lists codecs.
func preference() []packet.Codec {
	return []packet.Codec{packet.VP9, packet.VP8, packet.H264, packet.AV1, packet.Opus}
}

// answer composes the SDP answer to a viewer. Every codec that both sides know is in it, so that the relay may change
// the payload type with the publication and never negotiates again.
func (v *Viewer) answer(o *offer, candidates []string, fingerprint string, sessionID uint64) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d 2 IN IP4 0.0.0.0", sessionID)
	line("s=-")
	line("t=0 0")
	line("a=ice-lite")
	var bundled []string
	video, audio := o.viewed()
	for i, section := range o.sections {
		if (i == video || i == audio) && section.mid != "" {
			bundled = append(bundled, section.mid)
		}
	}
	if len(bundled) > 0 {
		line("a=group:BUNDLE %s", strings.Join(bundled, " "))
	}
	line("a=msid-semantic: WMS %s", streamID)
	for i, section := range o.sections {
		switch i {
		case video:
			v.answerSection(line, section, v.VideoSSRC, candidates, fingerprint)
		case audio:
			v.answerSection(line, section, v.AudioSSRC, candidates, fingerprint)
		default: // refused, RFC 3264 section 6
			m := o.description.MediaDescriptions[i].MediaName
			line("m=%s 0 %s %s", m.Media, strings.Join(m.Protos, "/"), strings.Join(m.Formats, " "))
			line("c=IN IP4 0.0.0.0")
			line("a=inactive")
			if section.mid != "" {
				line("a=mid:%s", section.mid)
			}
		}
	}
	return s.String()
}

func (v *Viewer) answerSection(line func(string, ...any), s section, ssrc uint32, candidates []string, fingerprint string) {
	picked := s.agreed
	var types []string
	for _, codec := range preference() {
		if f, ok := picked[codec]; ok {
			types = append(types, strconv.Itoa(int(f.PayloadType)))
			if f.RTX != 0 {
				types = append(types, strconv.Itoa(int(f.RTX)))
			}
		}
	}
	line("m=%s 9 UDP/TLS/RTP/SAVPF %s", s.kind, strings.Join(types, " "))
	line("c=IN IP4 0.0.0.0")
	line("a=rtcp:9 IN IP4 0.0.0.0")
	if s.mid != "" {
		line("a=mid:%s", s.mid)
	}
	line("a=ice-ufrag:%s", v.ice.local.ufrag)
	line("a=ice-pwd:%s", v.ice.local.password)
	line("a=fingerprint:sha-256 %s", fingerprint)
	line("a=setup:passive")
	line("a=sendonly")
	line("a=rtcp-mux")
	line("a=rtcp-rsize")
	if s.congestion != 0 {
		line("a=extmap:%d %s", s.congestion, transportCC)
	}
	for _, codec := range preference() {
		if f, ok := picked[codec]; ok {
			answerFormat(line, s, codec, f)
		}
	}
	line("a=msid:%s %s", streamID, s.kind)
	if hasRTX := slices.ContainsFunc(preference(), func(c packet.Codec) bool { return picked[c].RTX != 0 }); hasRTX {
		line("a=ssrc-group:FID %d %d", ssrc, v.RTXSSRC) // RFC 5576, RFC 4588 section 8.8
		line("a=ssrc:%d cname:%s", ssrc, streamID)      // first: Chromium takes the first SSRC for the media
		line("a=ssrc:%d cname:%s", v.RTXSSRC, streamID)
	} else {
		line("a=ssrc:%d cname:%s", ssrc, streamID)
	}
	for _, c := range candidates {
		line("a=%s", c)
	}
	line("a=end-of-candidates")
}

func answerFormat(line func(string, ...any), s section, codec packet.Codec, f packet.Format) {
	offered := s.format(f.PayloadType)
	line("a=rtpmap:%d %s", f.PayloadType, offered.name)
	if offered.fmtp != "" {
		line("a=fmtp:%d %s", f.PayloadType, offered.fmtp)
	}
	if s.congestion != 0 {
		line("a=rtcp-fb:%d transport-cc", f.PayloadType)
	}
	if codec == packet.Opus {
		return
	}
	line("a=rtcp-fb:%d nack", f.PayloadType)
	line("a=rtcp-fb:%d nack pli", f.PayloadType)
	line("a=rtcp-fb:%d ccm fir", f.PayloadType)
	if f.RTX != 0 {
		line("a=rtpmap:%d rtx/90000", f.RTX)
		line("a=fmtp:%d apt=%d", f.RTX, f.PayloadType)
	}
}

// Preferences of RFC 8445 section 5.1.2.1 and RFC 6544 section 4.2.
const (
	preferUDP = 126
	// preferTCP is below what browsers give to UDP through TURN (3 in Chromium): a loss there costs one packet, and over
	// TCP all that follow wait. It is no less than what they give to TURN over TCP (1 there, with less behind it).
	preferTCP     = 1
	passive       = 4    // of the direction, for host candidates
	mostPreferred = 8191 // of an address among several
)

// candidates are the host candidates of the media port (RFC 8839 section 5.1) and, with tcp, of the TCP port beside it
// (RFC 6544 section 4.5), the first address preferred.
func candidates(announce []netip.AddrPort, tcp bool) []string {
	list := make([]string, 0, 2*len(announce))
	for i, a := range announce {
		priority := preferUDP<<24 | (65535-i)<<8 | 255 // component 1
		list = append(list, fmt.Sprintf("candidate:%d 1 udp %d %s %d typ host", i+1, priority, a.Addr(), a.Port()))
	}
	for i, a := range announce {
		if tcp {
			priority := preferTCP<<24 | (passive<<13|mostPreferred-i)<<8 | 255
			list = append(list, fmt.Sprintf("candidate:%d 1 tcp %d %s %d typ host tcptype passive", len(announce)+i+1, priority, a.Addr(), a.Port()))
		}
	}
	return list
}
