// A screen for tests: it sends what it is told on standard input, one command a line, and is built with PipeWire's own headers, so
// that it does not share our mistakes.
//
//   fill X Y W H RRGGBB   draws a rectangle, and sends the picture with it as its damage
//   blind X Y W H RRGGBB  the same, without a word about damage
//   crop X Y W H          which part of the picture counts from the next one on; W 0: all of it
//   again                 sends the picture as it is, and calls all of it damaged
//   broken 1, broken 0    sends pictures that cannot be read, and does not any more
//   corrupt               sends a buffer that must not be shown
//   resize W H            agrees on another size, and sends a black picture of it
//   pause, resume         sends nothing for a while
//   end                   ends the stream
//
// It says "node N" once it has one, "size W H" when a size is agreed on, and "sent" for each buffer.
#include <pipewire/pipewire.h>
#include <spa/debug/types.h>
#include <spa/param/video/format-utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST (4096 * 4096)

static struct {
	struct pw_main_loop *loop;
	struct pw_stream *stream;
	struct spa_source *retry;
	uint32_t format, swapped;
	uint32_t width, height; // that are wanted
	uint32_t agreed_width, agreed_height;
	int named, streaming, pending, corrupt, broken, told;
	struct spa_region damage, crop;
	uint32_t *canvas;
} s;

static const struct spa_pod *offered(struct spa_pod_builder *b) {
	return spa_pod_builder_add_object(b, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat,
		SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
		SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw),
		SPA_FORMAT_VIDEO_format, SPA_POD_Id(s.format),
		SPA_FORMAT_VIDEO_size, SPA_POD_Rectangle(&SPA_RECTANGLE(s.width, s.height)),
		SPA_FORMAT_VIDEO_framerate, SPA_POD_Fraction(&SPA_FRACTION(0, 1)),
		SPA_FORMAT_VIDEO_maxFramerate, SPA_POD_CHOICE_RANGE_Fraction(&SPA_FRACTION(60, 1), &SPA_FRACTION(1, 1), &SPA_FRACTION(60, 1)));
}

static void say(const char *line) {
	puts(line);
	fflush(stdout);
}

static void trigger(void) {
	if (s.pending && s.streaming)
		pw_stream_trigger_process(s.stream);
}

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error) {
	if (state == PW_STREAM_STATE_ERROR) {
		fprintf(stderr, "producer: %s\n", error);
		pw_main_loop_quit(s.loop);
	}
	if (state == PW_STREAM_STATE_PAUSED && !s.named) {
		s.named = 1;
		printf("node %u\n", pw_stream_get_node_id(s.stream));
		fflush(stdout);
	}
	s.streaming = state == PW_STREAM_STATE_STREAMING;
	if (s.streaming && !s.pending) { // whoever begins to look gets all of it
		s.damage = SPA_REGION(0, 0, s.width, s.height);
		s.told = s.pending = 1;
	}
	trigger();
}

static void on_param(void *data, uint32_t id, const struct spa_pod *param) {
	struct spa_video_info_raw info = {0};
	uint8_t memory[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	const struct spa_pod *params[4];
	if (param == NULL || id != SPA_PARAM_Format || spa_format_video_raw_parse(param, &info) < 0)
		return;
	s.agreed_width = info.size.width;
	s.agreed_height = info.size.height;
	int stride = s.agreed_width * 4 + 64; // not what one would guess
	params[0] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
		SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(3, 2, 8),
		SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1),
		SPA_PARAM_BUFFERS_size, SPA_POD_Int(stride * s.agreed_height),
		SPA_PARAM_BUFFERS_stride, SPA_POD_Int(stride));
	params[1] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_Header),
		SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_header)));
	params[2] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoDamage),
		SPA_PARAM_META_size, SPA_POD_CHOICE_RANGE_Int(sizeof(struct spa_meta_region) * 4, sizeof(struct spa_meta_region), sizeof(struct spa_meta_region) * 16));
	params[3] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoCrop),
		SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_region)));
	pw_stream_update_params(s.stream, params, 4);
	printf("size %u %u\n", s.agreed_width, s.agreed_height);
	fflush(stdout);
}

static void describe(struct spa_buffer *buffer) {
	struct spa_meta_header *header = spa_buffer_find_meta_data(buffer, SPA_META_Header, sizeof(*header));
	struct spa_meta_region *crop = spa_buffer_find_meta_data(buffer, SPA_META_VideoCrop, sizeof(*crop)), *r;
	struct spa_meta *damage = spa_buffer_find_meta(buffer, SPA_META_VideoDamage);
	if (header)
		*header = (struct spa_meta_header){.flags = s.corrupt ? SPA_META_HEADER_FLAG_CORRUPTED : 0, .pts = -1};
	if (crop)
		crop->region = s.crop;
	if (damage) {
		int n = 0;
		spa_meta_for_each(r, damage) r->region = n++ == 0 && s.told ? s.damage : SPA_REGION(0, 0, 0, 0);
	}
}

