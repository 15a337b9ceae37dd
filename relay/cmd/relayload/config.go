package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// Config is what the load generator can be told.
type Config struct {
	WHIP, WHEP string // the relay's endpoints
	Control    string // likewise; empty: viewers of a soak open no control channel
	Tokens     TokenConfig
	Viewers    int // in each room
	Rooms      int
	Duration   time.Duration // of the measurement, after everybody has joined
	PID        int           // the relay's process; 0: its cost is not measured
	Stream
	Profile Profile
	Loss    float64 // fraction of packets that viewers pretend not to have got
	Joins   int     // at the same time
	JSON    bool
	Soak    SoakConfig
}

// Stream is what each presenter sends.
type Stream struct {
	Shape   Shape
	Rate    float64 // frames a second
	Packets int     // in a frame
}

// TokenConfig says where join tokens come from.
type TokenConfig struct {
	ShareFile, ViewFile string // one token a line
	KeyFile             string // PEM (PKCS #8) of an Ed25519 key; empty: a new key
	Issuer, RelayID     string
	JWKS                string // address that serves the key's public half
}

// Shape is how a presenter's packets are spaced.
type Shape string

// The shapes.
const (
	Frames  Shape = "frames"  // 1,100 bytes each, back to back
	Browser Shape = "browser" // each of another size, in threes 5 ms apart
)

// Profile is the SRTP protection that viewers offer.
type Profile string

// The profiles.
const (
	CM  Profile = "cm"  // AES_CM_128_HMAC_SHA1_80, RFC 3711
	GCM Profile = "gcm" // AEAD_AES_128_GCM, RFC 7714
)

const (
	maxRooms        = 1000
	maxParticipants = 20000
	maxRate         = 1000
	maxPackets      = sentPackets / 4 // so that a packet that is asked for again is still there
	maxDuration     = 7 * 24 * time.Hour
)

// parse reads the flags; help goes to out.
func parse(cfg *Config, args []string, out io.Writer) error {
	set := flag.NewFlagSet("relayload", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&cfg.WHIP, "whip", "", "`URL` where screens are shared")
	set.StringVar(&cfg.WHEP, "whep", "", "`URL` where they are watched")
	set.StringVar(&cfg.Tokens.ShareFile, "share-tokens", "", "`file` of join tokens that may share, one for each room")
	set.StringVar(&cfg.Tokens.ViewFile, "view-tokens", "", "`file` of join tokens that may view, one for each viewer")
	set.StringVar(&cfg.Tokens.KeyFile, "key", "", "PEM `file` (PKCS #8) of the issuer's Ed25519 key; a new key when empty")
	set.StringVar(&cfg.Tokens.Issuer, "issuer", "", "`issuer` of minted join tokens")
	set.StringVar(&cfg.Tokens.RelayID, "relay-id", "", "`ID` of the relay, the audience of minted join tokens")
	set.StringVar(&cfg.Tokens.JWKS, "jwks", "", "`address` where the key's public half is served as /jwks.json while this runs")
	set.IntVar(&cfg.Viewers, "viewers", 200, "`number` of viewers in each room")
	set.IntVar(&cfg.Rooms, "rooms", 1, "`number` of rooms, each with one presenter")
	seconds := set.Float64("seconds", 10, "`duration` of the measurement in seconds, after everybody has joined")
	set.IntVar(&cfg.PID, "pid", 0, "`process` of the relay on this machine; its cost is not measured when 0")
	set.StringVar((*string)(&cfg.Shape), "stream", string(Frames), "`shape` of each frame: frames (its packets back to back) or browser (in threes, of varying size)")
	set.Float64Var(&cfg.Rate, "rate", 15, "frames a `second`")
	set.IntVar(&cfg.Packets, "packets", 12, "`number` of packets in each frame")
	set.StringVar((*string)(&cfg.Profile), "srtp", string(GCM), "`profile` that viewers offer: cm or gcm")
	set.Float64Var(&cfg.Loss, "loss", 0, "`fraction` of packets that viewers pretend to lose, so that they ask again")
	set.IntVar(&cfg.Joins, "joins", 32, "`number` of participants that join at the same time")
	set.BoolVar(&cfg.JSON, "json", false, "print JSON")
	set.StringVar(&cfg.Control, "control", "", "soak: `URL` of the control channel, which each viewer opens too; none when empty")
	cfg.Soak.flags(set)
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, help)
			set.SetOutput(out)
			set.PrintDefaults()
			return err
		}
		return fmt.Errorf("%w; relayload --help lists the flags", err)
	}
	if set.NArg() > 0 {
		return fmt.Errorf("flags only, not %q", set.Arg(0))
	}
	if !(*seconds > 0 && *seconds <= maxDuration.Seconds()) { // NaN is not
		return fmt.Errorf("--seconds must be above 0 and at most %.0f", maxDuration.Seconds())
	}
	cfg.Duration = time.Duration(*seconds * float64(time.Second))
	return cfg.Validate()
}

