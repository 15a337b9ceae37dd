package egress

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"
)

const patience = 10 * time.Second

func listen(t testing.TB, address string) *Socket {
	t.Helper()
	s, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newBatch(t testing.TB, s *Socket) *Batch {
	t.Helper()
	b, err := s.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// receiver is a viewer's socket.
type receiver struct {
	t    testing.TB
	conn *net.UDPConn
	to   *Destination
}

func newReceiver(t testing.TB, s *Socket, address string) *receiver {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadBuffer(4 << 20)
	return &receiver{t, conn, s.Destination(conn.LocalAddr().(*net.UDPAddr).AddrPort())}
}

// wants reads datagrams and compares them, byte for byte and in order.
func (r *receiver) wants(datagrams [][]byte) {
	r.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1<<16)
	for i, want := range datagrams {
		n, err := r.conn.Read(b)
		if err != nil {
			r.t.Fatalf("datagram %d of %d: %v", i, len(datagrams), err)
		}
		if !bytes.Equal(b[:n], want) {
			r.t.Fatalf("datagram %d of %d: %d bytes %x..., want %d bytes %x...", i, len(datagrams), n, b[:min(n, 8)], len(want), want[:min(len(want), 8)])
		}
	}
}

// datagram has this size, and content of its own.
func datagram(number, size int) []byte {
	return bytes.Repeat(binary.BigEndian.AppendUint32(nil, uint32(number)), size/4+1)[:size]
}

func commit(b *Batch, to *Destination, datagram []byte) {
	b.Commit(to, copy(b.Reserve(), datagram))
}

// repeat makes a list of n sizes from a pattern.
func repeat(n int, pattern ...int) []int {
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = pattern[i%len(pattern)]
	}
	return sizes
}

func TestBatchDelivers(t *testing.T) {
	cases := map[string]struct {
		sizes []int
		turn  int // datagrams to one receiver before it is the other's turn
	}{
		"one datagram":                   {[]int{1}, 1},
		"a frame with a short last one":  {append(repeat(11, 1100), 300), 12},
		"nothing grows behind a short":   {append(append(repeat(5, 1100), 300), repeat(5, 1100)...), 11},
		"a larger one begins a new run":  {repeat(30, 900, 900, 1100), 30},
		"two receivers in turn":          {repeat(24, 1100), 4},
		"more than 64 messages":          {repeat(200, 60), 1},
		"more messages than fit, larger": {repeat(150, 700, 701, 702), 1},
		"more than the buffer":           {repeat(130, 1400), 130},
		"more than a segmented send":     {repeat(90, MaxDatagram), 90},
		"sizes of all kinds":             {repeat(120, 1, 1452, 20, 20, 20, 19, 1452, 1452, 3), 7},
	}
	for name, tt := range cases {
		for _, way := range []string{"segmented", "single"} {
			t.Run(name+", "+way, func(t *testing.T) {
				s := listen(t, "127.0.0.1:0")
				if way == "single" {
					s.segments = false
				}
				b := newBatch(t, s)
				receivers := []*receiver{newReceiver(t, s, "127.0.0.1:0"), newReceiver(t, s, "127.0.0.1:0")}
				var want [2][][]byte
				total := 0
				for i, size := range tt.sizes {
					who := i / tt.turn % 2
					d := datagram(i, size)
					commit(b, receivers[who].to, d)
					want[who] = append(want[who], d)
					total += size
				}
				b.Flush()
				for who, r := range receivers {
					r.wants(want[who])
				}
				c := &s.Counters
				if out, bytes, failed := c.PacketsOut.Load(), c.BytesOut.Load(), c.SendErrors.Load(); out != uint64(len(tt.sizes)) || bytes != uint64(total) || failed != 0 {
					t.Errorf("counted %d datagrams, %d bytes, %d errors; want %d, %d, 0", out, bytes, failed, len(tt.sizes), total)
				}
			})
		}
	}
}

func TestBatchOverIPv6(t *testing.T) {
	if conn, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		_ = conn.Close()
	}
	both := listen(t, "[::]:0")
	for _, address := range []string{"[::1]:0", "127.0.0.1:0"} {
		b, r := newBatch(t, both), newReceiver(t, both, address)
		var want [][]byte
		for i := range 20 {
			d := datagram(i, 1000)
			commit(b, r.to, d)
			want = append(want, d)
		}
		b.Flush()
		r.wants(want)
	}
}

