// Package outbox is the way out over one connection: a bounded queue with one writer, so that a client who reads slowly
// holds nobody up.
//
// When a message does not fit into the queue as a whole, that message is dropped and counted; those that wait stay. It is
// what a full socket does with datagrams: the client asks for them again, or gets the next keyframe.
package outbox

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queueSize is what may wait for a client: a large keyframe.
	queueSize = 512 << 10
	keepSize  = 32 << 10 // of the queue's memory after a burst
	// writeSize is what is written at once, and must be gone within writeTimeout: who reads 52 kbit/s is slow, not gone.
	writeSize    = 64 << 10
	writeTimeout = 10 * time.Second
	// farewell is how long what waits at the end may take.
	farewell = time.Second
	// kernelBuffer keeps the kernel from collecting seconds of picture for a slow client.
	kernelBuffer = 128 << 10
)

// Outbox is the way out over one connection. Run writes.
type Outbox struct {
	conn    net.Conn
	dropped *atomic.Uint64
	waking  chan struct{}

	mu    sync.Mutex
	out   []byte
	endBy time.Time // not zero once nothing more is taken: until when the rest must be written
}

// New makes the outbox of a connection. Dropped counts what does not fit.
func New(conn net.Conn, dropped *atomic.Uint64) *Outbox {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer) // the kernel's own bound is the other one
	}
	return &Outbox{conn: conn, dropped: dropped, waking: make(chan struct{}, 1)}
}

// Put adds one message, or nothing when there is no room for all of it; false then, and at the end. It does not keep the
// parts. Flush has it written.
func (o *Outbox) Put(header, body []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.endBy.IsZero() {
		return false
	}
	if len(o.out)+len(header)+len(body) > queueSize {
		o.dropped.Add(1)
		return false
	}
	o.out = append(append(o.out, header...), body...)
	return true
}

// Flush wakes the writer.
func (o *Outbox) Flush() {
	select {
	case o.waking <- struct{}{}:
	default:
	}
}

// Run writes until the outbox is closed or the connection fails. What has gathered meanwhile goes out in one piece. What
// waits at the end still goes out, if the client reads it at once.
func (o *Outbox) Run() {
	var written []byte
	for last := false; !last; {
		<-o.waking
		written, last = o.swap(written)
		for rest := written; len(rest) > 0; {
			n := min(len(rest), writeSize)
			o.limit()
			if _, err := o.conn.Write(rest[:n]); err != nil {
				o.Close()
				return
			}
			rest = rest[n:]
		}
		if cap(written) > keepSize {
			written = nil
		}
	}
}

// swap takes what waits, and leaves the memory of what was written.
func (o *Outbox) swap(written []byte) (out []byte, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out, o.out = o.out, written[:0]
	return out, !o.endBy.IsZero()
}

// limit sets until when the next write must be over. Close does so too, before or after: hence the second look.
func (o *Outbox) limit() {
	_ = o.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	o.mu.Lock()
	endBy := o.endBy
	o.mu.Unlock()
	if !endBy.IsZero() {
		_ = o.conn.SetWriteDeadline(endBy)
	}
}

// Close ends the outbox: nothing more is taken, and Run returns soon. It may be called more than once.
func (o *Outbox) Close() {
	o.mu.Lock()
	if o.endBy.IsZero() {
		o.endBy = time.Now().Add(farewell)
	}
	endBy := o.endBy
	o.mu.Unlock()
	_ = o.conn.SetWriteDeadline(endBy)
	o.Flush()
}
