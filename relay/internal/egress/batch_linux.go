package egress

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxMessages = 64      // per sendmmsg
	maxSegments = 43      // of one segmented send: the kernel allows 64 segments and 65,507 bytes
	batchBytes  = 1 << 17 // one flush
)

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	sent   uint32
	_      [4]byte
}

// control is the ancillary message that sets the segment size (UDP_SEGMENT, udp(7)).
type control struct {
	header unix.Cmsghdr
	size   uint16
	_      [6]byte
}

// slot is one message: datagrams of one size to one destination.
type slot struct {
	vector   unix.Iovec
	control  control
	segments int
	size     int // of each segment but the last
	to       *Destination
}

// Batch collects datagrams and hands them to the kernel in few system calls: consecutive datagrams of one size to one
// destination become one segmented send. It is used by one goroutine and allocates nothing after NewBatch.
type Batch struct {
	socket   *Socket
	raw      syscall.RawConn
	buffer   []byte
	used     int
	count    int
	datagram int // datagrams collected
	last     *Destination
	closed   bool // the last message may not grow: it ended with a shorter segment

	messages  [maxMessages]mmsghdr // what the kernel reads
	slots     [maxMessages]slot
	sendNow   func(fd uintptr) bool // kept, so that no closure is made per flush
	sent      int
	sendError error
}

// Destination is a viewer's address in the kernel's form.
type Destination struct {
	Address netip.AddrPort
	raw     [unix.SizeofSockaddrInet6]byte
	length  uint32
	single  atomic.Bool // segments cannot be sent there
}

// Destination prepares an address for batches.
func (s *Socket) Destination(to netip.AddrPort) *Destination {
	d := &Destination{Address: to}
	if !s.v6 {
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.raw))
		a.Family, a.Addr, d.length = unix.AF_INET, to.Addr().Unmap().As4(), unix.SizeofSockaddrInet4
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], to.Port())
		return d
	}
	a := (*unix.RawSockaddrInet6)(unsafe.Pointer(&d.raw))
	a.Family, a.Addr, d.length = unix.AF_INET6, to.Addr().As16(), unix.SizeofSockaddrInet6
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], to.Port())
	return d
}

// NewBatch makes a batch for this socket.
func (s *Socket) NewBatch() (*Batch, error) {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &Batch{socket: s, raw: raw, buffer: make([]byte, batchBytes)}
	b.sendNow = b.send
	return b, nil
}

// Reserve returns room for one datagram. What was collected is flushed first when the batch is full.
func (b *Batch) Reserve() []byte {
	if b.used+MaxDatagram > len(b.buffer) {
		b.Flush()
	}
	return b.buffer[b.used : b.used+MaxDatagram : b.used+MaxDatagram]
}

// Commit adds the first n reserved bytes as one datagram to d.
func (b *Batch) Commit(d *Destination, n int) {
	i := b.count - 1
	if d == b.last && !b.closed && n <= b.slots[i].size && b.slots[i].segments < maxSegments && b.socket.segments && !d.single.Load() {
		b.slots[i].vector.Len += uint64(n)
		b.slots[i].segments++
		b.closed = n < b.slots[i].size
		b.used += n
		b.datagram++
		return
	}
	if b.count == maxMessages {
		b.moveAndFlush(n)
	}
	i = b.count
	b.slots[i].vector = unix.Iovec{Base: &b.buffer[b.used], Len: uint64(n)}
	b.slots[i].segments, b.slots[i].size, b.slots[i].to = 1, n, d
	b.count++
	b.used += n
	b.datagram++
	b.last, b.closed = d, false
}

// moveAndFlush makes room for a message when all are taken; the n bytes at the end are not part of any yet.
func (b *Batch) moveAndFlush(n int) {
	start := b.used
	b.Flush()
	copy(b.buffer[:n], b.buffer[start:start+n])
}

// Flush sends everything. Datagrams that the kernel refuses are counted and lost, as UDP may.
func (b *Batch) Flush() {
	if b.count == 0 {
		return
	}
	c := &b.socket.Counters
	c.PacketsOut.Add(uint64(b.datagram))
	c.BytesOut.Add(uint64(b.used))
	for i := range b.count {
		b.prepare(i)
	}
	for b.sent = 0; b.sent < b.count; {
		b.sendError = nil
		err := b.raw.Write(b.sendNow)
		c.SendCalls.Add(1)
		if err == nil {
			err = b.sendError
		}
		if err != nil {
			b.recover(err)
		}
	}
	b.used, b.count, b.datagram, b.last = 0, 0, 0, nil
}

func (b *Batch) prepare(i int) {
	h := &b.messages[i].header
	*h = unix.Msghdr{Name: &b.slots[i].to.raw[0], Namelen: b.slots[i].to.length, Iov: &b.slots[i].vector}
	h.SetIovlen(1)
	if b.slots[i].segments == 1 {
		return
	}
	c := &b.slots[i].control
	c.header.Level, c.header.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	c.header.SetLen(unix.CmsgLen(2))
	c.size = uint16(b.slots[i].size)
	h.Control = (*byte)(unsafe.Pointer(c))
	h.SetControllen(unix.CmsgSpace(2))
}

func (b *Batch) send(fd uintptr) bool {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&b.messages[b.sent])), uintptr(b.count-b.sent), 0, 0, 0)
	switch errno {
	case 0:
		b.sent += int(n)
	case unix.EAGAIN:
		return false // the runtime waits until the socket is writable
	case unix.EINTR:
	default:
		b.sendError = errno
	}
	return true
}

// recover deals with the message that the kernel refused. Where that is because of the segments, they are sent again as
// single datagrams, and so is all that goes to this destination from now on. Other destinations keep their segments.
func (b *Batch) recover(err error) {
	s := &b.slots[b.sent]
	b.sent++
	if s.segments == 1 || !needsSingles(err) {
		b.socket.Counters.SendErrors.Add(uint64(s.segments))
		return
	}
	s.to.single.Store(true)
	for whole := unsafe.Slice(s.vector.Base, s.vector.Len); len(whole) > 0; {
		n := min(s.size, len(whole))
		if _, err := b.socket.conn.WriteToUDPAddrPort(whole[:n], s.to.Address); err != nil {
			b.socket.Counters.SendErrors.Add(1)
		}
		whole = whole[n:]
	}
}

// needsSingles tells errors of segmentation: EINVAL or, since Linux 6.14, EMSGSIZE when a segment exceeds the path's MTU;
// EIO when the route encrypts or its device computes no checksums.
func needsSingles(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.EIO)
}

// Segmented reports whether the kernel has segmentation offload.
func (s *Socket) Segmented() bool { return s.segments }

// inspect asks the kernel for the socket's address family and whether it can segment.
func (s *Socket) inspect() error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	var domain int
	var optErr, segmentErr error
	err = raw.Control(func(fd uintptr) {
		domain, optErr = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		_, segmentErr = unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT) // before Linux 4.18: ENOPROTOOPT
	})
	s.v6, s.segments = domain == unix.AF_INET6, segmentErr == nil
	return errors.Join(err, optErr)
}
