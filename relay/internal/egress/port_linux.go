package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readAtOnce  = 32                     // datagrams in one recvmmsg
	readTimeout = time.Second            // after which the reader looks whether the port is closed
	sendTimeout = 100 * time.Millisecond // how long a full send buffer may stay full: then datagrams are lost
)

// port is a UDP socket outside of the Go runtime's poller. The poller would ask to be woken whenever the kernel has sent
// a datagram (EPOLLOUT), which is one wake-up for each message: a quarter of what a packet cost. So the reader blocks in
// the kernel, on a thread of its own, and senders wait in the kernel if they ever must.
type port struct {
	fd      int
	closed  atomic.Bool
	sending sync.RWMutex // held for reading while something is sent
	reading sync.Mutex   // held while something is read
	inbox   inbox
}

// inbox is what one recvmmsg brought; the one reader's.
type inbox struct {
	next, count int
	messages    [readAtOnce]mmsghdr
	vectors     [readAtOnce]unix.Iovec
	names       [readAtOnce][unix.SizeofSockaddrInet6]byte
	buffers     [readAtOnce][MaxDatagram + 1]byte // one byte more, so that the guard sees what is too large
}

// mmsghdr is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	size   uint32
	_      [4]byte
}

// newPort takes the socket over; conn is closed afterwards, whatever happens.
func newPort(conn *net.UDPConn) (*port, error) {
	fd, err := duplicate(conn)
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	read, send := unix.NsecToTimeval(int64(readTimeout)), unix.NsecToTimeval(int64(sendTimeout))
	err = errors.Join(
		unix.SetNonblock(fd, false),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &read),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &send),
	)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	p := &port{fd: fd}
	in := &p.inbox
	for i := range in.messages {
		in.vectors[i] = unix.Iovec{Base: &in.buffers[i][0]}
		in.vectors[i].SetLen(len(in.buffers[i]))
		in.messages[i].header = unix.Msghdr{Name: &in.names[i][0], Iov: &in.vectors[i]}
		in.messages[i].header.SetIovlen(1)
	}
	return p, nil
}

func duplicate(conn *net.UDPConn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(original uintptr) { fd, err = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(controlErr, err)
}

// inspect asks the kernel for the socket's address family and whether it can segment.
func (p *port) inspect() (v6, segments bool, err error) {
	domain, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	_, segmentErr := unix.GetsockoptInt(p.fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT) // before Linux 4.18: ENOPROTOOPT
	return domain == unix.AF_INET6, segmentErr == nil, err
}

// read returns the next datagram, which is good until the next call. It fails when the port is closed.
func (p *port) read() ([]byte, netip.AddrPort, error) {
	in := &p.inbox
	for in.next == in.count {
		if err := p.receive(); err != nil {
			return nil, netip.AddrPort{}, err
		}
	}
	i := in.next
	in.next++
	return in.buffers[i][:in.messages[i].size], address(in.names[i][:]), nil
}

// receive waits for at least one datagram, but not for ever.
func (p *port) receive() error {
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.closed.Load() {
		return net.ErrClosed
	}
	in := &p.inbox
	for i := range in.messages {
		in.messages[i].header.Namelen = unix.SizeofSockaddrInet6
	}
	in.next, in.count = 0, 0
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(p.fd), uintptr(unsafe.Pointer(&in.messages[0])), readAtOnce, unix.MSG_WAITFORONE, 0, 0)
	switch errno {
	case 0:
		in.count = int(n)
	case unix.EBADF, unix.ENOTSOCK, unix.EFAULT, unix.EINVAL: // none of them passes
		return fmt.Errorf("read the media port: %w", errno)
	default: // a timeout, a signal, or an ICMP error of a viewer that has gone
	}
	return nil
}

// address reads a socket address; an IPv4 address in IPv6 form becomes IPv4.
func address(name []byte) netip.AddrPort {
	number := binary.BigEndian.Uint16(name[2:])
	if binary.NativeEndian.Uint16(name) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(name[4:8])), number)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(name[8:24])).Unmap(), number)
}

// write sends one datagram.
func (p *port) write(b []byte, to *Destination) error {
	p.sending.RLock()
	defer p.sending.RUnlock()
	if p.closed.Load() {
		return net.ErrClosed
	}
	for {
		_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0,
			uintptr(unsafe.Pointer(&to.raw[0])), uintptr(to.length))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return errno
		}
	}
}

// writeBatch sends messages and returns how many the kernel took. It returns before all are sent only with an error, or
// when the kernel wants to be asked again.
func (p *port) writeBatch(messages []mmsghdr) (int, error) {
	p.sending.RLock()
	defer p.sending.RUnlock()
	if p.closed.Load() {
		return 0, net.ErrClosed
	}
	first := uintptr(unsafe.Pointer(unsafe.SliceData(messages)))
	// While the kernel has room this never sleeps: it is work like any other, and needs no other thread meanwhile.
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(p.fd), first, uintptr(len(messages)), unix.MSG_DONTWAIT, 0, 0)
	if errno == unix.EAGAIN {
		n, _, errno = unix.Syscall6(unix.SYS_SENDMMSG, uintptr(p.fd), first, uintptr(len(messages)), 0, 0, 0)
	}
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, errno
}

// close ends the reader, waits for whoever uses the socket, and closes it.
func (p *port) close() error {
	if p.closed.Swap(true) {
		return net.ErrClosed
	}
	// An unconnected socket answers ENOTCONN, and wakes its reader all the same.
	_ = unix.Shutdown(p.fd, unix.SHUT_RDWR)
	p.reading.Lock()
	defer p.reading.Unlock()
	p.sending.Lock()
	defer p.sending.Unlock()
	return unix.Close(p.fd)
}