// Validate says what is missing or wrong, and what to do.
func (c Config) Validate() error {
	switch {
	case c.WHIP == "" || c.WHEP == "":
		return errors.New("--whip and --whep are required: the URLs where the relay takes shares and lets watch")
	case c.Rooms < 1 || c.Rooms > maxRooms || c.Viewers < 0 || c.Viewers > maxParticipants/c.Rooms:
		return fmt.Errorf("--rooms must be between 1 and %d, and --viewers not negative and at most %d in all rooms", maxRooms, maxParticipants)
	case c.Duration <= 0 || c.Joins < 1:
		return errors.New("--seconds and --joins must be above 0")
	case !(c.Loss >= 0 && c.Loss < 1):
		return errors.New("--loss must be at least 0 and below 1")
	case c.PID < 0:
		return errors.New("--pid is the number of the relay's process on this machine")
	case c.Profile != CM && c.Profile != GCM:
		return fmt.Errorf("--srtp is %q or %q, not %q", CM, GCM, c.Profile)
	}
	if err := c.Stream.Validate(); err != nil {
		return err
	}
	if err := c.Tokens.Validate(); err != nil {
		return err
	}
	if c.Soak.Stay == (Stay{}) {
		if c.Control != "" || c.Soak.Metrics != "" {
			return errors.New("--control and --metrics are for a soak: say with --stay how long each viewer stays")
		}
		return nil
	}
	if c.Tokens.Issuer == "" || c.Tokens.ShareFile != "" || c.Tokens.ViewFile != "" {
		return errors.New("a soak needs a fresh join token for each viewer: give --issuer and --relay-id, and no files of tokens")
	}
	return c.Soak.Validate()
}

// Validate says what is wrong.
func (s Stream) Validate() error {
	switch {
	case s.Shape != Frames && s.Shape != Browser:
		return fmt.Errorf("--stream is %q or %q, not %q", Frames, Browser, s.Shape)
	case !(s.Rate > 0 && s.Rate <= maxRate): // NaN is not
		return fmt.Errorf("--rate must be above 0 and at most %d", maxRate)
	case s.Packets < 1 || s.Packets > maxPackets:
		return fmt.Errorf("--packets must be between 1 and %d", maxPackets)
	}
	return nil
}

// Validate says which flags go together.
func (t TokenConfig) Validate() error {
	switch {
	case (t.Issuer == "") != (t.RelayID == ""):
		return errors.New("--issuer and --relay-id go together: join tokens are minted for one relay")
	case t.Issuer == "" && (t.KeyFile != "" || t.JWKS != ""):
		return errors.New("--key and --jwks are for minting join tokens, which needs --issuer and --relay-id")
	case t.Issuer != "" && t.KeyFile == "" && t.JWKS == "":
		return errors.New("the relay must get to know the new key: give --jwks, or an issuer's key that it knows with --key")
	}
	return nil
}
