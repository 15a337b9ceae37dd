#ifndef COOPNET_CONVERT_H
#define COOPNET_CONVERT_H

#include <stddef.h>
#include <stdint.h>

// The size of the picture, and the part of it that is converted: even, or up to the edge.
typedef struct {
	int width, height, left, top, right, bottom;
} coopnet_area;

// The instructions that may be used, where the processor has them.
enum { COOPNET_SCALAR, COOPNET_SSE2, COOPNET_AVX2 };

// Sets changed[] of each 64x64 tile in which a byte of the planes became another.
void coopnet_convert(int at_most, const uint8_t *pix, ptrdiff_t stride, uint8_t *y, ptrdiff_t y_stride, uint8_t *u,
	uint8_t *v, ptrdiff_t c_stride, uint8_t *changed, ptrdiff_t columns, coopnet_area area);

#endif
