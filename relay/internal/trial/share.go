package trial

import (
	"encoding/binary"
	"sync"

	"github.com/coopnet/coopnet/shared/announce"
)

const kinds = 3 // of tracks in a share

// Share counts what comes from a presenter in a test room. It looks at every packet, which no conference has to pay for.
type Share struct {
	mu      sync.Mutex // guards what follows
	packets int64
	bytes   int64
	streams [kinds]stream
}

// stream counts as RFC 3550 appendix A.3 does.
type stream struct {
	begun    bool
	first    uint32
	highest  uint32 // with its cycles
	received int64
}

// Count takes one RTP packet of the track of a kind.
func (s *Share) Count(kind int, packet []byte) {
	if len(packet) < 12 || kind < 0 || kind >= kinds {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packets++
	s.bytes += int64(len(packet) - 12)
	s.streams[kind].count(binary.BigEndian.Uint16(packet[2:]))
}

func (s *stream) count(sequence uint16) {
	s.received++
	if !s.begun {
		s.begun, s.first, s.highest = true, uint32(sequence), uint32(sequence)
		return
	}
	if ahead := sequence - uint16(s.highest); ahead < 1<<15 {
		s.highest += uint32(ahead)
	}
}

// lost is how many never came; a packet that came twice makes up for one.
func (s *stream) lost() int64 {
	if !s.begun {
		return 0
	}
	return max(0, int64(s.highest-s.first)+1-s.received)
}

// Traffic is what came until now.
func (s *Share) Traffic() announce.Traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := announce.Traffic{PacketsIn: s.packets, BytesIn: s.bytes}
	for i := range s.streams {
		t.Lost += s.streams[i].lost()
	}
	return t
}
