package peer

import (
	"regexp"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/problem"
)

// TestWhatCouldBeginALine: ICE credentials are written into other texts, where pion ends a line at a bare carriage return.
func TestWhatCouldBeginALine(t *testing.T) {
	const password = "2/1muCWoOi3uLifh0NuRHlOa"
	for name, tt := range map[string]struct {
		ufrag, password string
		fits            bool
	}{
		"as browsers make them":  {"4ZcD", password, true},
		"all of ice-char":        {iceChars, iceChars, true},
		"a line in the ufrag":    {"4ZcD\ra=simulcast:send h;l", password, false},
		"a line in the password": {"4ZcD", password + "\ra=candidate:1 1 udp 1 192.0.2.1 9 typ host", false},
		"a space":                {"4Z cD", password, false},
		"a zero byte":            {"4ZcD\x00", password, false},
		"base64url":              {"4Z_D", strings.ReplaceAll(password, "/", "-"), false},
		"too short":              {"4Zc", password, false},
		"too short a password":   {"4ZcD", password[:21], false},
		"too long":               {strings.Repeat("u", 257), password, false},
	} {
		_, inFragment := ReadFragment("a=ice-ufrag:" + tt.ufrag + "\r\na=ice-pwd:" + tt.password + "\r\n")
		_, inOffer := parseOffer(crlf(strings.NewReplacer("ufrag:4ZcD", "ufrag:"+tt.ufrag, "pwd:"+password, "pwd:"+tt.password).Replace(browserOffer)))
		for place, err := range map[string]error{"fragment": inFragment, "offer": inOffer} {
			if (err == nil) != tt.fits || err != nil && problem.From(err).Code != problem.SDPInvalid {
				t.Errorf("%s in the %s: %v", name, place, err)
			}
		}
	}
	if _, err := parseOffer(crlf(strings.Replace(browserOffer, "a=rtcp-rsize", "a=rtcp-rsize\ra=rid:h send", 1))); problem.From(err).Code != problem.SDPInvalid {
		t.Errorf("a bare carriage return elsewhere: %v", err)
	}
	if _, err := parseOffer(browserOffer); err != nil {
		t.Errorf("lines that end without carriage return: %v", err)
	}
}

func sending(codecs string) string {
	return crlf(strings.NewReplacer("a=recvonly", "a=sendonly", "SAVPF 96 97 98 99 102 103 104 105 45 46 35", "SAVPF "+codecs).Replace(browserOffer))
}

func silent() PresenterEvents {
	return PresenterEvents{Track: func(Incoming) {}, Report: func(Kind, uint32) {}, State: func() {}, Closed: func() {}}
}

// TestAPresenterIsAnsweredWithOneVideoCodec: the first of its own order that viewers can be given.
func TestAPresenterIsAnsweredWithOneVideoCodec(t *testing.T) {
	peers, _ := newPeers(t, 0)
	video := regexp.MustCompile(`m=video 9 UDP/TLS/RTP/SAVPF ([0-9 ]+)`)
	hostCandidate := regexp.MustCompile(`^a=candidate:1 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r\n$`)
	for offered, want := range map[string]string{
		"96 97 98 99 102 103 104 105 45 46 35": "96",
		"98 99 96 97 103 104":                  "98",
		"102 103 104 96":                       "103", // 102 is another profile
		"105 45 46 98":                         "45",  // 105 is another profile
	} {
		p, answer, err := peers.Present(sending(offered), "", silent())
		if err != nil {
			t.Errorf("%s: %v", offered, err)
			continue
		}
		for line := range strings.Lines(answer) { // no mDNS, no TCP
			if strings.HasPrefix(line, "a=candidate:") && !hostCandidate.MatchString(line) {
				t.Errorf("candidate %s", line)
			}
		}
		if got := video.FindStringSubmatch(answer); got == nil || got[1] != want || strings.Count(answer, "a=rtpmap:") != 2 || !strings.Contains(answer, "a=ice-lite") {
			t.Errorf("%s: want %s and the sound in\n%s", offered, want, answer)
		}
		p.Close()
	}
	if _, _, err := peers.Present(sending("102 105 35"), "", silent()); problem.From(err).Code != problem.SDPInvalid {
		t.Errorf("no codec in common: %v", err)
	}
}

// TestAPictureMayBeOfAnySize: what Firefox says of the pictures that it can receive does not bind those that it sends.
func TestAPictureMayBeOfAnySize(t *testing.T) {
	peers, _ := newPeers(t, 0)
	for offered, want := range map[string]string{
		"max-fs=12288;max-fr=60":              "",
		"max-fs=12288;profile-id=0;max-fr=60": "a=fmtp:98 profile-id=0\r\n",
	} {
		p, answer, err := peers.Present(strings.Replace(sending("98"), "a=fmtp:98 profile-id=0", "a=fmtp:98 "+offered, 1), "", silent())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(answer, "max-f") || !strings.Contains(answer, want) || strings.Contains(answer, "a=fmtp:98") != (want != "") {
			t.Errorf("%s: want %q in\n%s", offered, want, answer)
		}
		p.Close()
	}
}

