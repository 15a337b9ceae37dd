package pipewire

import (
	"image"
	"unsafe"
)

// What follows is laid out as in the library's headers, which only ever grow at the end.

// streamEvents is struct pw_stream_events. What is 0 is not called.
type streamEvents struct {
	version uint32
	_       uintptr // destroy
	state   uintptr
	_       [2]uintptr // control_info, io_changed
	param   uintptr
	_       uintptr // add_buffer
	removed uintptr
	process uintptr
	_       uintptr // drained
}

const streamEventsVersion = 0 // up to "drained"

// hook is struct spa_hook, which the library fills.
type hook [6]uintptr

// podHead is struct spa_pod_object.
type podHead struct{ size, kind uint32 }

// buffer is struct pw_buffer.
type buffer struct{ parts *parts }

// parts is struct spa_buffer.
type parts struct {
	metas, datas uint32
	meta         *meta
	data         *data
}

// meta is struct spa_meta.
type meta struct {
	kind, size uint32
	at         unsafe.Pointer
}

// data is struct spa_data.
type data struct {
	kind    uint32
	_       uint32 // flags
	_       int64  // fd
	_       uint32 // mapoffset, which at has
	largest uint32
	at      unsafe.Pointer
	chunk   *chunk
}

// chunk is struct spa_chunk. The other side writes it.
type chunk struct {
	offset, size uint32
	stride       int32
	flags        uint32
}

// header is struct spa_meta_header.
type header struct {
	flags uint32
	_     uint32    // offset
	_     [3]uint64 // pts, dts_offset, seq
}

// region is struct spa_meta_region.
type region struct {
	x, y          int32
	width, height uint32
}

const corrupted = 2 // of a header's flags; a chunk's is 1

// find returns what a buffer says of some kind, if there are at least so many bytes of it.
func (b *buffer) find(kind uint32, size uint32) (unsafe.Pointer, uint32) {
	for _, m := range unsafe.Slice(b.parts.meta, b.parts.metas) {
		if m.kind == kind && m.size >= size && m.at != nil {
			return m.at, m.size
		}
	}
	return nil, 0
}

// shows reports whether there is a picture in a buffer: some only say that the pointer has moved.
func (b *buffer) shows() bool {
	if b.parts == nil || b.parts.datas < 1 || b.parts.data.at == nil || b.parts.data.chunk == nil {
		return false
	}
	if kind := b.parts.data.kind; kind != dataMemFd && kind != dataMemPtr {
		return false
	}
	if at, _ := b.find(metaHeader, headerBytes); at != nil && (*header)(at).flags&corrupted != 0 {
		return false
	}
	chunk := *b.parts.data.chunk
	return chunk.size > 0 && chunk.flags&1 == 0
}

// damage is what a buffer says of what has changed: known is false if it does not.
func (b *buffer) damage() (damage []image.Rectangle, known bool) {
	at, size := b.find(metaDamage, regionBytes)
	if at == nil {
		return nil, false
	}
	for _, r := range unsafe.Slice((*region)(at), min(size/regionBytes, maxRegions)) {
		if r.width == 0 || r.height == 0 {
			break
		}
		damage = append(damage, r.rectangle())
	}
	return damage, len(damage) > 0
}

// crop is the part of a buffer that counts.
func (b *buffer) crop(size image.Point) image.Rectangle {
	all := image.Rectangle{Max: size}
	if at, _ := b.find(metaCrop, regionBytes); at != nil {
		if part := (*region)(at).rectangle().Intersect(all); !part.Empty() {
			return part
		}
	}
	return all
}

func (r region) rectangle() image.Rectangle {
	x, y := int(r.x), int(r.y)
	return image.Rect(x, y, x+int(min(r.width, longest)), y+int(min(r.height, longest)))
}

// pixels are the bytes of a part of the picture in a buffer: none if the other side says what cannot be.
func (b *buffer) pixels(size image.Point, part image.Rectangle) (pix []byte, stride int) {
	d := b.parts.data
	chunk := *d.chunk
	stride = int(chunk.stride)
	if stride == 0 {
		stride = 4 * size.X
	}
	if stride < 4*size.X || d.largest == 0 {
		return nil, 0
	}
	begin := int64(chunk.offset%d.largest) + int64(stride)*int64(part.Min.Y) + 4*int64(part.Min.X)
	end := begin + int64(stride)*int64(part.Dy()-1) + 4*int64(part.Dx())
	if end > int64(d.largest) {
		return nil, 0
	}
	return unsafe.Slice((*byte)(d.at), d.largest)[begin:end], stride
}
