package turn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// carrier is how a front reaches its clients: the datagrams of the UDP port, or the frames of one connection.
type carrier interface {
	// read blocks for the next message that passes the guard. It fails when the carrier has ended.
	read(b []byte) (n int, from netip.AddrPort, kind egress.Kind, err error)
	// write sends one whole message. Loss is counted, not reported.
	write(b []byte, to netip.AddrPort)
	// link is the way to one client for datagrams in channels.
	link(to netip.AddrPort) link
	address(netip.AddrPort) net.Addr
	local() net.Addr
	// allocated says whether the client at this address has an allocation.
	allocated(at netip.AddrPort, yes bool)
	close() error
}

// link frames datagrams as ChannelData (RFC 8656 section 12.4). It reports false when the datagram was lost.
type link interface {
	send(channel uint16, datagram []byte) bool
	collect(b *egress.Batch, channel uint16, datagram []byte) bool
	way() egress.Way
}

const channelHeader = 4 // bytes: number and length

// datagrams is the carrier over UDP.
type datagrams struct{ socket *egress.Socket }

func (d datagrams) read(b []byte) (int, netip.AddrPort, egress.Kind, error) {
	datagram, from, kind, err := d.socket.Read()
	return copy(b, datagram), from, kind, err
}

func (d datagrams) write(b []byte, to netip.AddrPort) { _ = d.socket.Write(b, to) }

func (d datagrams) link(to netip.AddrPort) link {
	return datagramLink{socket: d.socket, to: d.socket.Destination(to)}
}

func (d datagrams) address(a netip.AddrPort) net.Addr { return net.UDPAddrFromAddrPort(a) }

func (d datagrams) local() net.Addr { return net.UDPAddrFromAddrPort(d.socket.Local()) }

func (d datagrams) allocated(netip.AddrPort, bool) {}

func (d datagrams) close() error { return d.socket.Close() }

// datagramLink reaches one client over UDP. Padding is not needed there (RFC 8656 section 12.5), and without it the
// datagrams of one burst stay of one size: the kernel segments them.
type datagramLink struct {
	socket *egress.Socket
	to     *egress.Destination
}

func (l datagramLink) send(channel uint16, datagram []byte) bool {
	b := make([]byte, channelHeader, channelHeader+len(datagram))
	putHeader(b, channel, len(datagram))
	return l.socket.Write(append(b, datagram...), l.to.Address) == nil
}

func (l datagramLink) collect(b *egress.Batch, channel uint16, datagram []byte) bool {
	if channelHeader+len(datagram) > egress.MaxDatagram {
		return false
	}
	own := b.Via(l.socket)
	room := own.Reserve()
	putHeader(room, channel, len(datagram))
	own.Commit(l.to, channelHeader+copy(room[channelHeader:], datagram))
	return true
}

func putHeader(b []byte, channel uint16, size int) {
	binary.BigEndian.PutUint16(b, channel)
	binary.BigEndian.PutUint16(b[2:], uint16(size))
}

// ListenError is a port that could not be opened.
type ListenError struct {
	Setting string // turn or turns
	Address string
	Err     error
}

// Error says which port.
func (e *ListenError) Error() string {
	return fmt.Sprintf("open %s port %s: %v", e.Setting, e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

const portAttempts = 16 // to find a port that is free for UDP and TCP, when any will do

// listenBoth opens the same port for TCP and UDP.
func listenBoth(address string) (net.Listener, *egress.Socket, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil, &ListenError{Setting: "turn", Address: address, Err: err}
	}
	for range portAttempts {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", address); err != nil {
			break
		}
		var udp *egress.Socket
		if udp, err = egress.ListenTURN(net.JoinHostPort(host, fmt.Sprint(tcp.Addr().(*net.TCPAddr).Port))); err == nil {
			return tcp, udp, nil
		}
		err = errors.Join(err, tcp.Close())
		if port != "0" {
			break
		}
	}
	return nil, nil, &ListenError{Setting: "turn", Address: address, Err: err}
}

func (datagramLink) way() egress.Way { return egress.TurnUDP }
