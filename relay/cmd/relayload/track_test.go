package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestTrackCounts(t *testing.T) {
	for name, tt := range map[string]struct {
		sequences      []uint16
		lost, repeated uint64
	}{
		"in order":                 {[]uint16{1, 2, 3}, 0, 0},
		"across the wrap":          {[]uint16{65534, 65535, 0, 1}, 0, 0},
		"a gap":                    {[]uint16{1, 4}, 2, 0},
		"a gap across the wrap":    {[]uint16{65534, 1}, 2, 0},
		"late":                     {[]uint16{1, 3, 2}, 0, 0},
		"twice":                    {[]uint16{1, 2, 2, 1}, 0, 2},
		"before the first":         {[]uint16{10, 9, 11}, 0, 1},
		"older than the window":    {[]uint16{1, 3, 2000, 2}, 1997, 1},
		"twice after a long while": {[]uint16{1, 1023, 1024, 1024, 1025}, 1021, 1},
	} {
		var track track
		for _, s := range tt.sequences {
			track.add(s, 0)
		}
		if track.lost() != tt.lost || track.repeated != tt.repeated {
			t.Errorf("%s: %d lost, %d repeated, want %d and %d", name, track.lost(), track.repeated, tt.lost, tt.repeated)
		}
	}
}

func TestTrackAsksForWhatIsMissing(t *testing.T) {
	var track track
	track.add(65534, 0)
	track.add(2, 0)
	if early := track.due(askAfter - 1); early != nil {
		t.Errorf("asked for %v at once: it may only be late", early)
	}
	track.add(0, 0) // it was late
	if got := track.due(askAfter); !slices.Equal(got, []uint16{65535, 1}) {
		t.Errorf("asked for %v", got)
	}
	if again := track.due(askAfter + 1); again != nil {
		t.Errorf("asked for %v twice in a moment", again)
	}
	asked := 1
	for at := askAfter; at < time.Minute; at += askAgain {
		if len(track.due(at+askAgain)) > 0 {
			asked++
		}
	}
	if asked != maxAsked || len(track.gaps) != 0 {
		t.Errorf("asked %d times, %d are still waited for", asked, len(track.gaps))
	}
}

func TestTrackBoundsWhatItAsksFor(t *testing.T) {
	var track track
	track.add(0, 0)
	track.add(30000, 0)
	if len(track.gaps) > maxGaps {
		t.Errorf("%d gaps are kept", len(track.gaps))
	}
}

func TestParseAnswer(t *testing.T) {
	const good = "v=0\r\na=ice-lite\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret:pwd\r\na=fingerprint:sha-256 aa:bb\r\n" +
		"a=setup:passive\r\na=extmap:3 " + sequenceURI + "\r\na=candidate:1 1 udp 1 ::1 5 typ host\r\na=candidate:1 1 tcp 1 192.0.2.1 5 typ host\r\n" +
		"a=candidate:2 1 UDP 1 192.0.2.7 7882 typ host\r\n"
	a, err := parseAnswer(good)
	if err != nil {
		t.Fatal(err)
	}
	if a.ice != (credentials{"abcd", "secret:pwd"}) || a.fingerprint != "AA:BB" || a.sequence != 3 || len(a.candidates) != 1 || a.candidates[0].String() != "192.0.2.7:7882" {
		t.Errorf("%+v", a)
	}
	for _, missing := range []string{"a=ice-ufrag:abcd", "a=fingerprint:sha-256 aa:bb", "192.0.2.7", "a=setup:passive"} {
		other := "x"
		if missing == "a=setup:passive" {
			other = "a=setup:active"
		}
		if _, err := parseAnswer(strings.Replace(good, missing, other, 1)); err == nil {
			t.Errorf("an answer without %s was accepted", missing)
		}
	}
}

// What a relay leaves out without a gap in its numbers is known all the same.
func TestShareCountsWhatLeavesNoGap(t *testing.T) {
	var s share
	if s.unheard(7, 1<<16) != 7 {
		t.Error("who heard nothing misses everything")
	}
	s.learn(stamp{share: 1, count: 5}, 100)
	s.learn(stamp{share: 1, count: 17}, 112)
	if s.skipped != 0 || s.unheard(17, 112) != 0 || s.unheard(20, 112) != 3 || s.unheard(20, 115) != 0 {
		t.Errorf("%+v: nothing was left out", s)
	}
	s.learn(stamp{share: 1, count: 41}, 124) // 24 were sent, 12 numbers used
	s.learn(stamp{share: 1, count: 30}, 120) // late
	if s.skipped != 12 || s.unheard(50, 130) != 3 {
		t.Errorf("%+v: twelve were left out", s)
	}
	s.learn(stamp{share: 2, count: 3}, 125) // another presenter owes nothing
	s.learn(stamp{share: 2, count: 4}, 126)
	if s.skipped != 12 || s.unheard(4, 126) != 0 {
		t.Errorf("%+v", s)
	}
}

// Feedback is built from the extension where a relay stamps packets, and malformed extensions are harmless.
func TestTransportWideFeedback(t *testing.T) {
	v := &viewer{session: &session{}}
	v.answer.sequence = 3
	stamped := func(extension ...byte) []byte {
		b := make([]byte, 12, 64)
		b[0], b[1] = 0x90, videoType
		b = append(b, 0xBE, 0xDE, 0, byte(len(extension)/4))
		return append(b, extension...)
	}
	for n := range uint16(5) {
		b := stamped(0x10, 0xff, 0, 0x31, 0, 0, 0, 0) // another extension, padding, ours
		binary.BigEndian.PutUint16(b[20:], 100+2*n)
		v.congestion(b, time.Duration(n)*time.Millisecond)
	}
	packets := v.feedback.recorder.BuildFeedbackPacket()
	if len(packets) != 1 {
		t.Fatalf("%d packets of feedback", len(packets))
	}
	if cc, ok := packets[0].(*rtcp.TransportLayerCC); !ok || cc.BaseSequenceNumber != 100 || cc.PacketStatusCount != 9 {
		t.Errorf("%+v", packets[0])
	}
	for n := range len(stamped(0x31, 0, 1, 0)) { // every truncation
		b := stamped(0x31, 0, 1, 0)[:n:n]
		if n >= 12 {
			v.congestion(b, 0)
		}
	}
	full := stamped(0x3f, 0, 1, 0) // says 16 bytes, has 3
	v.congestion(full, 0)
	full[0] |= 0x0f // says 15 CSRCs, has none
	v.congestion(full, 0)
}
