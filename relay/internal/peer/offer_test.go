package peer

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/problem"
)

// browserOffer is what Chromium offers to play, shortened.
const browserOffer = `v=0
o=- 4215775240449105457 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS
m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 104 105 45 46 35
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:4ZcD
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlOa
a=ice-options:trickle
a=fingerprint:sha-256 4F:AA:12:0C:8E:5B:0A:5D:8C:3D:55:4B:9A:0E:F5:9A:7E:3D:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 transport-cc
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 H264/90000
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:104 rtx/90000
a=fmtp:104 apt=103
a=rtpmap:105 VP9/90000
a=fmtp:105 profile-id=2
a=rtpmap:45 AV1/90000
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:35 red/90000
m=audio 9 UDP/TLS/RTP/SAVPF 111 0
c=IN IP4 0.0.0.0
a=ice-ufrag:4ZcD
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlOa
a=fingerprint:sha-256 4F:AA:12:0C:8E:5B:0A:5D:8C:3D:55:4B:9A:0E:F5:9A:7E:3D:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE
a=setup:actpass
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:0 PCMU/8000
`

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestParseOffer(t *testing.T) {
	o, err := parseOffer(crlf(browserOffer))
	if err != nil {
		t.Fatal(err)
	}
	if o.ice != (credentials{"4ZcD", "2/1muCWoOi3uLifh0NuRHlOa"}) || !strings.HasPrefix(o.fingerprint, "4F:AA:") {
		t.Errorf("transport %+v %s", o.ice, o.fingerprint)
	}
	video, audio := o.viewed()
	if video != 0 || audio != 1 {
		t.Fatalf("video in section %d, audio in %d", video, audio)
	}
	want := map[packet.Codec]packet.Format{
		packet.VP8: {PayloadType: 96, RTX: 97}, packet.VP9: {PayloadType: 98, RTX: 99}, packet.H264: {PayloadType: 103, RTX: 104}, packet.AV1: {PayloadType: 45, RTX: 46},
	}
	for codec, f := range want {
		if o.sections[0].agreed[codec] != f {
			t.Errorf("%s: %+v, want %+v", codec, o.sections[0].agreed[codec], f)
		}
	}
	if len(o.sections[0].agreed) != len(want) || o.sections[1].agreed[packet.Opus] != (packet.Format{PayloadType: 111}) {
		t.Errorf("agreed %+v, %+v", o.sections[0].agreed, o.sections[1].agreed)
	}
}

