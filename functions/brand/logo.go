package brand

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

const (
	maxSVG    = 64 << 10
	maxPNG    = 256 << 10
	maxPixels = 2048
	maxDepth  = 64
	widest    = 8.0 // a logo's width by its height, at most
	narrowest = 0.5
)

// logo is an image that pages show, never a document.
type logo struct {
	name          string // in the portal
	kind          string
	content       []byte
	width, height int // for the space that it will take, before it has come
}

func loadLogo(folder fs.FS, name string) (*logo, error) {
	l := &logo{name: "brand/" + name}
	limit, measure := int64(maxSVG), measureSVG
	switch name {
	case "":
		return nil, nil
	case "logo.svg":
		l.kind = "image/svg+xml"
	case "logo.png":
		l.kind, limit, measure = "image/png", maxPNG, measurePNG
	default:
		return nil, fmt.Errorf("%s: logo: it must be logo.svg or logo.png, beside %s", File, File)
	}
	var err error
	if l.content, err = read(folder, name, limit); err != nil {
		return nil, err
	}
	width, height, err := measure(l.content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if ratio := width / height; !(ratio <= widest && ratio >= narrowest) {
		return nil, fmt.Errorf("%s: it is %g by %g; at most %g times as wide as it is high, and at least half as wide", name, width, height, widest)
	}
	// A vector has no size of its own: what counts is the ratio.
	l.height = 40
	l.width = int(math.Round(width / height * 40))
	return l, nil
}

func measurePNG(content []byte) (float64, float64, error) {
	cfg, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return 0, 0, fmt.Errorf("it is no PNG: %w", err)
	}
	if cfg.Width > maxPixels || cfg.Height > maxPixels {
		return 0, 0, fmt.Errorf("it has %d by %d pixels; at most %d each way", cfg.Width, cfg.Height, maxPixels)
	}
	return float64(cfg.Width), float64(cfg.Height), nil
}

// measureSVG also refuses what a picture does not need and a document could use: browsers run none of it in an image, and
// the policy beside the file forbids it, but nobody should have to rely on that.
func measureSVG(content []byte) (width, height float64, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	depth, found := 0, false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, fmt.Errorf("it is no SVG: %w", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return 0, 0, errors.New("it has a document type, which may name other files: remove it")
		case xml.ProcInst:
			if t.Target != "xml" {
				return 0, 0, fmt.Errorf("it has the instruction <?%s: remove it", t.Target)
			}
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return 0, 0, errors.New("its elements are nested too deeply")
			}
			if !found {
				if width, height, err = viewBox(t); err != nil {
					return 0, 0, err
				}
				found = true
			}
			if err := harmless(t); err != nil {
				return 0, 0, err
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if err := inert(string(t)); err != nil {
				return 0, 0, err
			}
		}
	}
	if !found {
		return 0, 0, errors.New("it is no SVG")
	}
	return width, height, nil
}

func viewBox(root xml.StartElement) (float64, float64, error) {
	if root.Name.Local != "svg" || root.Name.Space != "http://www.w3.org/2000/svg" {
		return 0, 0, errors.New(`it is no SVG: its first element must be <svg xmlns="http://www.w3.org/2000/svg">`)
	}
	for _, a := range root.Attr {
		if a.Name.Local != "viewBox" {
			continue
		}
		fields := strings.Fields(strings.ReplaceAll(a.Value, ",", " "))
		if len(fields) != 4 {
			break
		}
		width, errW := strconv.ParseFloat(fields[2], 64)
		height, errH := strconv.ParseFloat(fields[3], 64)
		if errW != nil || errH != nil || !(width > 0 && height > 0) {
			break
		}
		return width, height, nil
	}
	return 0, 0, errors.New(`it needs a viewBox with a width and a height, such as viewBox="0 0 160 40"`)
}

func harmless(e xml.StartElement) error {
	switch strings.ToLower(e.Name.Local) {
	case "script", "foreignobject", "iframe", "object", "embed", "a", "image", "feimage", "audio", "video", "handler", "listener":
		return fmt.Errorf("it has the element <%s>: a logo needs shapes and text only", e.Name.Local)
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		if strings.HasPrefix(name, "on") {
			return fmt.Errorf("it has the attribute %s: a logo runs nothing", a.Name.Local)
		}
		if (name == "href" || name == "src") && !strings.HasPrefix(a.Value, "#") {
			return fmt.Errorf("its %s leads out of the file", a.Name.Local)
		}
		if err := inert(a.Value); err != nil && a.Name.Space != "xmlns" && name != "xmlns" {
			return err
		}
	}
	return nil
}

// inert refuses style that would fetch something.
func inert(text string) error {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	rest := text
	for {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			break
		}
		if rest = strings.TrimLeft(after, `"'`); !strings.HasPrefix(rest, "#") {
			return errors.New("its style leads out of the file (url)")
		}
	}
	for _, word := range []string{"@import", "javascript:", "image-set(", `\`} {
		if strings.Contains(text, word) {
			return fmt.Errorf("it has %q, which a logo does not need", word)
		}
	}
	return nil
}
