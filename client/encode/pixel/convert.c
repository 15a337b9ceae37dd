#include "convert.h"

// Two rows of the picture; x counts pixels. Each function converts from x to end and returns whether a byte changed.
typedef struct {
	const uint8_t *upper, *lower;
	uint8_t *y0, *y1, *u, *v;
} rows;

static inline uint8_t luma(const uint8_t *p) { return (uint8_t)((66 * p[2] + 129 * p[1] + 25 * p[0] + 128) / 256 + 16); }

// An arithmetic shift: what C leaves to the compiler, and all of ours do.
static inline uint8_t blue_difference(int b, int g, int r) { return (uint8_t)(((112 * b - 74 * g - 38 * r + 512) >> 10) + 128); }
static inline uint8_t red_difference(int b, int g, int r) { return (uint8_t)(((112 * r - 94 * g - 18 * b + 512) >> 10) + 128); }

static inline unsigned put(uint8_t *at, uint8_t value) {
	unsigned difference = *at ^ value;
	*at = value;
	return difference;
}

// width: of the picture; the last column of an odd one stands for two.
static unsigned convert_scalar(rows r, int x, int end, int width) {
	unsigned difference = 0;
	for (; x < end; x += 2) {
		int right = x + 1 < width ? x + 1 : x;
		const uint8_t *a = r.upper + 4 * x, *b = r.upper + 4 * right, *c = r.lower + 4 * x, *d = r.lower + 4 * right;
		int blue = a[0] + b[0] + c[0] + d[0], green = a[1] + b[1] + c[1] + d[1], red = a[2] + b[2] + c[2] + d[2];
		difference |= put(r.y0 + x, luma(a)) | put(r.y0 + right, luma(b));
		difference |= put(r.y1 + x, luma(c)) | put(r.y1 + right, luma(d));
		difference |= put(r.u + x / 2, blue_difference(blue, green, red));
		difference |= put(r.v + x / 2, red_difference(blue, green, red));
	}
	return difference;
}

#if defined(__x86_64__)
#include <immintrin.h>

// SSE2, which every 64-bit processor of this family has: 16 pixels of two rows at a time.

static inline __m128i load(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

// Four pixels to four sums of 32 bits, each pixel times the four coefficients.
static inline __m128i weighed_sse2(__m128i low, __m128i high, __m128i coefficients) {
	__m128 a = _mm_castsi128_ps(_mm_madd_epi16(low, coefficients)), b = _mm_castsi128_ps(_mm_madd_epi16(high, coefficients));
	return _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(a, b, 0x88)), _mm_castps_si128(_mm_shuffle_ps(a, b, 0xDD)));
}

static inline __m128i put_sse2(uint8_t *at, __m128i value) {
	__m128i difference = _mm_xor_si128(load(at), value);
	_mm_storeu_si128((__m128i *)at, value);
	return difference;
}

static inline __m128i luma_sse2(const uint8_t *p) {
	const __m128i zero = _mm_setzero_si128(), coefficients = _mm_setr_epi16(25, 129, 66, 0, 25, 129, 66, 0);
	const __m128i half = _mm_set1_epi32(128);
	__m128i sum[4];
	for (int i = 0; i < 4; i++) {
		__m128i four = load(p + 16 * i);
		sum[i] = weighed_sse2(_mm_unpacklo_epi8(four, zero), _mm_unpackhi_epi8(four, zero), coefficients);
		sum[i] = _mm_srli_epi32(_mm_add_epi32(sum[i], half), 8);
	}
	__m128i bytes = _mm_packus_epi16(_mm_packs_epi32(sum[0], sum[1]), _mm_packs_epi32(sum[2], sum[3]));
	return _mm_add_epi8(bytes, _mm_set1_epi8(16));
}

// Eight pixels of two rows to four colours, of 16 bits for each of blue, green, red: two in low, two in high.
static inline void quads_sse2(const uint8_t *upper, const uint8_t *lower, __m128i *low, __m128i *high) {
	const __m128i zero = _mm_setzero_si128();
	__m128i sums[4];
	for (int i = 0; i < 2; i++) {
		__m128i a = load(upper + 16 * i), b = load(lower + 16 * i);
		sums[2 * i] = _mm_add_epi16(_mm_unpacklo_epi8(a, zero), _mm_unpacklo_epi8(b, zero));
		sums[2 * i + 1] = _mm_add_epi16(_mm_unpackhi_epi8(a, zero), _mm_unpackhi_epi8(b, zero));
	}
	*low = _mm_add_epi16(_mm_unpacklo_epi64(sums[0], sums[1]), _mm_unpackhi_epi64(sums[0], sums[1]));
	*high = _mm_add_epi16(_mm_unpacklo_epi64(sums[2], sums[3]), _mm_unpackhi_epi64(sums[2], sums[3]));
}

