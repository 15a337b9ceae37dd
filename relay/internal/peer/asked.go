package peer

import (
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// asked counts the packets that presenters are asked for again. It must be the first of the interceptors: those after
// it write through it.
type asked struct {
	interceptor.NoOp
	packets *atomic.Uint64 // of all sessions
	own     *atomic.Uint64 // of this one
}

// NewInterceptor implements interceptor.Factory.
func (a *asked) NewInterceptor(string) (interceptor.Interceptor, error) { return a, nil }

// BindRTCPWriter implements interceptor.Interceptor.
func (a *asked) BindRTCPWriter(next interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, attributes interceptor.Attributes) (int, error) {
		for _, p := range packets {
			if nack, ok := p.(*rtcp.TransportLayerNack); ok {
				for _, pair := range nack.Nacks {
					pair.Range(func(uint16) bool {
						a.packets.Add(1)
						a.own.Add(1)
						return true
					})
				}
			}
		}
		return next.Write(packets, attributes)
	})
}
