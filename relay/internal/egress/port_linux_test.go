package egress

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCloseEndsAReaderThatWaits(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	ended := make(chan error)
	go func() {
		_, _, _, err := s.Read()
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond) // whether the reader waits already or not, it must end
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("the reader ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the reader waits for ever")
	}
	if err := s.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed a second time: %v", err)
	}
	if err := s.Write([]byte("late"), s.Local()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("sent after close: %v", err)
	}
}

func TestCloseInTheMidstOfTraffic(t *testing.T) {
	for range 50 {
		s := listen(t, "127.0.0.1:0")
		b, other := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0")
		var busy sync.WaitGroup
		busy.Go(func() {
			for n := 0; ; n++ {
				if _, _, _, err := s.Read(); err != nil {
					return
				}
			}
		})
		busy.Go(func() {
			for s.Write(append([]byte{0x80, 96}, datagram(1, 100)...), s.Local()) == nil {
			}
		})
		busy.Go(func() {
			for s.Counters.SendErrors.Load() == 0 {
				for i := range 20 {
					commit(b, other.to, datagram(i, 900))
				}
				b.Flush()
			}
		})
		time.Sleep(time.Millisecond) // of traffic
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		busy.Wait()
	}
}

func TestReadNamesTheSender(t *testing.T) {
	for _, tt := range []struct{ listen, from string }{{"127.0.0.1:0", "127.0.0.1:0"}, {"[::]:0", "127.0.0.1:0"}, {"[::]:0", "[::1]:0"}} {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(tt.from)))
		if err != nil {
			t.Skip("no IPv6 here: ", err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		s := listen(t, tt.listen)
		from := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		to := netip.AddrPortFrom(from.Addr(), s.Local().Port())
		// More than one recvmmsg takes, the last one too large for the guard.
		for n := range readAtOnce + 5 {
			if _, err := conn.WriteToUDPAddrPort(append([]byte{0x80, 96}, datagram(n, 200)...), to); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.WriteToUDPAddrPort(append([]byte{0x80, 96}, datagram(0, MaxDatagram)...), to); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.WriteToUDPAddrPort(append([]byte{0x80, 97}, datagram(1, 20)...), to); err != nil {
			t.Fatal(err)
		}
		for n := range readAtOnce + 5 {
			b, sender, _, err := s.Read()
			if err != nil || sender != from || !bytes.Equal(b[2:], datagram(n, 200)) {
				t.Fatalf("datagram %d from %v, want %v: %v", n, sender, from, err)
			}
		}
		if b, _, _, err := s.Read(); err != nil || b[1] != 97 || s.Counters.Refused.Load() != 1 {
			t.Errorf("%d bytes follow, %d were refused: %v", len(b), s.Counters.Refused.Load(), err)
		}
	}
}

func TestAFullSendBufferLosesTheRestOfABatch(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	b, r := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0")
	for i, size := range []int{100, 300, 300, 500} {
		commit(b, r.to, datagram(i, size))
	}
	for err, want := range map[error]uint64{unix.EAGAIN: 3, net.ErrClosed: 3, unix.EPERM: 2} {
		s.Counters.SendErrors.Store(0)
		settled := b.recover(err, 1) // messages: 100; 300, 300; 500
		if lost := s.Counters.SendErrors.Load(); lost != want || settled != int(want)-1 {
			t.Errorf("%v: %d datagrams lost in %d messages, want %d", err, lost, settled, want)
		}
	}
}

func TestSocketDoesNotAllocate(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	b := append([]byte{0x80, 96}, datagram(1, 100)...)
	again := func() {
		if err := s.Write(b, s.Local()); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := s.Read(); err != nil {
			t.Fatal(err)
		}
	}
	if allocated := testing.AllocsPerRun(100, again); allocated != 0 {
		t.Errorf("%v allocations to send and read a datagram", allocated)
	}
}