static inline __m128i chroma_sse2(const __m128i quads[4], __m128i coefficients) {
	const __m128i half = _mm_set1_epi32(512), middle = _mm_set1_epi32(128);
	__m128i low = _mm_add_epi32(weighed_sse2(quads[0], quads[1], coefficients), half);
	__m128i high = _mm_add_epi32(weighed_sse2(quads[2], quads[3], coefficients), half);
	low = _mm_add_epi32(_mm_srai_epi32(low, 10), middle);
	high = _mm_add_epi32(_mm_srai_epi32(high, 10), middle);
	return _mm_packs_epi32(low, high);
}

static unsigned convert_sse2(rows r, int x, int end, int width) {
	const __m128i cu = _mm_setr_epi16(112, -74, -38, 0, 112, -74, -38, 0), cv = _mm_setr_epi16(-18, -94, 112, 0, -18, -94, 112, 0);
	__m128i difference = _mm_setzero_si128();
	for (; x + 16 <= end; x += 16) {
		const uint8_t *upper = r.upper + 4 * x, *lower = r.lower + 4 * x;
		__m128i quads[4];
		difference = _mm_or_si128(difference, put_sse2(r.y0 + x, luma_sse2(upper)));
		difference = _mm_or_si128(difference, put_sse2(r.y1 + x, luma_sse2(lower)));
		quads_sse2(upper, lower, &quads[0], &quads[1]);
		quads_sse2(upper + 32, lower + 32, &quads[2], &quads[3]);
		__m128i both = _mm_packus_epi16(chroma_sse2(quads, cu), chroma_sse2(quads, cv)), old;
		old = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(r.u + x / 2)), _mm_loadl_epi64((const __m128i *)(r.v + x / 2)));
		difference = _mm_or_si128(difference, _mm_xor_si128(old, both));
		_mm_storel_epi64((__m128i *)(r.u + x / 2), both);
		_mm_storel_epi64((__m128i *)(r.v + x / 2), _mm_unpackhi_epi64(both, both));
	}
	unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(difference, _mm_setzero_si128()));
	return (same ^ 0xFFFF) | convert_scalar(r, x, end, width);
}

