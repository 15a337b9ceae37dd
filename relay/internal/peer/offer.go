package peer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/problem"
)

// MaxOffer is how many bytes a session description may have. HTTP refuses a larger body before.
const MaxOffer = 64 << 10

// Limits on what a session description may contain.
const (
	maxMediaSections = 8
	maxCandidates    = 32
	maxFormats       = 128 // payload types in one section
)

// offer is what the relay reads from an SDP offer (RFC 8866, RFC 8829).
type offer struct {
	description *sdp.SessionDescription
	ice         credentials
	fingerprint string // sha-256, upper-case hexadecimal with colons
	sections    []section
}

// section is one m-line.
type section struct {
	kind       string // "video", "audio", or something that is refused
	mid        string
	sends      bool // the offerer wants to send
	takes      bool // the offerer wants to receive
	formats    []format
	agreed     map[packet.Codec]packet.Format // what both sides know; empty for a section of no use
	congestion uint8                          // id of the transport-wide sequence number's header extension; 0 where it is not offered
	preferred  packet.Codec                   // the agreed one that the offerer lists first
}

// format is one payload type of a section.
type format struct {
	payloadType uint8
	name        string // as in rtpmap, for example "VP9/90000"
	codec       packet.Codec
	fmtp        string
	rtx         bool
	rtxFor      uint8 // the payload type that rtx repeats
}

func refuse(format string, args ...any) error {
	return problem.New(problem.SDPInvalid, fmt.Sprintf(format, args...))
}

