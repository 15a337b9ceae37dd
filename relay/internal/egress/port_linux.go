package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readAtOnce  = 32  // datagrams in one recvmmsg
	sendTimeout = 100 // milliseconds that a full send buffer may stay full: then datagrams are lost
)

// port is a UDP socket that the Go runtime does not watch itself. It would ask to be woken whenever the kernel has sent
// a datagram (EPOLLOUT), which is one wake-up for each message: a quarter of what a packet cost. It watches an epoll of
// our own instead, which becomes readable when there is something to read and at no other time.
//
// System calls here never sleep, and are made without telling the scheduler: entering one that might makes the runtime
// look after it every 20 us, which cost as much again. Whoever must wait does so elsewhere.
type port struct {
	fd       int
	readable *os.File // the epoll
	waiting  syscall.RawConn
	tryRead  func(uintptr) bool // kept, so that no closure is made per read

	using   sync.RWMutex // held for reading while fd is used
	closed  bool
	failure error // of the latest recvmmsg
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
	p := &port{fd: fd}
	p.tryRead = p.receive
	if err := p.watch(); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	in := &p.inbox
	for i := range in.messages {
		in.vectors[i] = unix.Iovec{Base: &in.buffers[i][0]}
		in.vectors[i].SetLen(len(in.buffers[i]))
		in.messages[i].header = unix.Msghdr{Name: &in.names[i][0], Iov: &in.vectors[i]}
		in.messages[i].header.SetIovlen(1)
	}
	return p, nil
}

// watch makes the epoll. Nobody takes events from it: that it has some is what the runtime is woken by.
func (p *port) watch() error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make epoll: %w", err)
	}
	err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, p.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(p.fd)})
	if err = errors.Join(err, unix.SetNonblock(epoll, true)); err != nil {
		return errors.Join(fmt.Errorf("watch the socket: %w", err), unix.Close(epoll))
	}
	p.readable = os.NewFile(uintptr(epoll), "media port")
	if p.waiting, err = p.readable.SyscallConn(); err != nil {
		return errors.Join(err, p.readable.Close())
	}
	return nil
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
		if err := p.waiting.Read(p.tryRead); err != nil {
			return nil, netip.AddrPort{}, net.ErrClosed
		}
		if p.failure != nil {
			return nil, netip.AddrPort{}, p.failure
		}
	}
	i := in.next
	in.next++
	return in.buffers[i][:in.messages[i].size], address(in.names[i][:]), nil
}

// receive takes what has come; false when there was nothing.
func (p *port) receive(uintptr) bool {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		p.failure = net.ErrClosed
		return true
	}
	in := &p.inbox
	for i := range in.messages {
		in.messages[i].header.Namelen = unix.SizeofSockaddrInet6
	}
	in.next, in.count = 0, 0
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(p.fd), uintptr(unsafe.Pointer(&in.messages[0])), readAtOnce, unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		in.count = int(n)
	case unix.EAGAIN:
		return false
	case unix.EBADF, unix.ENOTSOCK, unix.EFAULT, unix.EINVAL: // none of them passes
		p.failure = fmt.Errorf("read the media port: %w", errno)
	default: // an ICMP error of a viewer that has gone, which is taken now: the next call reads
	}
	return true
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
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		return net.ErrClosed
	}
	return p.patiently(func() unix.Errno {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT,
			uintptr(unsafe.Pointer(&to.raw[0])), uintptr(to.length))
		return errno
	})
}

// writeBatch sends messages and returns how many the kernel took; they are fewer than all only with an error, or when
// the kernel wants to be asked again.
func (p *port) writeBatch(messages []mmsghdr) (sent int, err error) {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		return 0, net.ErrClosed
	}
	err = p.patiently(func() unix.Errno {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(messages))), uintptr(len(messages)),
			unix.MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			sent = int(n)
		}
		return errno
	})
	return sent, err
}

// patiently waits once for room in the send buffer.
func (p *port) patiently(send func() unix.Errno) error {
	errno := send()
	if errno == unix.EAGAIN {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLOUT}}, sendTimeout)
		errno = send()
	}
	if errno == 0 {
		return nil
	}
	return errno
}

// close ends the reader, waits for whoever uses the socket, and closes it.
func (p *port) close() error {
	if !p.shut() {
		return net.ErrClosed
	}
	err := p.readable.Close() // waits for the reader, who must not find the lock taken
	p.using.Lock()
	defer p.using.Unlock()
	return errors.Join(err, unix.Close(p.fd))
}

func (p *port) shut() bool {
	p.using.Lock()
	defer p.using.Unlock()
	first := !p.closed
	p.closed = true
	return first
}