// AVX2: 32 pixels of two rows at a time.
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load_avx2(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

AVX2 static inline __m256i put_avx2(uint8_t *at, __m256i value) {
	__m256i difference = _mm256_xor_si256(load_avx2(at), value);
	_mm256_storeu_si256((__m256i *)at, value);
	return difference;
}

// 129 does not fit into a signed byte: the pixels, less 128, are the signed factor, and 128 * 220 comes back at the end.
AVX2 static inline __m256i luma_avx2(const uint8_t *p) {
	const __m256i coefficients = _mm256_set1_epi32(0x00428119), sign = _mm256_set1_epi8((char)0x80);
	const __m256i back = _mm256_set1_epi16(128 * 220 + 128);
	__m256i sum[4];
	for (int i = 0; i < 4; i++) {
		sum[i] = _mm256_maddubs_epi16(coefficients, _mm256_xor_si256(load_avx2(p + 32 * i), sign));
	}
	__m256i a = _mm256_srli_epi16(_mm256_add_epi16(_mm256_hadd_epi16(sum[0], sum[1]), back), 8);
	__m256i b = _mm256_srli_epi16(_mm256_add_epi16(_mm256_hadd_epi16(sum[2], sum[3]), back), 8);
	__m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	return _mm256_add_epi8(bytes, _mm256_set1_epi8(16));
}

// Sixteen pixels of two rows to eight colours of 16 bits each: pixels 0-1, 8-9 | 4-5, 12-13 and so on, put right by chroma_avx2.
AVX2 static inline void quads_avx2(const uint8_t *upper, const uint8_t *lower, __m256i *low, __m256i *high) {
	const __m256i zero = _mm256_setzero_si256();
	__m256i a = load_avx2(upper), b = load_avx2(lower), c = load_avx2(upper + 32), d = load_avx2(lower + 32);
	__m256i a0 = _mm256_add_epi16(_mm256_unpacklo_epi8(a, zero), _mm256_unpacklo_epi8(b, zero));
	__m256i a1 = _mm256_add_epi16(_mm256_unpackhi_epi8(a, zero), _mm256_unpackhi_epi8(b, zero));
	__m256i c0 = _mm256_add_epi16(_mm256_unpacklo_epi8(c, zero), _mm256_unpacklo_epi8(d, zero));
	__m256i c1 = _mm256_add_epi16(_mm256_unpackhi_epi8(c, zero), _mm256_unpackhi_epi8(d, zero));
	*low = _mm256_add_epi16(_mm256_unpacklo_epi64(a0, a1), _mm256_unpackhi_epi64(a0, a1));  // quads 0 1 | 2 3
	*high = _mm256_add_epi16(_mm256_unpacklo_epi64(c0, c1), _mm256_unpackhi_epi64(c0, c1)); // quads 4 5 | 6 7
}

// Returns sixteen colours of 16 bits, in the order 0-3 8-11 | 4-7 12-15 of what hadd and packs leave.
AVX2 static inline __m256i chroma_avx2(const __m256i quads[4], __m256i coefficients) {
	const __m256i half = _mm256_set1_epi32(512), middle = _mm256_set1_epi16(128);
	__m256i low = _mm256_hadd_epi32(_mm256_madd_epi16(quads[0], coefficients), _mm256_madd_epi16(quads[1], coefficients));
	__m256i high = _mm256_hadd_epi32(_mm256_madd_epi16(quads[2], coefficients), _mm256_madd_epi16(quads[3], coefficients));
	low = _mm256_srai_epi32(_mm256_add_epi32(low, half), 10);   // 0 1 4 5 | 2 3 6 7
	high = _mm256_srai_epi32(_mm256_add_epi32(high, half), 10); // 8 9 12 13 | 10 11 14 15
	return _mm256_add_epi16(_mm256_packs_epi32(low, high), middle); // 0 1 4 5 8 9 12 13 | 2 3 6 7 10 11 14 15
}

AVX2 static unsigned convert_avx2(rows r, int x, int end, int width) {
	const __m256i cu = _mm256_setr_epi16(112, -74, -38, 0, 112, -74, -38, 0, 112, -74, -38, 0, 112, -74, -38, 0);
	const __m256i cv = _mm256_setr_epi16(-18, -94, 112, 0, -18, -94, 112, 0, -18, -94, 112, 0, -18, -94, 112, 0);
	__m256i difference = _mm256_setzero_si256();
	for (; x + 32 <= end; x += 32) {
		const uint8_t *upper = r.upper + 4 * x, *lower = r.lower + 4 * x;
		__m256i quads[4];
		difference = _mm256_or_si256(difference, put_avx2(r.y0 + x, luma_avx2(upper)));
		difference = _mm256_or_si256(difference, put_avx2(r.y1 + x, luma_avx2(lower)));
		quads_avx2(upper, lower, &quads[0], &quads[1]);
		quads_avx2(upper + 64, lower + 64, &quads[2], &quads[3]);
		// Bytes: U 0 1 4 5 8 9 12 13, V the same | U 2 3 6 7 10 11 14 15, V the same.
		__m256i both = _mm256_packus_epi16(chroma_avx2(quads, cu), chroma_avx2(quads, cv));
		__m128i first = _mm256_castsi256_si128(both), second = _mm256_extracti128_si256(both, 1);
		__m128i new_u = _mm_unpacklo_epi16(first, second), new_v = _mm_unpackhi_epi16(first, second);
		__m128i changed = _mm_or_si128(put_sse2(r.u + x / 2, new_u), put_sse2(r.v + x / 2, new_v));
		difference = _mm256_or_si256(difference, _mm256_castsi128_si256(changed));
	}
	unsigned changed = !_mm256_testz_si256(difference, difference);
	return changed | convert_sse2(r, x, end, width);
}
#endif

typedef unsigned converter(rows, int, int, int);

static converter *chosen(int at_most) {
#if defined(__x86_64__)
	if (at_most >= COOPNET_AVX2 && __builtin_cpu_supports("avx2")) {
		return convert_avx2;
	}
	if (at_most >= COOPNET_SSE2) {
		return convert_sse2;
	}
#endif
	return convert_scalar;
}

void coopnet_convert(int at_most, const uint8_t *pix, ptrdiff_t stride, uint8_t *y, ptrdiff_t y_stride, uint8_t *u, uint8_t *v,
	ptrdiff_t c_stride, uint8_t *changed, ptrdiff_t columns, coopnet_area area) {
	converter *convert = chosen(at_most);
	for (int top = area.top; top < area.bottom; top += 2) {
		int below = top + 1 < area.height ? top + 1 : top; // an odd picture ends with a row that stands for two
		rows r = {
			pix + top * stride, pix + below * stride, y + top * y_stride, y + below * y_stride,
			u + top / 2 * c_stride, v + top / 2 * c_stride,
		};
		uint8_t *tiles = changed + top / 64 * columns;
		for (int x = area.left, next; x < area.right; x = next) {
			next = (x / 64 + 1) * 64 < area.right ? (x / 64 + 1) * 64 : area.right;
			if (convert(r, x, next, area.width)) {
				tiles[x / 64] = 1;
			}
		}
	}
}
