package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

const (
	videoType     = 96 // payload types of every offer
	rtxType       = 97
	sequenceOffer = 3 // extension id that is offered for transport-wide sequence numbers
	sequenceURI   = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	maxCandidates = 8 // of an answer that are tried
	maxSources    = 8
)

// offer composes a session description with one VP8 section. ssrc is 0 for a viewer.
func (s *session) offer(fingerprint string, ssrc uint32) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d 2 IN IP4 127.0.0.1", s.socket.port)
	line("s=-")
	line("t=0 0")
	line("a=group:BUNDLE 0")
	line("a=extmap-allow-mixed")
	line("a=msid-semantic: WMS screen")
	line("m=video 9 UDP/TLS/RTP/SAVPF %d %d", videoType, rtxType)
	line("c=IN IP4 0.0.0.0")
	line("a=rtcp:9 IN IP4 0.0.0.0")
	line("a=ice-ufrag:%s", s.ours.ufrag)
	line("a=ice-pwd:%s", s.ours.password)
	line("a=fingerprint:sha-256 %s", fingerprint)
	line("a=setup:actpass")
	line("a=mid:0")
	line("a=extmap:%d %s", sequenceOffer, sequenceURI)
	if ssrc == 0 {
		line("a=recvonly")
	} else {
		line("a=sendonly")
		line("a=msid:screen video")
	}
	line("a=rtcp-mux")
	line("a=rtcp-rsize")
	line("a=rtpmap:%d VP8/90000", videoType)
	for _, feedback := range []string{"transport-cc", "ccm fir", "nack", "nack pli"} {
		line("a=rtcp-fb:%d %s", videoType, feedback)
	}
	line("a=rtpmap:%d rtx/90000", rtxType)
	line("a=fmtp:%d apt=%d", rtxType, videoType)
	if ssrc != 0 {
		line("a=ssrc:%d cname:load", ssrc)
		line("a=ssrc:%d msid:screen video", ssrc)
	}
	line("a=candidate:1 1 udp %d 127.0.0.1 %d typ host", checkPriority, s.socket.port)
	line("a=end-of-candidates")
	return b.String()
}

// answer is what a participant needs of the relay's answer.
type answer struct {
	ice         credentials
	fingerprint string
	candidates  []netip.AddrPort
	sequence    uint8    // extension id of transport-wide sequence numbers; 0: not agreed
	sources     []uint32 // SSRCs of what the relay will send; empty: it did not say
}

func parseAnswer(text string) (answer, error) {
	var a answer
	for raw := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(raw), "a="), ":")
		switch key {
		case "ice-ufrag":
			a.ice.ufrag = value
		case "ice-pwd":
			a.ice.password = value
		case "fingerprint":
			if hash, print, _ := strings.Cut(value, " "); strings.EqualFold(hash, "sha-256") {
				a.fingerprint = strings.ToUpper(print)
			}
		case "setup":
			if value != "passive" {
				return answer{}, fmt.Errorf("the relay answered setup:%s, only passive is understood", value)
			}
		case "extmap":
			if id, uri, _ := strings.Cut(value, " "); uri == sequenceURI {
				n, _ := strconv.ParseUint(id, 10, 4)
				a.sequence = uint8(n)
			}
		case "candidate":
			a.candidate(strings.Fields(value))
		case "ssrc":
			a.source(value)
		}
	}
	if a.ice.ufrag == "" || a.ice.password == "" || a.fingerprint == "" {
		return answer{}, errors.New("the relay's answer lacks ICE credentials or a sha-256 fingerprint")
	}
	if len(a.candidates) == 0 {
		return answer{}, errors.New("the relay's answer has no IPv4 UDP candidate")
	}
	return a, nil
}

// readCredentials reads those of an SDP fragment (RFC 8840 section 9).
func readCredentials(text string) (c credentials) {
	for raw := range strings.Lines(text) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(raw), ":"); key {
		case "a=ice-ufrag":
			c.ufrag = value
		case "a=ice-pwd":
			c.password = value
		}
	}
	return c
}

// candidate keeps IPv4 over UDP (RFC 8839 section 5.1): a participant is one IPv4 socket.
func (a *answer) candidate(fields []string) {
	if len(fields) < 6 || !strings.EqualFold(fields[2], "udp") || len(a.candidates) == maxCandidates {
		return
	}
	ip, err := netip.ParseAddr(fields[4])
	port, portErr := strconv.ParseUint(fields[5], 10, 16)
	if err == nil && portErr == nil && ip.Is4() {
		a.candidates = append(a.candidates, netip.AddrPortFrom(ip, uint16(port)))
	}
}

// source keeps an SSRC (RFC 5576 section 4.1); each comes several times.
func (a *answer) source(value string) {
	text, _, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(text, 10, 32)
	if err == nil && len(a.sources) < maxSources && !slices.Contains(a.sources, uint32(n)) {
		a.sources = append(a.sources, uint32(n))
	}
}

// announces reports whether a packet from this source may be the relay's. Another one's was meant for whoever had the
// port before.
func (a *answer) announces(ssrc uint32) bool {
	return len(a.sources) == 0 || slices.Contains(a.sources, ssrc)
}

// fingerprint is a certificate's hash as SDP has it (RFC 8122 section 5).
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}
