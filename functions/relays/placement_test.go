package relays

import (
	"testing"
	"time"
)

// at is a fleet at a moment, with relays that were heard so many seconds ago.
func at(relays ...*Relay) fleet {
	return fleet{relays, relays, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

func heardAgo(id string, ago, since time.Duration) *Relay {
	now := at().now
	return &Relay{ID: id, HeardAt: now.Add(-ago), Since: now.Add(-since)}
}

func TestGoneNeedsAWitness(t *testing.T) {
	const long = time.Hour
	for name, c := range map[string]struct {
		relay  *Relay
		others []*Relay
		gone   bool
	}{
		"heard":                                     {heardAgo("a", 5*time.Second, long), []*Relay{heardAgo("b", 0, long)}, false},
		"silent, nobody else is there":              {heardAgo("a", time.Minute, long), nil, false},
		"silent while another was heard":            {heardAgo("a", 16*time.Second, long), []*Relay{heardAgo("b", 2*time.Second, long)}, true},
		"not yet":                                   {heardAgo("a", 15*time.Second, long), []*Relay{heardAgo("b", 2*time.Second, long)}, false},
		"nobody was heard: it is us":                {heardAgo("a", time.Minute, long), []*Relay{heardAgo("b", time.Minute, long)}, false},
		"the other one is heard again for a moment": {heardAgo("a", time.Minute, long), []*Relay{heardAgo("b", 0, 10*time.Second)}, false},
		"and after that for long enough":            {heardAgo("a", time.Minute, long), []*Relay{heardAgo("b", 0, 16*time.Second)}, true},
	} {
		f := at(append(c.others, c.relay)...)
		if f.gone(c.relay) != c.gone {
			t.Errorf("%s: gone is %v", name, !c.gone)
		}
	}
}

func TestNearest(t *testing.T) {
	in := func(id, region string) *Relay {
		r := heardAgo(id, 0, time.Hour)
		r.Region = region
		return r
	}
	full, draining, silent := in("full", "eu-west"), in("draining", "eu-west"), in("silent", "eu-west")
	full.Capacity, full.Load, draining.Draining = 10, 10, true
	silent.HeardAt = silent.HeardAt.Add(-16 * time.Second)
	f := at(in("a", "eu-west"), in("b", "eu-central"), in("c", "us-east"), full, draining, silent)
	for region, want := range map[string]string{"eu-west": "a", "eu-central": "b", "us-east": "c", "us-west": "c", "eu": "ab", "ap": "abc", "": "abc"} {
		got := ""
		for _, r := range f.near(region, "") {
			got += r.ID
		}
		if got != want {
			t.Errorf("near %q: %s, want %s", region, got, want)
		}
	}
	if list := at(full, draining, silent).near("eu-west", ""); len(list) != 0 {
		t.Errorf("got %v", list)
	}
}

// TestPickDoesNotHerd: with reports that stand still, a relay that is the least loaded by little must not get everything.
func TestPickDoesNotHerd(t *testing.T) {
	var all []*Relay
	for i, load := range []int{10, 11, 12, 900} {
		r := heardAgo(string(rune('a'+i)), 0, time.Hour)
		r.Capacity, r.Load = 1000, load
		all = append(all, r)
	}
	f, got := at(all...), map[string]int{}
	for i := range uint32(1200) {
		got[f.pick("", i*2654435761>>7, i*40503).ID]++
	}
	if got["a"] < 300 || got["a"] > 900 || got["b"] < 200 || got["d"] > 0 {
		t.Errorf("got %v", got)
	}
	if only := at(all[3]).pick("", 7, 9); only == nil || only.ID != "d" {
		t.Errorf("of one: %v", only)
	}
	if none := at().pick("", 7, 9); none != nil {
		t.Errorf("of none: %v", none)
	}
	small := heardAgo("s", 0, time.Hour)
	small.Capacity, small.Load = 10, 9
	if r := at(all[3], small).pick("", 1, 1); r.ID != "d" && r.ID != "s" {
		t.Error(r)
	}
}

func TestSecondIsTheSameForEverybody(t *testing.T) {
	a, b, c := heardAgo("a", 0, time.Hour), heardAgo("b", 0, time.Hour), heardAgo("c", 0, time.Hour)
	got := map[string]int{}
	for i := range 300 {
		conference := "conference" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		second := at(a, b, c).second(conference, "", "a")
		if other := at(c, b, a).second(conference, "", "a"); other != second || second == a {
			t.Fatal(second, other)
		}
		got[second.ID]++
	}
	if got["b"] < 100 || got["c"] < 100 {
		t.Errorf("got %v", got)
	}
	if s := at(a).second("x", "", "a"); s != nil {
		t.Errorf("got %v", s)
	}
}

func TestPublicAddresses(t *testing.T) {
	p := NewHTTPProber(ProberConfig{})
	for _, address := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.192",
		"198.18.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]",
		"[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[2001:db8::1]", "[ff02::1]", "localhost"} {
		if p.Check("https://"+address) == nil && address != "localhost" || p.Check("http://"+address) == nil {
			t.Errorf("%s is taken", address)
		}
	}
	if p.Check("https://localhost:1") == nil {
		t.Error("localhost is taken")
	}
	for _, address := range []string{"https://192.0.1.1", "https://8.8.8.8:444", "https://[2606:4700::1]", "https://relay.example.com"} {
		if err := p.Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, base := range []string{"http://relay.example.com", "http://8.8.8.8", "ftp://8.8.8.8", "https://", "//x", "file:///etc/passwd"} {
		if p.Check(base) == nil {
			t.Errorf("%s is taken", base)
		}
	}
}

func TestTURNAddresses(t *testing.T) {
	for uri, good := range map[string]bool{
		"turn:r.example:3478?transport=udp": true, "turns:R.example:443?transport=tcp": true, "turn:r.example": true,
		"turn:other.example:3478": false, "stun:r.example": false, "turn:r.example:3478?transport=sctp": false, "turn:": false, "r.example": false,
		"turn:r.example@evil:1": false,
	} {
		if isTURN(uri, "r.example") != good {
			t.Errorf("%s: %v", uri, !good)
		}
	}
	if !isTURN("turn:[2606:4700::1]:3478", "2606:4700::1") {
		t.Error("IPv6")
	}
}
