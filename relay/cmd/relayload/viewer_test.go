package main

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestAnAnswerNamesItsSources(t *testing.T) {
	const rest = "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AB\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
	a, err := parseAnswer(rest + "a=ssrc-group:FID 7 8\r\na=ssrc:7 cname:c\r\na=ssrc:7 msid:m\r\na=ssrc:8 cname:c\r\na=ssrc:x cname:c\r\n")
	if err != nil || !slices.Equal(a.sources, []uint32{7, 8}) {
		t.Errorf("%v, %v", a.sources, err)
	}
	if !a.announces(8) || a.announces(9) {
		t.Error("7 and 8 are announced, 9 is not")
	}
	if a, err = parseAnswer(rest); err != nil || !a.announces(9) {
		t.Errorf("who announces nothing may send anything: %v", err)
	}
}

// The relay goes on sending to whoever had a port before, for a while.
func TestAStrangersPacketsAreNoFault(t *testing.T) {
	s := &session{}
	v := newViewer(s, 1, 0, &delays{})
	v.answer.sources = []uint32{7}
	s.keys.Store(&keys{}) // to decrypt with these panics
	media := make([]byte, 40)
	media[0], media[1] = 0x80, videoType
	binary.BigEndian.PutUint32(media[8:], 9)
	report := make([]byte, 40)
	report[0], report[1] = 0x80, 200
	binary.BigEndian.PutUint32(report[4:], 9)
	v.receive(media, 0)
	v.receive(report, 0)
	if v.strange != 2 || v.broken != 0 || v.video.started {
		t.Errorf("%d strange, %d broken, started %t", v.strange, v.broken, v.video.started)
	}
	v.spoilt(media, errors.New("first"))
	v.spoilt(media, errors.New("second"))
	if v.broken != 2 || !strings.HasSuffix(v.fault.Error(), ": first") {
		t.Errorf("%d, %v", v.broken, v.fault)
	}
}
