package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// Config is what the load generator can be told.
type Config struct {
	WHIP, WHEP string // the relay's endpoints
	Tokens     TokenConfig
	Viewers    int // in each room
	Rooms      int
	Duration   time.Duration // of the measurement, after everybody has joined
	PID        int           // the relay's process; 0: its cost is not measured
	Shape      Shape
	Rate       float64 // frames a second
	Profile    Profile
	Loss       float64 // fraction of packets that viewers pretend not to have got
	Joins      int     // at the same time
	JSON       bool
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

// The shapes. Both have 12 packets in a frame.
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
)

func parse(cfg *Config, args []string) error {
	set := flag.NewFlagSet("relayload", flag.ContinueOnError)
	set.Usage = func() { fmt.Fprint(os.Stderr, help); set.PrintDefaults() }
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
	set.StringVar((*string)(&cfg.Shape), "stream", string(Frames), "`shape`: frames (12 packets back to back) or browser (in threes, of varying size)")
	set.Float64Var(&cfg.Rate, "rate", 15, "frames a `second`")
	set.StringVar((*string)(&cfg.Profile), "srtp", string(GCM), "`profile` that viewers offer: cm or gcm")
	set.Float64Var(&cfg.Loss, "loss", 0, "`fraction` of packets that viewers pretend to lose, so that they ask again")
	set.IntVar(&cfg.Joins, "joins", 32, "`number` of participants that join at the same time")
	set.BoolVar(&cfg.JSON, "json", false, "print JSON")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("flags only, not %q", set.Arg(0))
	}
	cfg.Duration = time.Duration(*seconds * float64(time.Second))
	return cfg.Validate()
}

// Validate says what is missing or wrong, and what to do.
func (c Config) Validate() error {
	switch {
	case c.WHIP == "" || c.WHEP == "":
		return errors.New("--whip and --whep are required")
	case c.Viewers < 0 || c.Rooms < 1 || c.Rooms > maxRooms || c.Viewers*c.Rooms > maxParticipants:
		return fmt.Errorf("between 1 and %d rooms, and at most %d viewers in all", maxRooms, maxParticipants)
	case c.Duration <= 0 || c.Rate <= 0 || c.Joins < 1:
		return errors.New("--seconds, --rate and --joins must be above 0")
	case c.Loss < 0 || c.Loss >= 1:
		return errors.New("--loss must be at least 0 and below 1")
	case c.Shape != Frames && c.Shape != Browser:
		return fmt.Errorf("--stream is %q or %q, not %q", Frames, Browser, c.Shape)
	case c.Profile != CM && c.Profile != GCM:
		return fmt.Errorf("--srtp is %q or %q, not %q", CM, GCM, c.Profile)
	}
	return nil
}
