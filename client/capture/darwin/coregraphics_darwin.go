package darwin

import (
	"fmt"
	"image"
	"unsafe"

	"github.com/ebitengine/purego"
)

const (
	coreGraphics   = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
	coreFoundation = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"

	mostDisplays = 16
	largest      = 16384 // of a picture's side

	// CGImage.h: kCGBitmapByteOrderMask, kCGBitmapByteOrder32Little, kCGBitmapAlphaInfoMask.
	orderMask, littleEndian, alphaMask = 0x7000, 0x2000, 0x1f
)

// object is a reference to one of the system's objects; 0 is none.
type object uintptr

// rectangle is CGRect.
type rectangle struct{ x, y, width, height float64 }

// system are the functions of the system.
type system struct {
	allowed  func() bool
	ask      func() bool
	displays func(most uint32, ids *uint32, count *uint32) int32
	bounds   func(display uint32) rectangle
	shot     func(display uint32) object
	images   images
}

// images are those about a picture.
type images struct {
	width    func(picture object) uintptr
	height   func(picture object) uintptr
	stride   func(picture object) uintptr
	bits     func(picture object) uintptr
	kind     func(picture object) uint32
	provider func(picture object) object
	copy     func(provider object) object
	bytes    func(data object) *byte
	length   func(data object) int
	release  func(any object)
}

func load() (*system, error) {
	s := &system{}
	for library, functions := range map[string]map[string]any{
		coreGraphics: {
			"CGPreflightScreenCaptureAccess": &s.allowed,
			"CGRequestScreenCaptureAccess":   &s.ask,
			"CGGetActiveDisplayList":         &s.displays,
			"CGDisplayBounds":                &s.bounds,
			"CGDisplayCreateImage":           &s.shot,
			"CGImageGetWidth":                &s.images.width,
			"CGImageGetHeight":               &s.images.height,
			"CGImageGetBytesPerRow":          &s.images.stride,
			"CGImageGetBitsPerPixel":         &s.images.bits,
			"CGImageGetBitmapInfo":           &s.images.kind,
			"CGImageGetDataProvider":         &s.images.provider,
			"CGDataProviderCopyData":         &s.images.copy,
		},
		coreFoundation: {
			"CFDataGetBytePtr": &s.images.bytes,
			"CFDataGetLength":  &s.images.length,
			"CFRelease":        &s.images.release,
		},
	} {
		opened, err := purego.Dlopen(library, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", library, err)
		}
		for name, function := range functions {
			symbol, err := purego.Dlsym(opened, name)
			if err != nil {
				return nil, fmt.Errorf("this version of macOS: %w", err)
			}
			purego.RegisterFunc(function, symbol)
		}
	}
	return s, nil
}

// screens are the displays that show something, the main one first.
func (s *system) screens() ([]uint32, error) {
	var ids [mostDisplays]uint32
	var count uint32
	if code := s.displays(mostDisplays, &ids[0], &count); code != 0 {
		return nil, fmt.Errorf("list the displays: error %d", code)
	}
	return ids[:min(count, mostDisplays)], nil
}

// picture calls show with what a display shows; ok is false when the system has none of it.
func (s *system) picture(display uint32, show func(pix []byte, stride int, size image.Point)) (ok bool, err error) {
	shot := s.shot(display)
	if shot == 0 {
		return false, nil
	}
	i := &s.images
	defer i.release(shot)
	size, stride := image.Pt(int(i.width(shot)), int(i.height(shot))), int(i.stride(shot))
	if kind := i.kind(shot); i.bits(shot) != 32 || kind&orderMask != littleEndian || !alphaFirst(kind) {
		return false, fmt.Errorf("pixels of %d bits, of kind %x", i.bits(shot), kind)
	}
	if size.X < 1 || size.Y < 1 || size.X > largest || size.Y > largest || stride < 4*size.X {
		return false, fmt.Errorf("a picture of %v, with rows of %d bytes", size, stride)
	}
	data := i.copy(i.provider(shot))
	if data == 0 {
		return false, nil
	}
	defer i.release(data)
	length := stride*(size.Y-1) + 4*size.X
	if i.length(data) < length {
		return false, fmt.Errorf("%d bytes for a picture of %v", i.length(data), size)
	}
	show(unsafe.Slice(i.bytes(data), length), stride, size)
	return true, nil
}

// alphaFirst: in memory, with the least significant byte first, that is blue, green, red and one that says nothing.
func alphaFirst(kind uint32) bool {
	switch kind & alphaMask {
	case 2, 4, 6: // premultiplied, not, none of it
		return true
	}
	return false
}
