package congestion

import (
	"testing"
	"time"
)

// probe sends one probe beyond limit over a way of this rate and returns what it found, and when.
func (p *Probe) over(t *testing.T, now time.Duration, limit, rate float64, loss int) (float64, time.Duration) {
	t.Helper()
	const size = 1200
	var history History
	for !p.Begin(now, limit, history.Next()) {
		now += 5 * time.Millisecond
		if now > time.Hour {
			t.Fatal("no probe begins")
		}
	}
	if p.Until()-now > 2*probeSpan {
		t.Errorf("a probe of %v", p.Until()-now)
	}
	arrived, budget := now+20*time.Millisecond, 0.0
	for p.Active() {
		budget += p.Sending(now) / 8 * 0.005
		n := 0
		for ; budget > 0; budget -= size {
			sequence := history.Add(size, now)
			arrived = max(arrived, now+20*time.Millisecond) + time.Duration(8*size/rate*float64(time.Second))
			if n++; loss == 0 || int(sequence)%loss != 0 {
				p.Arrived(sequence, arrived, size)
			}
		}
		p.Sent(now, n, history.Next())
		now += 5 * time.Millisecond
	}
	if found := p.Result(now, history.Next()-2); found != 0 {
		t.Errorf("%.0f before the last packet is reported", found)
	}
	return p.Result(arrived, history.Next()-1), arrived
}

func TestAProbeFindsWhatAWayCarries(t *testing.T) {
	for _, tt := range []struct {
		limit, rate float64
		loss        int // one packet in so many
		least, most float64
	}{
		{100e3, 300e3, 0, 150e3, 200e3}, // in few packets
		{100e3, 300e3, 20, 150e3, 200e3},
		{250e3, 100e6, 0, 400e3, 500e3},
		{250e3, 1e6, 20, 390e3, 500e3},
		{250e3, 300e3, 0, 240e3, 300e3},
		{250e3, 300e3, 20, 220e3, 300e3},
		{2e6, 100e6, 0, 3.2e6, 4e6},
		{250e3, 100e6, 2, 0, 0}, // half of it is lost
	} {
		var p Probe
		if got, _ := p.over(t, time.Second, tt.limit, tt.rate, tt.loss); got < tt.least || got > tt.most {
			t.Errorf("%+v: %.0f", tt, got)
		}
	}
}

// TestProbesComeSeldomWhereTheyFail, soon where they pass.
func TestProbesComeSeldomWhereTheyFail(t *testing.T) {
	var p Probe
	now, pauses := time.Second, []time.Duration{}
	for range 7 {
		_, ended := p.over(t, now, 250e3, 260e3, 0)
		pauses = append(pauses, (p.next - ended).Round(time.Second))
		now = ended
	}
	if pauses[0] != 2*firstPause || pauses[1] != 4*firstPause || pauses[6] != longPause {
		t.Errorf("pauses of %v", pauses)
	}
	_, ended := p.over(t, now, 250e3, 10e6, 0)
	if p.next-ended != shortPause {
		t.Errorf("%v after a probe that passed", p.next-ended)
	}
}

// TestAProbeForWhatWasThere begins at once, and looks for it.
func TestAProbeForWhatWasThere(t *testing.T) {
	var p Probe
	now := time.Second
	for range 5 {
		_, now = p.over(t, now, 250e3, 260e3, 0)
	}
	p.Recover(now, 300e3)
	if got, ended := p.over(t, now, 120e3, 10e6, 0); got < 250e3 || got > 300e3 || ended > now+time.Second {
		t.Errorf("%.0f after %v", got, ended-now)
	}
	p.Recover(now, 5e6)
	if got, _ := p.over(t, now, 120e3, 10e6, 0); got > probeMost*120e3 {
		t.Errorf("%.0f beyond a limit of 120,000", got)
	}
}

// TestAProbeWithoutReportsEnds: nothing arrives any more.
func TestAProbeWithoutReportsEnds(t *testing.T) {
	var p Probe
	p.Begin(time.Second, 300e3, 0)
	now := time.Second + firstPause
	if !p.Begin(now, 300e3, 0) || p.Begin(now, 300e3, 0) {
		t.Fatal("one probe at a time")
	}
	p.Sent(p.Until(), 3, 3)
	if p.Result(p.Until(), 65000) != 0 || p.rate == 0 {
		t.Error("it ended before its reports could come")
	}
	if p.Result(p.Until()+probeWait, 65000) != 0 || p.rate != 0 {
		t.Error("it waits for ever")
	}
}
