package outbox

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/leaktest"
)

const patience = 10 * time.Second

// pair is an outbox over TCP and the client's end of the connection. Nobody writes yet.
func pair(t *testing.T) (*Outbox, *net.TCPConn, *atomic.Uint64) {
	t.Helper()
	leaktest.Check(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	_ = client.SetReadDeadline(time.Now().Add(patience))
	var dropped atomic.Uint64
	return New(server, &dropped), client.(*net.TCPConn), &dropped
}

// run writes on a goroutine of its own; what it returns is closed when that ends.
func run(t *testing.T, o *Outbox) <-chan struct{} {
	done := make(chan struct{})
	go func() { defer close(done); o.Run() }()
	t.Cleanup(func() { o.Close(); <-done })
	return done
}

func ended(t *testing.T, done <-chan struct{}) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the writer does not end")
	}
	return time.Since(began)
}

func TestABurstIsOneWrite(t *testing.T) {
	o, client, _ := pair(t)
	for range 3 {
		if !o.Put([]byte("head "), []byte("body ")) {
			t.Fatal("not taken")
		}
	}
	run(t, o)
	o.Flush()
	want := "head body head body head body "
	b := make([]byte, 100)
	if n, err := client.Read(b); err != nil || string(b[:n]) != want {
		t.Errorf("%q, %v", b[:n], err)
	}
}

// Whole messages are dropped, and those that wait stay.
func TestOverflowDropsWholeMessages(t *testing.T) {
	o, client, dropped := pair(t)
	head, body := []byte{1, 2}, bytes.Repeat([]byte{7}, 1000)
	taken := 0
	for range 2 * queueSize / 1002 {
		if o.Put(head, body) {
			taken++
		}
	}
	if taken != queueSize/1002 || dropped.Load() != uint64(2*queueSize/1002-taken) {
		t.Errorf("%d were taken, %d were dropped", taken, dropped.Load())
	}
	done := run(t, o)
	o.Close()
	got, err := io.ReadAll(io.LimitReader(client, int64(taken*1002)))
	if err != nil || len(got) != taken*1002 {
		t.Fatalf("%d bytes came: %v", len(got), err)
	}
	for i := 0; i < len(got); i += 1002 {
		if !bytes.Equal(got[i:i+2], head) || !bytes.Equal(got[i+2:i+1002], body) {
			t.Fatalf("message %d is damaged", i/1002)
		}
	}
	ended(t, done)
	if before := dropped.Load(); o.Put(head, body) || dropped.Load() != before {
		t.Error("taken, or counted as dropped, after the end")
	}
}

func TestTheLastWordsGoOut(t *testing.T) {
	o, client, _ := pair(t)
	done := run(t, o)
	o.Put(nil, []byte("goodbye"))
	o.Close()
	ended(t, done)
	b := make([]byte, 7)
	if _, err := io.ReadFull(client, b); err != nil || string(b) != "goodbye" {
		t.Errorf("%q, %v", b, err)
	}
}

// A client who does not read keeps the writer busy, and nobody else: Put never waits, and the end comes.
func TestWhoDoesNotReadHoldsNobodyUp(t *testing.T) {
	o, client, dropped := pair(t)
	_ = client.SetReadBuffer(4 << 10)
	done := run(t, o)
	body := make([]byte, 1200)
	began := time.Now()
	for dropped.Load() == 0 {
		o.Put(nil, body)
		o.Flush()
		if time.Since(began) > patience {
			t.Fatal("nothing is ever dropped")
		}
	}
	o.Close()
	if took := ended(t, done); took > farewell+2*time.Second {
		t.Errorf("the end took %s", took)
	}
}

func TestNothingIsAllocatedPerMessage(t *testing.T) {
	o, client, _ := pair(t)
	go func() { _, _ = io.Copy(io.Discard, client) }()
	_ = client.SetReadDeadline(time.Time{})
	run(t, o)
	body := make([]byte, 1200)
	burst := func() {
		for range 12 {
			header := [2]byte{4, 176}
			o.Put(header[:], body)
		}
		o.Flush()
	}
	burst()
	// The queue's memory grows now and then, when the writer lags behind.
	if n := testing.AllocsPerRun(200, burst); n > 4 {
		t.Errorf("%v allocations for a burst of 12", n)
	}
}

func TestABrokenConnectionEndsTheWriter(t *testing.T) {
	o, client, _ := pair(t)
	_ = client.SetLinger(0)
	_ = client.Close()
	done := run(t, o)
	for began := time.Now(); o.Put(nil, []byte("anybody?")); o.Flush() {
		if time.Since(began) > patience {
			t.Fatal("the outbox takes messages for nobody")
		}
		time.Sleep(time.Millisecond)
	}
	ended(t, done)
}
