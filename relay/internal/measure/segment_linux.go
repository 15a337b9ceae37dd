package measure

import (
	"net"

	"golang.org/x/sys/unix"
)

// maximumSegment is what the kernel sends at most in one segment of this connection: what the other side announced, or
// less where the path has shown that it carries less (RFC 1191, RFC 4821). 0 when it does not say.
func maximumSegment(conn *net.TCPConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	size := 0
	if raw.Control(func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG); err == nil {
			size = n
		}
	}) != nil {
		return 0
	}
	return size
}
