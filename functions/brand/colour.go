package brand

import (
	"fmt"
	"math"
	"strconv"
)

// colours is what an operator may choose; an empty one stays Coopnet's.
type colours struct {
	Accent     string `json:"accent"`     // buttons, links and marks, on light grounds
	AccentDark string `json:"accentDark"` // the same on dark grounds; by default a lighter accent
	Warm       string `json:"warm"`       // drawings and the mark of the current section; carries no text
	Band       string `json:"band"`       // the band at the top
	BandDark   string `json:"bandDark"`
}

// palette is what the style sheet is told, by the property's name without "--brand-".
type palette []property

type property struct{ name, value string }

// least is the contrast of text and its ground that WCAG 2.2 demands (1.4.3).
const least = 4.5

// theme is the part of web/src/ui/style/tokens.css that brand colours meet; a test compares.
type theme struct {
	name    string
	grounds []rgb // on which the accent is text
	surface rgb
	ink     rgb
	soft    rgb
	over    rgb // towards this goes an accent under the pointer
	suffix  string
}

func light() theme {
	return theme{name: "light", grounds: []rgb{{0xf4, 0xf6, 0xf7}, {0xff, 0xff, 0xff}}, surface: rgb{0xff, 0xff, 0xff},
		ink: rgb{0x13, 0x21, 0x2a}, soft: rgb{0x4d, 0x5e, 0x69}, over: rgb{}}
}

func dark() theme {
	return theme{name: "dark", grounds: []rgb{{0x0f, 0x16, 0x1b}, {0x18, 0x22, 0x2a}, {0x20, 0x2c, 0x35}}, surface: rgb{0x18, 0x22, 0x2a},
		ink: rgb{0xe9, 0xef, 0xf2}, soft: rgb{0xa7, 0xb6, 0xbf}, over: rgb{0xff, 0xff, 0xff}, suffix: "-dark"}
}

func (c colours) palette() (palette, error) {
	var p palette
	add := func(key, text string, t theme, make func(rgb, theme) (palette, error)) error {
		if text == "" {
			return nil
		}
		colour, err := parse(text)
		if err == nil {
			var more palette
			if more, err = make(colour, t); err == nil {
				p = append(p, more...)
				return nil
			}
		}
		return fmt.Errorf("%s: %w", key, err)
	}
	if c.AccentDark == "" && c.Accent != "" {
		if accent, err := parse(c.Accent); err == nil {
			c.AccentDark = lighter(accent, dark()).String()
		}
	}
	for _, s := range []struct {
		key, text string
		theme     theme
		make      func(rgb, theme) (palette, error)
	}{
		{"accent", c.Accent, light(), accent},
		{"accentDark", c.AccentDark, dark(), accent},
		{"warm", c.Warm, light(), warm},
		{"band", c.Band, light(), band},
		{"bandDark", c.BandDark, dark(), band},
	} {
		if err := add(s.key, s.text, s.theme, s.make); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// accent is the colour with those that follow from it: under the pointer, the text on it, and its faint ground.
func accent(c rgb, t theme) (palette, error) {
	for _, ground := range t.grounds {
		if ratio := contrast(c, ground); ratio < least {
			return nil, fmt.Errorf("%s on the %s ground %s has a contrast of %.1f; it must be %.1f", c, t.name, ground, ratio, least)
		}
	}
	over := c.mix(t.over, 0.15)
	on := rgb{0xff, 0xff, 0xff}
	if black := (rgb{0x0a, 0x14, 0x18}); contrast(black, c) > contrast(on, c) {
		on = black
	}
	return palette{
		{"accent" + t.suffix, c.String()}, {"accent-over" + t.suffix, over.String()}, {"on-accent" + t.suffix, on.String()},
		{"tint" + t.suffix, tint(c, t).String()},
	}, nil
}

// tint is as much of the colour as lets the colour itself, and all other text, be read on it.
func tint(c rgb, t theme) rgb {
	for part := 0.16; part > 0; part -= 0.02 {
		ground := t.surface.mix(c, part)
		if contrast(c, ground) >= least && contrast(t.ink, ground) >= least && contrast(t.soft, ground) >= least {
			return ground
		}
	}
	return t.surface
}

// lighter is a colour for dark grounds that reminds of c.
func lighter(c rgb, t theme) rgb {
	white := rgb{0xff, 0xff, 0xff}
	for part := 0.0; part < 1; part += 0.05 {
		found := c.mix(white, part)
		if contrast(found, t.grounds[len(t.grounds)-1]) >= least+1 {
			return found
		}
	}
	return white
}

func warm(c rgb, _ theme) (palette, error) { return palette{{"warm", c.String()}}, nil }

func band(c rgb, t theme) (palette, error) {
	for _, text := range []rgb{t.ink, t.soft} {
		if ratio := contrast(text, c); ratio < least {
			return nil, fmt.Errorf("the text %s on %s has a contrast of %.1f; it must be %.1f: choose a colour nearer to the %s ground",
				text, c, ratio, least, t.name)
		}
	}
	return palette{{"band" + t.suffix, c.String()}}, nil
}

// rgb is a colour of sRGB.
type rgb struct{ r, g, b uint8 }

// String is how style sheets write it.
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

func parse(text string) (rgb, error) {
	n, err := strconv.ParseUint(text[min(1, len(text)):], 16, 32)
	if err != nil || len(text) != 7 || text[0] != '#' {
		return rgb{}, fmt.Errorf("%q is not a colour such as #0f5c6b", text)
	}
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

// mix takes so much of the other colour.
func (c rgb) mix(other rgb, part float64) rgb {
	blend := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-part) + float64(b)*part)) }
	return rgb{blend(c.r, other.r), blend(c.g, other.g), blend(c.b, other.b)}
}

// contrast is the ratio of WCAG 2.2, between 1 and 21.
func contrast(a, b rgb) float64 {
	high, low := a.luminance(), b.luminance()
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}