// parseOffer reads and checks an offer. Its errors are problems that say what is wrong.
func parseOffer(text string) (*offer, error) {
	if len(text) > MaxOffer {
		return nil, problem.New(problem.SDPLimit, fmt.Sprintf("The offer has more than %d bytes.", MaxOffer))
	}
	if hasBareCR(text) {
		return nil, refuse("The offer has a carriage return within a line.")
	}
	d := &sdp.SessionDescription{}
	if err := d.Unmarshal([]byte(text)); err != nil {
		return nil, problem.Wrap(problem.SDPInvalid, "The offer is not a session description.", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return nil, refuse("The offer has no media section.")
	}
	if len(d.MediaDescriptions) > maxMediaSections {
		return nil, problem.New(problem.SDPLimit, fmt.Sprintf("The offer has more than %d media sections.", maxMediaSections))
	}
	o := &offer{description: d}
	candidates := count(d.Attributes, "candidate")
	for _, m := range d.MediaDescriptions {
		candidates += count(m.Attributes, "candidate")
		if len(m.MediaName.Formats) > maxFormats {
			return nil, problem.New(problem.SDPLimit, fmt.Sprintf("A media section has more than %d formats.", maxFormats))
		}
		if err := o.readTransport(m); err != nil {
			return nil, err
		}
		o.sections = append(o.sections, readSection(m))
	}
	if candidates > maxCandidates {
		return nil, problem.New(problem.SDPLimit, fmt.Sprintf("The offer has more than %d candidates.", maxCandidates))
	}
	if !o.ice.valid() {
		return nil, refuse("The offer has no valid ICE credentials.")
	}
	if o.fingerprint == "" {
		return nil, refuse("The offer has no DTLS fingerprint.")
	}
	return o, nil
}

func count(attributes []sdp.Attribute, key string) int {
	n := 0
	for _, a := range attributes {
		if a.Key == key {
			n++
		}
	}
	return n
}

// readTransport takes ICE and DTLS parameters from a section or the session; bundled sections share them (RFC 9143).
func (o *offer) readTransport(m *sdp.MediaDescription) error {
	attribute := func(key string) string {
		if v, ok := m.Attribute(key); ok {
			return v
		}
		v, _ := o.description.Attribute(key)
		return v
	}
	if o.ice.ufrag == "" {
		o.ice = credentials{ufrag: attribute("ice-ufrag"), password: attribute("ice-pwd")}
	}
	if attribute("setup") == "passive" {
		return refuse("The relay takes the passive DTLS role; offer actpass or active.")
	}
	fingerprint := attribute("fingerprint")
	if fingerprint == "" {
		return nil
	}
	hash, value, _ := strings.Cut(fingerprint, " ")
	if !strings.EqualFold(hash, "sha-256") || len(value) != 32*3-1 {
		return refuse("Only sha-256 DTLS fingerprints are accepted.")
	}
	value = strings.ToUpper(value)
	if o.fingerprint != "" && o.fingerprint != value {
		return refuse("All media sections must have the same DTLS fingerprint.")
	}
	o.fingerprint = value
	return nil
}

func readSection(m *sdp.MediaDescription) section {
	s := section{kind: m.MediaName.Media}
	s.mid, _ = m.Attribute("mid")
	direction := "sendrecv"
	for _, key := range []string{"sendonly", "recvonly", "inactive", "sendrecv"} {
		if _, ok := m.Attribute(key); ok {
			direction = key
			break
		}
	}
	s.sends = direction == "sendonly" || direction == "sendrecv"
	s.takes = direction == "recvonly" || direction == "sendrecv"
	if !strings.HasSuffix(strings.Join(m.MediaName.Protos, "/"), "RTP/SAVPF") {
		s.kind = "refused"
		return s
	}
	s.congestion = readCongestion(m)
	fmtp := map[string]string{}
	for _, a := range m.Attributes {
		if pt, parameters, ok := strings.Cut(a.Value, " "); ok && a.Key == "fmtp" {
			fmtp[pt] = parameters
		}
	}
	for _, a := range m.Attributes {
		pt, name, ok := strings.Cut(a.Value, " ")
		if a.Key != "rtpmap" || !ok {
			continue
		}
		if n, err := strconv.ParseUint(pt, 10, 7); err == nil {
			s.formats = append(s.formats, readFormat(uint8(n), name, fmtp[pt]))
		}
	}
	s.agreed = s.negotiate()
	for codec, f := range s.agreed {
		if codec != packet.Opus && f.RTX == 0 {
			// A repeated packet must then be the same to the last bit: a second header under one nonce gives GCM's key away.
			s.congestion = 0
		}
	}
	for _, pt := range m.MediaName.Formats { // in the order of preference, RFC 3264 section 5.1
		n, err := strconv.ParseUint(pt, 10, 7)
		codec := s.format(uint8(n)).codec
		if agreed, ok := s.agreed[codec]; err == nil && ok && uint64(agreed.PayloadType) == n {
			s.preferred = codec
			break
		}
	}
	return s
}

// transportCC names the header extension of draft-holmer-rmcat-transport-wide-cc-extensions-01.
const transportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// readCongestion returns the id that the offerer gives to transport-wide sequence numbers, if it reports about them too.
func readCongestion(m *sdp.MediaDescription) uint8 {
	id, reports := uint64(0), false
	for _, a := range m.Attributes {
		first, rest, _ := strings.Cut(a.Value, " ")
		switch {
		case a.Key == "extmap" && (rest == transportCC || strings.HasPrefix(rest, transportCC+" ")): // RFC 8285 section 5
			number, direction, _ := strings.Cut(first, "/")
			// 15 is reserved, and larger ids need the two-byte form (section 4.2).
			if n, err := strconv.ParseUint(number, 10, 8); err == nil && n < 15 && direction != "sendonly" && direction != "inactive" {
				id = n
			}
		case a.Key == "rtcp-fb" && rest == "transport-cc":
			reports = true
		}
	}
	if !reports {
		return 0
	}
	return uint8(id)
}

func readFormat(pt uint8, name, fmtp string) format {
	f := format{payloadType: pt, name: name, fmtp: fmtp}
	encoding, _, _ := strings.Cut(name, "/")
	if strings.EqualFold(encoding, "rtx") {
		if n, err := strconv.ParseUint(parameter(fmtp, "apt"), 10, 7); err == nil {
			f.rtx, f.rtxFor = true, uint8(n)
		}
		return f
	}
	for _, codec := range []packet.Codec{packet.VP8, packet.VP9, packet.H264, packet.AV1, packet.Opus} {
		if strings.EqualFold(encoding, string(codec)) && acceptable(codec, fmtp) {
			f.codec = codec
		}
	}
	return f
}

// acceptable keeps one profile of each codec, the one that presenters are asked to send: VP9 profile 0, H.264
// constrained baseline in packetization mode 1.
func acceptable(codec packet.Codec, fmtp string) bool {
	switch codec {
	case packet.VP9:
		profile := parameter(fmtp, "profile-id")
		return profile == "" || profile == "0"
	case packet.H264:
		return parameter(fmtp, "packetization-mode") == "1" && strings.HasPrefix(strings.ToLower(parameter(fmtp, "profile-level-id")), "42e0")
	}
	return true
}

func parameter(fmtp, key string) string {
	for part := range strings.SplitSeq(fmtp, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(part), "="); strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// negotiate picks the first acceptable payload type of each codec, and its RTX.
func (s section) negotiate() map[packet.Codec]packet.Format {
	picked := map[packet.Codec]packet.Format{}
	for _, f := range s.formats {
		if f.codec == "" || (f.codec == packet.Opus) != (s.kind == "audio") {
			continue
		}
		if _, known := picked[f.codec]; !known {
			picked[f.codec] = packet.Format{PayloadType: f.payloadType, RTX: s.rtx(f.payloadType)}
		}
	}
	return picked
}

// viewed returns the sections that carry the picture and the sound to a viewer, or -1.
func (o *offer) viewed() (video, audio int) {
	video, audio = -1, -1
	for i, s := range o.sections {
		usable := s.takes && len(s.agreed) > 0
		if usable && s.kind == "video" && video < 0 {
			video = i
		}
		if usable && s.kind == "audio" && audio < 0 {
			audio = i
		}
	}
	return video, audio
}

func (s section) rtx(pt uint8) uint8 {
	for _, f := range s.formats {
		if f.rtx && f.rtxFor == pt {
			return f.payloadType
		}
	}
	return 0
}

func (s section) format(pt uint8) format {
	for _, f := range s.formats {
		if f.payloadType == pt {
			return f
		}
	}
	return format{}
}
