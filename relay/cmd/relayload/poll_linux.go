package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	pollInterval  = time.Millisecond
	readAtOnce    = 32 // datagrams in one recvmmsg
	maxDatagram   = 1600
	maxReady      = 256     // sockets in one epoll_wait
	maxLooks      = 8       // in one turn: where more comes than this program can read, ticks must be in time all the same
	receiveBuffer = 1 << 20 // bytes asked of the kernel for each socket
)

// receiver gets the datagrams of one socket, on the poll's goroutine; at is when the kernel got it, so that no relay is
// charged for the time in which this program was busy.
type receiver interface {
	receive(datagram []byte, from netip.AddrPort, at time.Duration)
	// tick is called about every 10 ms.
	tick(at time.Duration)
}

// poll reads many sockets on one goroutine. It looks at them once a millisecond instead of being woken for each packet:
// a relay must not be charged for waking who, outside of a benchmark, sits on other machines.
type poll struct {
	epoll int
	since time.Time
	turn  sync.Mutex // held while datagrams are handled

	mu        sync.Mutex
	receivers map[int32]receiver // by descriptor; the open ones, which are closed under turn

	messages [readAtOnce]mmsghdr
	vectors  [readAtOnce]unix.Iovec
	names    [readAtOnce]unix.RawSockaddrInet4
	stamps   [readAtOnce]arrival
	buffers  [readAtOnce][maxDatagram]byte
}

// arrival is the control message of SO_TIMESTAMPNS: when the kernel got a datagram.
type arrival struct {
	header unix.Cmsghdr
	at     unix.Timespec
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	size   uint32
	_      [4]byte
}

func newPoll(since time.Time) (*poll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make epoll: %w", err)
	}
	p := &poll{epoll: fd, since: since, receivers: make(map[int32]receiver)}
	for i := range p.messages {
		p.vectors[i] = unix.Iovec{Base: &p.buffers[i][0], Len: maxDatagram}
		p.messages[i].header = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&p.names[i])), Iov: &p.vectors[i]}
		p.messages[i].header.SetIovlen(1)
		p.messages[i].header.Control = (*byte)(unsafe.Pointer(&p.stamps[i]))
	}
	return p, nil
}

// now is the time since the run's start: the same clock for who sends and who receives.
func (p *poll) now() time.Duration { return time.Since(p.since) }

// run reads until ctx is done.
func (p *poll) run(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	defer unix.Close(p.epoll)
	var events [maxReady]unix.EpollEvent
	for rounds := 0; ; rounds++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !p.round(events[:], rounds%10 == 0) {
			return
		}
	}
}

// round reads what has come; false when there is nothing to read from any more.
func (p *poll) round(events []unix.EpollEvent, tick bool) bool {
	p.turn.Lock()
	defer p.turn.Unlock()
	for range maxLooks {
		n, err := unix.EpollWait(p.epoll, events, 0)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
		for i := range max(n, 0) {
			p.drain(events[i].Fd)
		}
		if n < len(events) {
			break
		}
	}
	if tick {
		p.tick()
	}
	return true
}

func (p *poll) drain(fd int32) {
	p.mu.Lock()
	r := p.receivers[fd]
	p.mu.Unlock()
	if r == nil {
		return
	}
	for {
		for i := range p.messages {
			p.messages[i].header.Namelen = unix.SizeofSockaddrInet4
			p.messages[i].header.SetControllen(int(unsafe.Sizeof(p.stamps[i])))
		}
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.messages[0])), readAtOnce, unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			return // EAGAIN, or an ICMP error of a relay that has gone
		}
		now := time.Now()
		for i := range int(n) {
			at := now.Sub(p.since)
			if p.messages[i].header.Controllen > 0 && p.stamps[i].header.Type == unix.SCM_TIMESTAMPNS {
				at -= max(0, now.Sub(time.Unix(p.stamps[i].at.Unix())))
			}
			r.receive(p.buffers[i][:p.messages[i].size], address(&p.names[i]), at)
		}
		if n < readAtOnce {
			return
		}
	}
}

func (p *poll) tick() {
	p.mu.Lock()
	list := make([]receiver, 0, len(p.receivers))
	for _, r := range p.receivers {
		list = append(list, r)
	}
	p.mu.Unlock()
	at := p.now()
	for _, r := range list {
		r.tick(at)
	}
}

func address(a *unix.RawSockaddrInet4) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&a.Port))
	return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(port[0])<<8|uint16(port[1]))
}

// socket is one participant's UDP socket.
type socket struct {
	poll *poll
	port uint16

	using  sync.RWMutex // held for reading while fd is used: the kernel gives a closed one's number to somebody else
	fd     int
	mute   bool // nothing goes out or comes in any more
	closed bool
}

func (p *poll) open() (*socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	s := &socket{poll: p, fd: fd}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // the kernel may grant less
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)        // without, arrivals are as late as the poll
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("read socket's name: %w", err)
	}
	s.port = uint16(name.(*unix.SockaddrInet4).Port)
	return s, nil
}

// attach begins to read.
func (s *socket) attach(r receiver) error {
	s.poll.mu.Lock()
	s.poll.receivers[int32(s.fd)] = r
	s.poll.mu.Unlock()
	err := unix.EpollCtl(s.poll.epoll, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)})
	if err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// write sends one datagram. A full buffer, a relay that has gone or a closed socket loses it, as UDP may.
func (s *socket) write(b []byte, to netip.AddrPort) {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.mute {
		return
	}
	_ = unix.Sendto(s.fd, b, unix.MSG_DONTWAIT, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
}

// dropped counts the datagrams that the kernel had no room for in this socket: the load generator's own losses.
func (s *socket) dropped() uint64 {
	s.using.RLock()
	defer s.using.RUnlock()
	if s.closed {
		return 0
	}
	var memory [9]uint32 // SK_MEMINFO_VARS of linux/sock_diag.h; the last one is SK_MEMINFO_DROPS
	size := uint32(unsafe.Sizeof(memory))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&memory)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return uint64(memory[8])
}

// silence keeps the port, but nothing goes out or comes in any more. It waits for a round of the poll to end, and must not
// be called by a receiver.
func (s *socket) silence() {
	s.poll.turn.Lock()
	defer s.poll.turn.Unlock()
	s.using.Lock()
	defer s.using.Unlock()
	if s.mute {
		return
	}
	s.mute = true
	s.poll.mu.Lock()
	delete(s.poll.receivers, int32(s.fd))
	s.poll.mu.Unlock()
	_ = unix.EpollCtl(s.poll.epoll, unix.EPOLL_CTL_DEL, s.fd, nil)   // it may not be there yet
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 0) // the kernel's least
}

// close gives the port back.
func (s *socket) close() {
	s.silence()
	s.using.Lock()
	defer s.using.Unlock()
	if !s.closed {
		s.closed = true
		_ = unix.Close(s.fd)
	}
}