// TestTheLowPictureHasACodecOfItsOwn, also after a restart; without a section to name it is just another one.
func TestTheLowPictureHasACodecOfItsOwn(t *testing.T) {
	peers, _ := newPeers(t, 0)
	video := regexp.MustCompile(`m=video 9 UDP/TLS/RTP/SAVPF ([0-9 ]+)`)
	first := sending("98 96 45")
	_, section, _ := strings.Cut(sending("45 98 96"), "m=video")
	section, _, _ = strings.Cut(section, "m=audio")
	offered := strings.Replace(first, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 2", 1) + strings.Replace("m=video"+section, "a=mid:0", "a=mid:2", 1)
	for _, tt := range []struct {
		low       string
		of        packet.Codec
		formats   string // of the first and the second picture
		inactives int
	}{
		{"2", packet.AV1, "98 45", 0},
		{"0", packet.VP9, "98 45", 0}, // then the second one is the full picture
		{"", "", "98", 1},
		{"1", "", "98", 1}, // the sound
		{"7", "", "98", 1}, // nobody
	} {
		p, answer, err := peers.Present(offered, tt.low, silent())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, section := range video.FindAllStringSubmatch(answer, -1) {
			got = append(got, section[1])
		}
		if p.Low() != tt.of || !strings.HasPrefix(strings.Join(got, " "), tt.formats) || strings.Count(answer, "a=inactive") != tt.inactives {
			t.Errorf("%+v: %q, %q in\n%s", tt, p.Low(), got, answer)
		}
		p.Close()
	}
}

// TestFurtherSectionsOfAPresenterAreInactive: a share is one picture and one sound, and stays so after a restart.
func TestFurtherSectionsOfAPresenterAreInactive(t *testing.T) {
	peers, _ := newPeers(t, 0)
	first := sending("96")
	_, sections, _ := strings.Cut(first, "m=video")
	more := strings.NewReplacer("a=mid:0", "a=mid:2", "a=mid:1", "a=mid:3").Replace("m=video" + sections)
	offered := strings.Replace(first, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 2 3", 1) + more
	p, answer, err := peers.Present(offered, "", silent())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	check := func(answer string) {
		t.Helper()
		answered := strings.Split(answer, "\nm=")[1:]
		if len(answered) != 4 {
			t.Fatalf("%d sections in\n%s", len(answered), answer)
		}
		for i, section := range answered {
			if active := strings.Contains(section, "a=recvonly"); active != (i < 2) || active == strings.Contains(section, "a=inactive") {
				t.Errorf("section %d is answered\n%s", i, section)
			}
		}
	}
	check(answer)
	if _, err := p.Restart(fragmentOf("next")); err != nil {
		t.Fatal(err)
	}
	for i, section := range strings.Split(p.pc.LocalDescription().SDP, "\nm=")[1:] {
		if active := strings.Contains(section, "a=recvonly"); active != (i < 2) {
			t.Errorf("section %d after the restart\n%s", i, section)
		}
	}
}

// TestARestartThatFailsHalfwayEndsTheSession: the browser cannot be told credentials that work.
func TestARestartThatFailsHalfwayEndsTheSession(t *testing.T) {
	peers, _ := newPeers(t, 0)
	p, _, err := peers.Present(sending("96"), "", silent())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.patience = 1 // no time to gather
	peertest.Eventually(t, "a restart fails", func() bool {
		_, err := p.Restart(fragmentOf(freshUfrag(t)))
		return err != nil
	})
	peertest.Within(t, p.Closed(), "closed")
}

// freshUfrag is a ufrag that no restart had before.
func freshUfrag(t *testing.T) string {
	t.Helper()
	c, err := newCredentials()
	if err != nil {
		t.Fatal(err)
	}
	return c.ufrag
}

func TestAPresentersRestart(t *testing.T) {
	peers, _ := newPeers(t, 0)
	p, answer, err := peers.Present(sending("96"), "", silent())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Restart(fragmentOf("4ZcD")); again != "" || err != nil {
		t.Errorf("the known credentials restart: %q, %v", again, err)
	}
	fragment, err := p.Restart(fragmentOf("next"))
	if err != nil {
		t.Fatal(err)
	}
	checkFragment(t, fragment, answer)
	p.Close()
	if _, err := p.Restart(fragmentOf("late")); problem.From(err).Code != problem.NotFound {
		t.Errorf("a restart after the end: %v", err)
	}
}

// checkFragment checks the shape of RFC 9725 section 4.3.3.
func checkFragment(t *testing.T, fragment, answer string) {
	t.Helper()
	shape := regexp.MustCompile(`^a=ice-lite\r\na=group:BUNDLE 0 1\r\nm=video 9 UDP/TLS/RTP/SAVPF [0-9 ]+\r\na=mid:0\r\n` +
		`a=ice-ufrag:([^\r]+)\r\na=ice-pwd:([^\r]+)\r\n(a=candidate:[^\r]+\r\n)+a=end-of-candidates\r\n$`)
	found := shape.FindStringSubmatch(fragment)
	if found == nil || found[1] == attribute(answer, "ice-ufrag") || found[2] == attribute(answer, "ice-pwd") {
		t.Errorf("fragment\n%s\nafter the answer\n%s", fragment, answer)
	}
}

// TestOnlyThePortSaysThatASectionIsRefused: 0 is a payload type too (RFC 3264 section 6).
func TestOnlyThePortSaysThatASectionIsRefused(t *testing.T) {
	const refused, taken = "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96 0 97\r\na=mid:0\r\n"
	const session = "v=0\r\na=group:BUNDLE 0\r\n"
	if head := fragmentHead(session + refused + taken); head != "a=ice-lite\r\na=group:BUNDLE 0\r\n"+taken {
		t.Errorf("the fragment begins\n%s", head)
	}
}

func TestAViewersFragment(t *testing.T) {
	peers, _ := newPeers(t, 0)
	for name, tt := range map[string]struct{ offer, head string }{
		"the picture first": {browserOffer, "a=group:BUNDLE 0 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 103 104 45 46\r\na=mid:0\r\na=ice-ufrag:"},
		"a refused section first": {strings.Replace(browserOffer, "a=recvonly", "a=inactive", 1) + browserOffer[strings.Index(browserOffer, "m=video"):],
			"a=group:BUNDLE 1 0\r\nm=audio"},
		"no names": {strings.NewReplacer("a=mid:0\n", "", "a=mid:1\n", "", "a=group:BUNDLE 0 1\n", "").Replace(browserOffer), "m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 103 104 45 46\r\na=ice-ufrag:"},
	} {
		v, answer, err := peers.View(crlf(tt.offer), func([]byte) {})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fragment, err := v.Restart(fragmentOf("next"))
		if err != nil || !strings.Contains(fragment, tt.head) {
			t.Errorf("%s: %v, want %q in\n%s\nafter\n%s", name, err, tt.head, fragment, answer)
		}
		v.Close()
	}
}

// TestOddLowPictures are answered or refused, and never more than a share's three tracks are taken.
func TestOddLowPictures(t *testing.T) {
	peers, _ := newPeers(t, 0)
	first := sending("98 96 45")
	_, section, _ := strings.Cut(sending("45 98 96"), "m=video")
	section, _, _ = strings.Cut(section, "m=audio")
	with := func(change ...string) string {
		return strings.Replace(first, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 2", 1) + strings.NewReplacer(change...).Replace("m=video"+section)
	}
	for name, tt := range map[string]struct {
		offer, low string
		refused    bool
		want       packet.Codec
	}{
		"the only picture":        {first, "0", true, ""},
		"a picture to take":       {with("a=mid:0", "a=mid:2", "a=sendonly", "a=recvonly"), "2", false, ""},
		"no codec in common":      {with("a=mid:0", "a=mid:2", "SAVPF 45 98 96", "SAVPF 102"), "2", false, ""},
		"the same mid twice":      {with(), "0", false, packet.VP9},
		"the same mid three ways": {with() + strings.Replace("m=video"+section, "a=mid:0", "a=mid:2", 1), "0", false, packet.VP9},
		"a type for two codecs":   {with("a=mid:0", "a=mid:2", "a=rtpmap:98 VP9/90000", "a=rtpmap:98 AV1/90000", "SAVPF 45", "SAVPF"), "2", false, packet.AV1},
		"a strange name":          {with("a=mid:0", "a=mid:2"), strings.Repeat("\r\n", 1000), false, ""},
	} {
		p, answer, err := peers.Present(tt.offer, tt.low, silent())
		if err != nil {
			if problem.From(err).Code != problem.SDPInvalid {
				t.Errorf("%s: %v", name, err)
			}
			t.Log(name, err)
			continue
		}
		t.Log(name, p.Low(), strings.Count(answer, "a=recvonly"))
		if tt.refused || p.Low() != tt.want || strings.Count(answer, "a=recvonly") > 3 {
			t.Errorf("%s: %q in\n%s", name, p.Low(), answer)
		}
		p.Close()
	}
}
