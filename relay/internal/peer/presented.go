package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// presented is a presenter's offer as pion gets it, and whether it has sound. It keeps the first section of each kind
// that is of use: a share is one picture and one sound, and the answer to others is inactive (RFC 3264 section 6.1). Of
// the picture it keeps the one format that comes first in the presenter's order: a publication's codec never changes, so
// the answer must not permit it to. It keeps no simulcast: the browser then sends its single best layer.
func (o *offer) presented() (text string, audio bool, err error) {
	var codec packet.Codec
	for i, s := range o.sections {
		m := o.description.MediaDescriptions[i]
		switch usable := s.sends && len(s.agreed) > 0; {
		case usable && s.kind == "video" && codec == "":
			codec = s.preferred
		case usable && s.kind == "audio" && !audio:
			audio = true
		case usable:
			disable(m)
		}
	}
	if codec == "" {
		return "", false, refuse("The offer has no video section that sends VP8, VP9, H.264 or AV1.")
	}
	for i, m := range o.description.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key == "simulcast" || a.Key == "rid" })
		if f, ok := o.sections[i].agreed[codec]; ok {
			keepFormat(m, strconv.Itoa(int(f.PayloadType)))
		}
	}
	b, err := o.description.Marshal()
	if err != nil {
		return "", false, fmt.Errorf("write offer: %w", err)
	}
	return string(b), audio, nil
}

// disable makes a section carry nothing.
func disable(m *sdp.MediaDescription) {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		switch a.Key {
		case "sendonly", "recvonly", "sendrecv", "msid", "ssrc", "ssrc-group":
			return true
		}
		return false
	})
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("inactive"))
}

// declared are the SSRCs that the offer names (RFC 5576 section 4.1).
func (o *offer) declared() []uint32 {
	var ssrcs []uint32
	for _, m := range o.description.MediaDescriptions {
		for _, a := range m.Attributes {
			id, _, _ := strings.Cut(a.Value, " ")
			if n, err := strconv.ParseUint(id, 10, 32); err == nil && a.Key == "ssrc" && !slices.Contains(ssrcs, uint32(n)) {
				ssrcs = append(ssrcs, uint32(n))
			}
		}
	}
	return ssrcs
}

// keepFormat takes every other format out of a section.
func keepFormat(m *sdp.MediaDescription, payloadType string) {
	m.MediaName.Formats = []string{payloadType}
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		switch a.Key {
		case "rtpmap", "fmtp", "rtcp-fb":
			of, _, _ := strings.Cut(a.Value, " ")
			return of != payloadType && of != "*"
		}
		return false
	})
}
