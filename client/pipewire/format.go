package pipewire

import (
	"fmt"
	"image"
)

// Objects, their keys and values (spa/param).
const (
	objectFormat  = 0x40003
	objectBuffers = 0x40004
	objectMeta    = 0x40005

	paramEnumFormat = 3
	paramFormat     = 4
	paramBuffers    = 5
	paramMeta       = 6

	keyMediaType    = 1
	keyMediaSubtype = 2
	keyVideoFormat  = 0x20001
	keySize         = 0x20003
	keyFramerate    = 0x20004
	keyMaxFramerate = 0x20005

	keyBuffers  = 1 // of a Buffers object
	keyBlocks   = 2
	keyDataType = 6
	keyMetaType = 1 // of a Meta object
	keyMetaSize = 2

	mediaVideo = 2
	mediaRaw   = 1

	videoRGBx = 7
	videoBGRx = 8
	videoRGBA = 11
	videoBGRA = 12

	dataMemPtr = 1
	dataMemFd  = 2

	metaHeader = 1
	metaCrop   = 2
	metaDamage = 3
)

const (
	longest = 16384   // of a picture's side: more is not encoded
	largest = 1 << 26 // pixels of a picture

	headerBytes = 32 // struct spa_meta_header
	regionBytes = 16 // struct spa_meta_region
	maxRegions  = 16 // of damage, in one picture

	leastBuffers, likedBuffers, mostBuffers = 2, 4, 16
)

// format is what was agreed on.
type format struct {
	size    image.Point
	swapped bool
}

// offer is what we take: four bytes a pixel. There is no modifier, which would mean the memory of a graphics card.
func offer(framesPerSecond uint32) []byte {
	fraction := func(n, d uint32) []byte { return words(n, d) }
	return object(objectFormat, paramEnumFormat,
		property{keyMediaType, id(mediaVideo)},
		property{keyMediaSubtype, id(mediaRaw)},
		property{keyVideoFormat, choice(choiceEnum, typeID, words(videoBGRx), words(videoBGRx), words(videoBGRA), words(videoRGBx), words(videoRGBA))},
		property{keySize, choice(choiceRange, typeRectangle, words(1920, 1080), words(1, 1), words(longest, longest))},
		// 0: as often as something changes.
		property{keyFramerate, choice(choiceRange, typeFraction, fraction(0, 1), fraction(0, 1), fraction(1000, 1))},
		property{keyMaxFramerate, choice(choiceRange, typeFraction, fraction(framesPerSecond, 1), fraction(1, 1), fraction(framesPerSecond, 1))})
}

// parseFormat reads what was agreed on: the body of a Format object.
func parseFormat(body []byte) (format, error) {
	properties, err := parseObject(body, objectFormat)
	if err != nil {
		return format{}, err
	}
	for key, want := range map[uint32]uint32{keyMediaType: mediaVideo, keyMediaSubtype: mediaRaw} {
		if got, err := fixedID(properties[key]); err != nil || got != want {
			return format{}, fmt.Errorf("%w: no video", errPOD)
		}
	}
	kind, err := fixedID(properties[keyVideoFormat])
	if err != nil {
		return format{}, err
	}
	size, err := fixedRectangle(properties[keySize])
	if err != nil {
		return format{}, err
	}
	if size.X < 1 || size.Y < 1 || size.X > longest || size.Y > longest || size.X*size.Y > largest {
		return format{}, fmt.Errorf("%w: a picture of %v", errPOD, size)
	}
	switch kind {
	case videoBGRx, videoBGRA:
		return format{size: size}, nil
	case videoRGBx, videoRGBA:
		return format{size: size, swapped: true}, nil
	}
	return format{}, fmt.Errorf("%w: pixels of kind %d", errPOD, kind)
}

// wishes are how the pictures of a format are to come: in shared memory, with what has changed, and which part counts.
func (f format) wishes() [][]byte {
	meta := func(kind uint32, size []byte) []byte {
		return object(objectMeta, paramMeta, property{keyMetaType, id(kind)}, property{keyMetaSize, size})
	}
	return [][]byte{
		object(objectBuffers, paramBuffers,
			property{keyBuffers, choice(choiceRange, typeInt, words(likedBuffers), words(leastBuffers), words(mostBuffers))},
			property{keyBlocks, integer(1)},
			property{keyDataType, choice(choiceFlags, typeInt, words(1<<dataMemFd|1<<dataMemPtr))}),
		meta(metaHeader, integer(headerBytes)),
		meta(metaCrop, integer(regionBytes)),
		meta(metaDamage, choice(choiceRange, typeInt, words(maxRegions*regionBytes), words(regionBytes), words(maxRegions*regionBytes))),
	}
}
