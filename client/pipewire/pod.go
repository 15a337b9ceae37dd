package pipewire

import (
	"encoding/binary"
	"errors"
	"image"
)

// Types of PODs (spa/utils/type.h).
const (
	typeID        = 3
	typeInt       = 4
	typeRectangle = 10
	typeFraction  = 11
	typeObject    = 15
	typeChoice    = 19
)

// Kinds of choices (spa/pod/pod.h): the first value is what is liked best.
const (
	choiceRange = 1 // best, least, most
	choiceEnum  = 3 // best, then all
	choiceFlags = 4
)

// property is one of an object's. A value is a POD.
type property struct {
	key   uint32
	value []byte
}

// object writes an object. PODs are aligned to eight bytes, and their size is without the padding.
func object(kind, id uint32, properties ...property) []byte {
	body := words(kind, id)
	for _, p := range properties {
		body = append(body, words(p.key, 0)...)
		body = append(body, p.value...)
	}
	return pod(typeObject, body)
}

func pod(kind uint32, body []byte) []byte {
	b := append(words(uint32(len(body)), kind), body...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

func id(value uint32) []byte      { return pod(typeID, words(value)) }
func integer(value uint32) []byte { return pod(typeInt, words(value)) }

// choice offers values of one type, each of them a word or two.
func choice(how, kind uint32, values ...[]byte) []byte {
	body := words(how, 0, uint32(len(values[0])), kind)
	for _, v := range values {
		body = append(body, v...)
	}
	return pod(typeChoice, body)
}

var errPOD = errors.New("PipeWire has sent what is no value of the agreed kind")

// maxPOD bounds what is read: a format has some hundred bytes.
const maxPOD = 4096

// parseObject reads the properties of an object, whose head has been read: body is what comes after it.
func parseObject(body []byte, kind uint32) (map[uint32][]byte, error) {
	if len(body) < 8 || len(body) > maxPOD || word(body, 0) != kind {
		return nil, errPOD
	}
	properties := map[uint32][]byte{}
	for rest := body[8:]; len(rest) >= 16; {
		size := int64(word(rest, 2))
		if size > int64(len(rest)-16) {
			return nil, errPOD
		}
		properties[word(rest, 0)] = rest[8 : 16+size]
		rest = rest[min(int64(len(rest)), 16+(size+7)/8*8):]
	}
	return properties, nil
}

// fixed is the body of a value of a type: itself, or the first of a choice.
func fixed(value []byte, kind uint32, size int) ([]byte, error) {
	if len(value) >= 24 && word(value, 1) == typeChoice {
		value = value[16:]
	}
	if len(value) < 8+size || word(value, 1) != kind {
		return nil, errPOD
	}
	return value[8:], nil
}

func fixedID(value []byte) (uint32, error) {
	body, err := fixed(value, typeID, 4)
	if err != nil {
		return 0, err
	}
	return word(body, 0), nil
}

func fixedRectangle(value []byte) (image.Point, error) {
	body, err := fixed(value, typeRectangle, 8)
	if err != nil {
		return image.Point{}, err
	}
	return image.Pt(int(word(body, 0)), int(word(body, 1))), nil
}

func word(b []byte, n int) uint32 { return binary.NativeEndian.Uint32(b[4*n:]) }
