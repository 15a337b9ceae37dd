package control

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// BenchmarkBusyRoom is one second of a conference of 200 with ten pointers that move eight times a second and a stroke
// that grows to 200 points, five times a second. It reports the CPU time of relay and participants together, in
// milliseconds a second, and the messages that each participant gets.
func BenchmarkBusyRoom(b *testing.B) {
	const people, pointers = 200, 10
	s := newStand(b, overSocket, nil)
	claims := func(i int) jointoken.Claims {
		return s.claims(fmt.Sprint("p", i), jointoken.RoleInternal, jointoken.View, jointoken.Annotate)
	}
	var heard atomic.Int64
	for i := range people {
		c, _ := s.join(claims(i))
		go func() {
			for {
				frame, err := c.line.read(b.Context())
				if err != nil {
					return
				}
				if heard.Add(1); string(frame) == heartbeat {
					_ = c.line.write(b.Context(), heartbeat)
				}
			}
		}()
	}
	var moving []*channel
	for i := range pointers {
		p, err := s.rooms.Join("c-1", 0, room.ParticipantOf(claims(i)))
		if err != nil {
			b.Fatal(err)
		}
		moving = append(moving, &channel{server: s.server, presence: p, claims: claims(i)})
	}
	obey := func(c *channel, message any) {
		data, err := json.Marshal(message)
		if err != nil {
			b.Fatal(err)
		}
		name, _ := wire.TypeOf(data)
		if p := c.obey(name, data); p != nil {
			b.Fatal(p)
		}
	}
	begin, used := heard.Load(), cpuTime(b)
	b.ResetTimer()
	for i := range b.N {
		draw := wire.BoardDraw{Type: wire.TypeBoardDraw, Surface: "board", Shape: wire.Drawing{Key: fmt.Sprint("k", i), Tool: "pen", Colour: "#000000", Width: 4}}
		tick := time.NewTicker(time.Second / 40)
		for n := range 40 {
			<-tick.C
			for k, c := range moving {
				if (n+k)%5 == 0 {
					obey(c, wire.PointerMove{Type: wire.TypePointerMove, Surface: "board", X: n, Y: k})
				}
			}
			if n%8 == 0 {
				for range 40 {
					draw.Shape.Points = append(draw.Shape.Points, 5000+n, 5000+len(draw.Shape.Points))
				}
				obey(moving[0], draw)
			}
		}
		tick.Stop()
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-used).Milliseconds())/float64(b.N), "cpu-ms/s")
	b.ReportMetric(float64(heard.Load()-begin)/float64(b.N)/people, "messages/s")
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
