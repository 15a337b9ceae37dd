package egress

import (
	"testing"

	"golang.org/x/sys/unix"
)

// refuseSegments makes the kernel refuse segmented sends, as a path with a small MTU does: without checksums it cannot
// segment (EINVAL).
func refuseSegments(t *testing.T, s *Socket, refuse int) {
	t.Helper()
	if err := unix.SetsockoptInt(s.port.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, refuse); err != nil {
		t.Fatal(err)
	}
}

func TestBatchFallsBackForOneDestination(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	if !s.Segmented() {
		t.Skip("this kernel has no segmentation")
	}
	b, narrow, wide := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0"), newReceiver(t, s, "127.0.0.1:0")
	frame := func(r *receiver, messages int) {
		t.Helper()
		var want [][]byte
		for i := range 12 {
			d := datagram(i, 1000-i/11)
			commit(b, r.to, d)
			want = append(want, d)
		}
		if b.count != messages {
			t.Errorf("the frame is %d messages, want %d", b.count, messages)
		}
		b.Flush()
		r.wants(want)
	}
	refuseSegments(t, s, 1)
	frame(narrow, 1) // refused, and sent again
	frame(narrow, 12)
	refuseSegments(t, s, 0)
	frame(narrow, 12)
	frame(wide, 1) // another viewer keeps its segments
	if failed := s.Counters.SendErrors.Load(); failed != 0 {
		t.Errorf("%d errors counted", failed)
	}
}

func TestBatchTriesSinglesOnlyWhereTheyHelp(t *testing.T) {
	for err, want := range map[error]bool{
		unix.EINVAL: true, unix.EMSGSIZE: true, unix.EIO: true, unix.ENETUNREACH: false, unix.EPERM: false, unix.ENOBUFS: false,
	} {
		if needsSingles(err) != want {
			t.Errorf("%v: %v, want %v", err, !want, want)
		}
	}
}

func TestBatchKeepsWithinTheKernelsLimits(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	b, r := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0")
	for i := range 80 {
		commit(b, r.to, datagram(i, MaxDatagram))
	}
	b.Flush()
	if r.to.single.Load() {
		t.Error("the kernel refused a run of the largest datagrams")
	}
}