func TestOffersWithoutUse(t *testing.T) {
	replace := func(old, new string) string { return strings.ReplaceAll(browserOffer, old, new) }
	const section = "m=video 9 UDP/TLS/RTP/SAVPF 96\n"
	candidates := func(n int) string { return strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n", n) }
	for name, tt := range map[string]struct {
		offer string
		want  problem.Code // "" is accepted
	}{
		"as it is":                          {browserOffer, ""},
		"32 candidates":                     {browserOffer + candidates(32), ""},
		"33 candidates":                     {browserOffer + candidates(33), problem.SDPLimit},
		"33 candidates of the whole":        {replace("a=group:BUNDLE 0 1\n", candidates(33)), problem.SDPLimit},
		"candidates in several sections":    {replace("a=rtcp-mux\n", candidates(17)), problem.SDPLimit},
		"8 sections":                        {browserOffer + strings.Repeat(section, 6), ""},
		"9 sections":                        {browserOffer + strings.Repeat(section, 7), problem.SDPLimit},
		"129 formats":                       {replace("m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "m=audio 9 UDP/TLS/RTP/SAVPF"+strings.Repeat(" 111", 129)), problem.SDPLimit},
		"64 KiB":                            {browserOffer + strings.Repeat("a=x\n", (MaxOffer-len(crlf(browserOffer)))/5), ""},
		"more than 64 KiB":                  {browserOffer + strings.Repeat("a=x\n", MaxOffer/5), problem.SDPLimit},
		"sha-1":                             {replace("sha-256", "sha-1"), problem.SDPInvalid},
		"sha-512":                           {replace("sha-256", "sha-512"), problem.SDPInvalid},
		"sha-1 in one section of two":       {strings.Replace(browserOffer, "sha-256", "sha-1", 1), problem.SDPInvalid},
		"a short fingerprint":               {replace(":DD:EE", ""), problem.SDPInvalid},
		"two fingerprints":                  {strings.Replace(browserOffer, "4F:AA", "4F:AB", 1), problem.SDPInvalid},
		"no fingerprint":                    {replace("a=fingerprint:", "a=nothing:"), problem.SDPInvalid},
		"a fingerprint for the whole":       {strings.Replace(replace("a=fingerprint:", "a=nothing:"), "t=0 0\n", "t=0 0\na=fingerprint:sha-256 "+strings.Repeat("AA:", 31)+"AA\n", 1), ""},
		"no ICE":                            {replace("a=ice-ufrag:", "a=nothing:"), problem.SDPInvalid},
		"a short ufrag":                     {replace("4ZcD", "4Zc"), problem.SDPInvalid},
		"a long ufrag":                      {replace("4ZcD", strings.Repeat("a", 257)), problem.SDPInvalid},
		"a short password":                  {replace("2/1muCWoOi3uLifh0NuRHlOa", "2/1muCWoOi3uLifh0NuRH"), problem.SDPInvalid},
		"passive":                           {replace("actpass", "passive"), problem.SDPInvalid},
		"no section":                        {"v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n", problem.SDPInvalid},
		"rubbish":                           {"rubbish", problem.SDPInvalid},
		"nothing":                           {"", problem.SDPInvalid},
		"payload types that are no numbers": {replace("a=rtpmap:96 ", "a=rtpmap:999 "), ""},
	} {
		_, err := parseOffer(crlf(tt.offer))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || problem.From(err).Code != tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestRTXBelongsToItsCodec(t *testing.T) {
	for offered, want := range map[string]uint8{
		"a=rtpmap:0 VP8/90000\n": 0, // the zero payload type has no RTX of its own
		"a=rtpmap:0 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=0\n":                       97,
		"a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:96 VP8/90000\n":                     97,
		"a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\n":                                       0,
		"a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\n":                     0,
		"a=rtpmap:96 VP8/90000\na=rtpmap:97 RTX/90000\na=fmtp:97 rtx-time=3000; apt=96\n":      97,
		"a=rtpmap:96 vp8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96000\na=fmtp:x apt=96\n": 0,
	} {
		d := &sdp.SessionDescription{}
		if err := d.Unmarshal([]byte(crlf("v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\nm=video 9 UDP/TLS/RTP/SAVPF 96\n" + offered))); err != nil {
			t.Fatal(err)
		}
		if got := readSection(d.MediaDescriptions[0]).agreed[packet.VP8]; got.RTX != want {
			t.Errorf("%q: %+v, want RTX %d", offered, got, want)
		}
	}
}

// answerTo composes the answer to an offer without opening a session.
func answerTo(o *offer) string {
	v := &Viewer{Negotiated: Negotiated{VideoSSRC: 1, RTXSSRC: 2, AudioSSRC: 3}}
	v.ice.local = credentials{"ufrag", "password"}
	announce := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:7882"), netip.MustParseAddrPort("[2001:db8::1]:7882")}
	return v.answer(o, candidates(announce, true), "AA:BB", 1)
}

func TestAnswer(t *testing.T) {
	o, err := parseOffer(crlf(browserOffer + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\na=sctp-port:5000\n"))
	if err != nil {
		t.Fatal(err)
	}
	answer := answerTo(o)
	for _, want := range []string{
		"a=group:BUNDLE 0 1\n", "m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 103 104 45 46\n", "a=fmtp:97 apt=96\n", "a=ssrc-group:FID 1 2\n", "a=setup:passive\n",
		"a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host\n", "a=candidate:2 1 udp 2130706175 2001:db8::1 7882 typ host\n",
		"a=candidate:3 1 tcp 27262975 192.0.2.1 7882 typ host tcptype passive\n", "a=candidate:4 1 tcp 27262719 2001:db8::1 7882 typ host tcptype passive\n",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\n", "a=ssrc:3 cname:coopnet\n", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n", "a=mid:2\n",
	} {
		if !strings.Contains(answer, crlf(want)) {
			t.Errorf("the answer lacks %q:\n%s", want, answer)
		}
	}
}

// TestCongestionControlIsNegotiated: transport-wide sequence numbers go to who offers them and reports about them.
func TestCongestionControlIsNegotiated(t *testing.T) {
	const extension = "a=extmap:3 " + transportCC
	for _, tt := range []struct {
		name, old, new string
		id             uint8
	}{
		{"as browsers offer it", "", "", 3},
		{"another id", extension, "a=extmap:14/recvonly " + transportCC, 14},
		{"with attributes", extension, extension + " of its own", 3},
		{"the reserved id", extension, "a=extmap:15 " + transportCC, 0},
		{"an id of two bytes", extension, "a=extmap:16 " + transportCC, 0},
		{"no number", extension, "a=extmap:x " + transportCC, 0},
		{"for sending only", extension, "a=extmap:3/sendonly " + transportCC, 0},
		{"another extension", extension, "a=extmap:3 " + transportCC + "2", 0},
		{"a codec without RTX", "a=fmtp:99 apt=98", "a=fmtp:99 apt=1", 0},
		{"without reports", "a=rtcp-fb:96 transport-cc\n", "", 0},
	} {
		o, err := parseOffer(crlf(strings.Replace(browserOffer, tt.old, tt.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		answer := answerTo(o)
		want := 0
		if tt.id != 0 {
			want = 1
		}
		if got := o.sections[0].congestion; got != tt.id || strings.Count(answer, transportCC+"\r\n") != want || strings.Contains(answer, "a=rtcp-fb:98 transport-cc\r\n") != (want == 1) {
			t.Errorf("%s: id %d, want %d:\n%s", tt.name, got, tt.id, answer)
		}
	}
}

// FuzzOffer answers offers: no panic, and what is accepted gets an answer with the same sections and nothing smuggled in.
func FuzzOffer(f *testing.F) {
	f.Add(crlf(browserOffer))
	f.Add(crlf(strings.ReplaceAll(browserOffer, "a=mid:1", "a=mid:"+strings.Repeat("m", 300))))
	f.Add(crlf(strings.ReplaceAll(browserOffer, "rtx/90000", "rtx")))
	f.Add("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/SAVPF 96\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseOffer(text)
		if err != nil {
			if code := problem.From(err).Code; code != problem.SDPInvalid && code != problem.SDPLimit {
				t.Fatalf("refused with %s", code)
			}
			return
		}
		answer := answerTo(o)
		d := &sdp.SessionDescription{}
		if err := d.Unmarshal([]byte(answer)); err != nil {
			t.Fatalf("the answer cannot be read: %v\n%s", err, answer)
		}
		if len(d.MediaDescriptions) != len(o.sections) {
			t.Fatalf("%d sections for %d:\n%s", len(d.MediaDescriptions), len(o.sections), answer)
		}
		if fingerprints := strings.Count(answer, "\r\na=fingerprint:"); fingerprints > 2 {
			t.Fatalf("%d fingerprints in the answer:\n%s", fingerprints, answer)
		}
	})
}

// FuzzPresent gives offers to pion, as a hostile presenter may: the relay refuses or answers. pion's goroutines make the
// coverage vary from run to run: fuzz it with -fuzzminimizetime 5x.
func FuzzPresent(f *testing.F) {
	peers, _ := newPeers(f, 0)
	sending := strings.ReplaceAll(browserOffer, "a=recvonly", "a=sendonly\na=msid:s t\na=ssrc:1 cname:c")
	f.Add(crlf(sending))
	f.Add(crlf(strings.Replace(sending, "a=sendonly\n", "a=sendonly\na=rid:h send\na=rid:l send\na=simulcast:send h;l\n", 1)))
	f.Add(crlf(strings.Replace(sending, "a=ssrc:1 cname:c", "a=ssrc-group:FID 1 2\na=ssrc:1 cname:c\na=ssrc:2 cname:c", 1)))
	f.Fuzz(func(t *testing.T, text string) {
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			p, _, err := peers.Present(text, "", PresenterEvents{Track: func(Incoming) {}, Report: func(Kind, uint32) {}, State: func() {}, Closed: func() {}})
			if err == nil {
				p.Close()
			}
		}()
		peertest.Within(t, answered, "an answer or a refusal")
	})
}

func TestTheOfferOfTheTestsOwnViewer(t *testing.T) {
	for _, noRTX := range []bool{false, true} {
		o, err := parseOffer(peertest.New(t, peertest.Config{NoRTX: noRTX}).Offer())
		if err != nil {
			t.Fatal(err)
		}
		if f := o.sections[0].agreed[packet.VP8]; f.PayloadType != peertest.VP8 || (f.RTX == peertest.VP8RTX) == noRTX {
			t.Errorf("VP8 is %+v, RTX is unwanted: %v", f, noRTX)
		}
	}
}