static void on_process(void *data) {
	if (!s.pending || s.agreed_width != s.width || s.agreed_height != s.height)
		return;
	struct pw_buffer *b = pw_stream_dequeue_buffer(s.stream);
	if (b == NULL)
		return; // tried again
	struct spa_data *d = &b->buffer->datas[0];
	int stride = s.width * 4 + 64;
	if (d->data == NULL || d->maxsize < stride * s.height) {
		fprintf(stderr, "producer: a buffer of %u bytes\n", d->maxsize);
		exit(1);
	}
	for (uint32_t y = 0; y < s.height; y++)
		memcpy((char *)d->data + y * stride, s.canvas + y * s.width, s.width * 4);
	*d->chunk = (struct spa_chunk){.offset = 0, .size = stride * s.height, .stride = s.broken ? 4 : stride};
	describe(b->buffer);
	s.pending = s.corrupt = 0;
	pw_stream_queue_buffer(s.stream, b);
	say("sent");
}

static void fill(int x, int y, int w, int h, uint32_t rgb) {
	uint32_t pixel = s.swapped ? (rgb & 0xff) << 16 | (rgb & 0xff00) | rgb >> 16 : rgb;
	for (int v = y; v < y + h && v < (int)s.height; v++)
		for (int u = x; u < x + w && u < (int)s.width; u++)
			s.canvas[v * s.width + u] = pixel;
}

static void obey(const char *line) {
	int x, y, w, h;
	uint32_t rgb;
	uint8_t memory[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	if (sscanf(line, "fill %d %d %d %d %x", &x, &y, &w, &h, &rgb) == 5 || sscanf(line, "blind %d %d %d %d %x", &x, &y, &w, &h, &rgb) == 5) {
		fill(x, y, w, h, rgb);
		s.damage = SPA_REGION(x, y, w, h);
		s.told = line[0] == 'f';
		s.pending = 1;
	} else if (sscanf(line, "crop %d %d %d %d", &x, &y, &w, &h) == 4) {
		s.crop = SPA_REGION(x, y, w, h);
	} else if (strncmp(line, "again", 5) == 0) {
		s.damage = SPA_REGION(0, 0, s.width, s.height);
		s.told = s.pending = 1;
	} else if (sscanf(line, "broken %d", &s.broken) == 1) {
	} else if (strncmp(line, "corrupt", 7) == 0) {
		s.corrupt = s.pending = 1;
	} else if (sscanf(line, "resize %d %d", &w, &h) == 2) {
		s.width = w;
		s.height = h;
		memset(s.canvas, 0, MOST * 4);
		s.damage = SPA_REGION(0, 0, w, h);
		s.told = s.pending = 1;
		const struct spa_pod *param = offered(&b);
		pw_stream_update_params(s.stream, &param, 1);
	} else if (strncmp(line, "pause", 5) == 0) {
		pw_stream_set_active(s.stream, false);
	} else if (strncmp(line, "resume", 6) == 0) {
		pw_stream_set_active(s.stream, true);
	} else if (strncmp(line, "end", 3) == 0) {
		pw_main_loop_quit(s.loop);
	} else {
		fprintf(stderr, "producer: what is %s", line);
		exit(1);
	}
	trigger();
}

static void on_input(void *data, int fd, uint32_t mask) {
	char line[200];
	if (fgets(line, sizeof(line), stdin) == NULL)
		pw_main_loop_quit(s.loop);
	else
		obey(line);
}

static void on_retry(void *data, uint64_t expirations) { trigger(); }

int main(int argc, char **argv) {
	static const struct pw_stream_events events = {PW_VERSION_STREAM_EVENTS, .state_changed = on_state, .param_changed = on_param, .process = on_process};
	uint8_t memory[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	s.width = atoi(argv[1]);
	s.height = atoi(argv[2]);
	s.swapped = strcmp(argv[3], "RGBx") == 0;
	s.format = s.swapped ? SPA_VIDEO_FORMAT_RGBx : SPA_VIDEO_FORMAT_BGRx;
	s.canvas = calloc(MOST, 4);
	setvbuf(stdin, NULL, _IONBF, 0);
	pw_init(&argc, &argv);
	s.loop = pw_main_loop_new(NULL);
	struct pw_loop *loop = pw_main_loop_get_loop(s.loop);
	s.stream = pw_stream_new_simple(loop, "screen for tests", pw_properties_new(PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_NODE_NAME, "screen-for-tests", NULL), &events, NULL);
	pw_loop_add_io(loop, 0, SPA_IO_IN | SPA_IO_HUP, false, on_input, NULL);
	s.retry = pw_loop_add_timer(loop, on_retry, NULL);
	struct timespec every = {0, 20000000};
	pw_loop_update_timer(loop, s.retry, &every, &every, false);
	const struct spa_pod *param = offered(&b);
	if (pw_stream_connect(s.stream, PW_DIRECTION_OUTPUT, PW_ID_ANY, PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_MAP_BUFFERS, &param, 1) < 0)
		return 1;
	pw_main_loop_run(s.loop);
	pw_stream_destroy(s.stream);
	pw_main_loop_destroy(s.loop);
	return 0;
}