// TestBatchGoesOnWithoutAReceiver: a viewer that has gone costs the others nothing.
func TestBatchGoesOnWithoutAReceiver(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	b, alive, gone := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0"), newReceiver(t, s, "127.0.0.1:0")
	_ = gone.conn.Close()                                            // answers with ICMP
	nowhere := s.Destination(netip.MustParseAddrPort("127.0.0.1:0")) // the kernel refuses port 0
	var want [][]byte
	for round := range 3 {
		for i := range 10 {
			d := datagram(10*round+i, 500)
			commit(b, gone.to, d)
			commit(b, alive.to, d)
			want = append(want, d)
		}
		for i := range 4 {
			commit(b, nowhere, datagram(i, 500))
		}
		b.Flush()
	}
	alive.wants(want)
	if failed := s.Counters.SendErrors.Load(); failed != 12 {
		t.Errorf("%d errors counted, want 12", failed)
	}
}

func TestBatchAfterClose(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	b, r := newBatch(t, s), newReceiver(t, s, "127.0.0.1:0")
	_ = s.Close()
	for i := range 10 {
		commit(b, r.to, datagram(i, 1000))
	}
	b.Flush()
	if failed := s.Counters.SendErrors.Load(); failed != 10 {
		t.Errorf("%d errors counted, want 10", failed)
	}
}

func TestBatchDoesNotAllocate(t *testing.T) {
	for _, segments := range []bool{true, false} {
		s := listen(t, "127.0.0.1:0")
		s.segments = segments
		b := newBatch(t, s)
		one, other := newReceiver(t, s, "127.0.0.1:0").to, newReceiver(t, s, "127.0.0.1:0").to
		burst := func() {
			for i := range 100 {
				b.Reserve()
				to := one
				if i%30 > 20 {
					to = other
				}
				b.Commit(to, 1000+i%3)
			}
			b.Flush()
		}
		burst()
		if allocated := testing.AllocsPerRun(50, burst); allocated != 0 {
			t.Errorf("segments %v: %v allocations for 100 datagrams", segments, allocated)
		}
	}
}

func TestSocketReadsOnlyWhatTheGuardPasses(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	r := newReceiver(t, s, "127.0.0.1:0")
	good := append([]byte{0x80, 96}, datagram(1, 100)...)
	for _, d := range [][]byte{{1, 2, 3}, message(0x16, attribute(0x12, nil)), good} {
		if _, err := r.conn.WriteToUDPAddrPort(d, s.Local()); err != nil {
			t.Fatal(err)
		}
	}
	b, from, kind, err := s.Read()
	if err != nil || kind != RTP || !bytes.Equal(b, good) || from != r.to.Address {
		t.Errorf("%d bytes of kind %d from %v, %v", len(b), kind, from, err)
	}
	if c := &s.Counters; c.Refused.Load() != 2 || c.PacketsIn.Load() != 3 {
		t.Errorf("%d refused of %d", c.Refused.Load(), c.PacketsIn.Load())
	}
	_ = s.Close()
	if _, _, _, err := s.Read(); err == nil {
		t.Error("a closed socket is read")
	}
}

// BenchmarkBatch sends frames of 12 packets to ten viewers. Nobody reads: the kernel drops what does not fit.
func BenchmarkBatch(b *testing.B) {
	for _, segments := range []bool{true, false} {
		name := map[bool]string{true: "segmented", false: "single"}[segments]
		b.Run(name, func(b *testing.B) {
			s := listen(b, "127.0.0.1:0")
			s.segments = segments
			batch := newBatch(b, s)
			var viewers []*Destination
			for range 10 {
				viewers = append(viewers, newReceiver(b, s, "127.0.0.1:0").to)
			}
			packets := 0
			b.ReportAllocs()
			for b.Loop() {
				for _, to := range viewers {
					for range 12 {
						batch.Reserve()
						batch.Commit(to, 1100)
						packets++
					}
				}
				batch.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
		})
	}
}
