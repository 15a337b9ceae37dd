//go:build !linux

package egress

import "net/netip"

// Batch collects datagrams; here each one is a system call of its own. It is used by one goroutine.
type Batch struct {
	socket *Socket
	buffer [MaxDatagram]byte
}

// Destination is a viewer's address.
type Destination struct{ Address netip.AddrPort }

func (s *Socket) set(d *Destination, to netip.AddrPort) { d.Address = to }

// NewBatch makes a batch for this socket.
func (s *Socket) NewBatch() (*Batch, error) { return &Batch{socket: s}, nil }

// Reserve returns room for one datagram.
func (b *Batch) Reserve() []byte { return b.buffer[:] }

// Commit sends the first n reserved bytes as one datagram to d. A lost one is counted.
func (b *Batch) Commit(d *Destination, n int) { _ = b.socket.Write(b.buffer[:n], d.Address) }

// Flush has nothing left to send.
func (b *Batch) Flush() {}

// Segmented reports whether the kernel has segmentation offload.
func (s *Socket) Segmented() bool { return false }
