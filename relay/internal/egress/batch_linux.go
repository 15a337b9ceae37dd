package egress

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxMessages = 64      // per sendmmsg
	maxSegments = 43      // of one segmented send: the kernel allows 64 segments and 65,507 bytes
	batchBytes  = 1 << 17 // one flush
)

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
	buffer   []byte
	used     int
	count    int
	datagram int // datagrams collected
	last     *Destination
	closed   bool // the last message may not grow: it ended with a shorter segment

	messages [maxMessages]mmsghdr // what the kernel reads
	slots    [maxMessages]slot
}

// Destination is a viewer's address in the kernel's form.
type Destination struct {
	Address netip.AddrPort
	raw     [unix.SizeofSockaddrInet6]byte
	length  uint32
	single  atomic.Bool // segments cannot be sent there
}

// set makes d the destination with this address.
func (s *Socket) set(d *Destination, to netip.AddrPort) {
	d.Address = to
	if !s.v6 {
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.raw))
		a.Family, a.Addr, d.length = unix.AF_INET, to.Addr().Unmap().As4(), unix.SizeofSockaddrInet4
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], to.Port())
		return
	}
	a := (*unix.RawSockaddrInet6)(unsafe.Pointer(&d.raw))
	a.Family, a.Addr, d.length = unix.AF_INET6, to.Addr().As16(), unix.SizeofSockaddrInet6
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&a.Port))[:], to.Port())
}

// NewBatch makes a batch for this socket.
func (s *Socket) NewBatch() (*Batch, error) {
	return &Batch{socket: s, buffer: make([]byte, batchBytes)}, nil
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
	for sent := 0; sent < b.count; {
		n, err := b.socket.port.writeBatch(b.messages[sent:b.count])
		c.SendCalls.Add(1)
		sent += n
		if err != nil {
			sent += b.recover(err, sent)
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

// recover deals with an error at message i and returns how many messages it settled. Where segments are the reason, they
// are sent again as single datagrams, and so is all that goes to this destination from now on; other destinations keep
// their segments. A send buffer that stays full loses the rest of the batch: media that late is of no use.
func (b *Batch) recover(err error, i int) int {
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, net.ErrClosed) {
		for _, s := range b.slots[i:b.count] {
			b.socket.Counters.SendErrors.Add(uint64(s.segments))
		}
		return b.count - i
	}
	s := &b.slots[i]
	if s.segments == 1 || !needsSingles(err) {
		b.socket.Counters.SendErrors.Add(uint64(s.segments))
		return 1
	}
	s.to.single.Store(true)
	for whole := unsafe.Slice(s.vector.Base, s.vector.Len); len(whole) > 0; {
		n := min(s.size, len(whole))
		if err := b.socket.port.write(whole[:n], s.to); err != nil {
			b.socket.Counters.SendErrors.Add(1)
		}
		whole = whole[n:]
	}
	return 1
}

// needsSingles tells errors of segmentation: EINVAL or, since Linux 6.14, EMSGSIZE when a segment exceeds the path's MTU;
// EIO when the route encrypts or its device computes no checksums.
func needsSingles(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.EIO)
}

// Segmented reports whether the kernel has segmentation offload.
func (s *Socket) Segmented() bool { return s.segments }
