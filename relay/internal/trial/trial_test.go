package trial

import (
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
)

func TestRecordIsBounded(t *testing.T) {
	r := NewRecord()
	for i := range maxWaiting + 10 {
		r.Add(announce.Media{ID: fmt.Sprint(i)})
	}
	<-r.Changed()
	if got := r.Oldest(1000); len(got) != maxWaiting || got[0].ID != "0" {
		t.Errorf("%d, the first %v", len(got), got[0])
	}
	r.Forget(500)
	if got := r.Oldest(10); len(got) != 10 || got[0].ID != "500" {
		t.Errorf("%d, the first %v", len(got), got[0])
	}
	var none *Record
	none.Add(announce.Media{})
	if none.Changed() != nil || none.Oldest(1) != nil {
		t.Error("nobody wants to know")
	}
}

func TestBudgetOfARoom(t *testing.T) {
	now := time.Unix(1_000, 0)
	bs := NewBudgets(func() time.Time { return now })
	one, other, elsewhere := bs.Take("test-a"), bs.Take("test-a"), bs.Take("test-b")
	spend := func(b *Budget) (bytes int) {
		for b.Spend(1000) {
			bytes += 1000
		}
		return bytes
	}
	if n := spend(one); n != burst {
		t.Errorf("%d bytes at once", n)
	}
	if n := spend(other); n != 0 {
		t.Errorf("%d bytes beside", n)
	}
	if n := spend(elsewhere); n != burst {
		t.Errorf("%d bytes in another room", n)
	}
	now = now.Add(100 * time.Millisecond)
	if n := spend(other); n != rate/10 {
		t.Errorf("%d bytes after 100 ms", n)
	}
	now = now.Add(time.Hour)
	if n := spend(one); n != burst {
		t.Errorf("%d bytes after an hour", n)
	}
	now = now.Add(-time.Minute) // a clock that is set
	if n := spend(one); n != 0 {
		t.Errorf("%d bytes from a minute ago", n)
	}
	one.Give()
	other.Give()
	elsewhere.Give()
	if len(bs.byRoom) != 0 {
		t.Errorf("%d rooms are kept", len(bs.byRoom))
	}
}

// TestBudgetOfAllRooms: whoever opens many rooms takes no more than this from conferences.
func TestBudgetOfAllRooms(t *testing.T) {
	now := time.Unix(1_000, 0)
	bs := NewBudgets(func() time.Time { return now })
	total := 0
	for i := range 2 * together {
		b := bs.Take(fmt.Sprint("test-", i))
		for b.Spend(1000) {
			total += 1000
		}
	}
	if total != together*burst {
		t.Errorf("%d bytes at once, want %d", total, together*burst)
	}
}

func TestShareCountsLosses(t *testing.T) {
	packet := func(sequence uint16) []byte {
		return []byte{0x80, 96, byte(sequence >> 8), byte(sequence), 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}
	}
	var s Share
	for _, sequence := range []uint16{65533, 65534, 0, 2, 1} { // 65535 is lost, 1 comes late
		s.Count(0, packet(sequence))
	}
	s.Count(2, packet(7))
	s.Count(2, packet(9))
	s.Count(3, packet(9))
	s.Count(0, nil)
	if got := s.Traffic(); got != (announce.Traffic{PacketsIn: 7, BytesIn: 14, Lost: 2}) {
		t.Errorf("got %+v", got)
	}
}
