package peer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// presented is a presenter's offer as pion gets it, and what it offers. It keeps the first section of each kind that is
// of use: a share is one picture and one sound, and the answer to others is inactive (RFC 3264 section 6.1). The section
// whose mid is low, if there is one, carries the picture again at a low rate. Of a picture's formats it keeps the one that
// comes first in the presenter's order: a track's codec never changes, so the answer must not permit it to. It keeps no
// simulcast within a section: the browser then sends its single best layer.
func (o *offer) presented(low string) (text string, has offered, err error) {
	has.kept = make([]string, len(o.sections))
	picture := ""
	for i, s := range o.sections {
		isLow := low != "" && s.mid == low
		switch {
		case s.usable("video") && isLow && has.low == "":
			has.low, has.mid = s.preferred, low
			has.kept[i] = s.payloadType(s.preferred)
		case s.usable("video") && !isLow && picture == "":
			picture = s.payloadType(s.preferred)
			has.kept[i] = picture
		case s.usable("audio") && !has.audio:
			has.audio = true
		case s.usable(s.kind):
			disable(o.description.MediaDescriptions[i])
		}
	}
	if picture == "" {
		return "", has, refuse("The offer has no video section that sends VP8, VP9, H.264 or AV1.")
	}
	for i, m := range o.description.MediaDescriptions {
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key == "simulcast" || a.Key == "rid" })
		if has.kept[i] != "" { // pion takes the formats of all sections from the first one
			keepFormats(m, has.kept...)
		}
	}
	b, err := o.description.Marshal()
	if err != nil {
		return "", has, fmt.Errorf("write offer: %w", err)
	}
	return string(b), has, nil
}

// offered is what a presenter's offer has.
type offered struct {
	audio bool
	low   packet.Codec // of the low picture; "" where there is none
	mid   string       // of its section
	kept  []string     // the payload type that each section's answer keeps; "" for those that keep all
}

// narrowed leaves in an answer's sections the one format that each of them is for, of any size.
func (h offered) narrowed(answer string) (string, error) {
	d := &sdp.SessionDescription{}
	if err := d.Unmarshal([]byte(answer)); err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	for i, m := range d.MediaDescriptions {
		if i < len(h.kept) && h.kept[i] != "" {
			keepFormats(m, h.kept[i])
			unlimit(m)
		}
	}
	b, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("write answer: %w", err)
	}
	return string(b), nil
}

func (s section) payloadType(c packet.Codec) string {
	return strconv.Itoa(int(s.agreed[c].PayloadType))
}

// usable reports whether a section of this kind sends what the relay understands.
func (s section) usable(kind string) bool { return s.kind == kind && s.sends && s.preferred != "" }

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

// keepFormats takes every other format out of a section.
func keepFormats(m *sdp.MediaDescription, payloadTypes ...string) {
	m.MediaName.Formats = slices.DeleteFunc(m.MediaName.Formats, func(pt string) bool { return !slices.Contains(payloadTypes, pt) })
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		switch a.Key {
		case "rtpmap", "fmtp", "rtcp-fb":
			of, _, _ := strings.Cut(a.Value, " ")
			return !slices.Contains(payloadTypes, of) && of != "*"
		}
		return false
	})
}

// unlimit takes out of an answer, which pion copies from the offer, what the presenter itself can receive (RFC 7741
// section 6.1): the relay takes pictures of any size. Firefox would shrink those of more than three megapixels.
func unlimit(m *sdp.MediaDescription) {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		_, parameters, _ := strings.Cut(a.Value, " ")
		return a.Key == "fmtp" && unlimited(parameters) == ""
	})
	for i, a := range m.Attributes {
		if a.Key == "fmtp" {
			format, parameters, _ := strings.Cut(a.Value, " ")
			m.Attributes[i].Value = format + " " + unlimited(parameters)
		}
	}
}

// unlimited is a format's parameters without those of size and rate.
func unlimited(parameters string) string {
	left := slices.DeleteFunc(strings.Split(parameters, ";"), func(parameter string) bool {
		name, _, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		return strings.EqualFold(name, "max-fs") || strings.EqualFold(name, "max-fr")
	})
	return strings.Join(left, ";")
}
