package forward

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestStats: what a viewer says of the picture, and the round trip by the sender report that it answers.
func TestStats(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 20)
	sent := v.take()
	v.says(nack(videoSSRC, one(sent[2].Sequence), one(sent[3].Sequence)))
	v.says(&rtcp.PictureLossIndication{MediaSSRC: videoSSRC})
	about := func(lost uint32, report time.Time, delay time.Duration) {
		v.says(&rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{
			{SSRC: audioSSRC, TotalLost: 99, LastSenderReport: 1},
			{SSRC: videoSSRC, TotalLost: lost, LastSenderReport: uint32(ntp(report) >> 16), Delay: uint32(delay * 65536 / time.Second)},
		}})
	}
	reported := s.clock
	s.clock = s.clock.Add(540 * time.Millisecond)
	about(7, reported, 500*time.Millisecond)
	got := v.Stats()
	if got.Packets != 20 || got.Bytes == 0 || got.Reports != 3 || got.ReportBytes == 0 || got.NACKs != 2 || got.Retransmitted != 2 || got.KeyframeRequests != 1 ||
		got.Lost != 7 || got.Estimate != 0 {
		t.Errorf("got %+v", got)
	}
	if off := (got.Trip - 40*time.Millisecond).Abs(); off > 100*time.Microsecond {
		t.Errorf("round trip %s", got.Trip)
	}
	about(0xffffff, s.clock.Add(time.Second), 0) // more came than were sent, and a report of the future
	if got := v.Stats(); got.Lost != 0 || (got.Trip-40*time.Millisecond).Abs() > 100*time.Microsecond {
		t.Errorf("got %+v", got)
	}
}
