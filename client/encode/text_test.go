package encode_test

import (
	"errors"
	"image"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/encode"
)

func TestTheFirstFrameIsAKeyframeAndThenAllIsRefined(t *testing.T) {
	s := newStage(t, 2_000_000)
	if _, ever := s.text.Due(); ever {
		t.Error("something is due before there is a picture")
	}
	s.paint(image.Rectangle{Max: s.screen.Size})
	s.pass(0)
	if len(s.frames) != 1 || !s.frames[0].Keyframe {
		t.Fatalf("not a keyframe at once: %+v", s.frames)
	}
	s.pass(2 * time.Second)
	tasks := s.recorder.tasks
	if len(tasks) != 4 {
		t.Fatalf("%d frames, not a keyframe and three refinements", len(tasks))
	}
	for i, task := range tasks[1:] {
		if task.Keyframe || task.Tiles.Count() != 60 || task.Coarsest >= tasks[i].Coarsest || task.Finest != task.Coarsest {
			t.Errorf("refinement %d: %d tiles with %d, after %d", i+1, task.Tiles.Count(), task.Coarsest, tasks[i].Coarsest)
		}
	}
}

// Stillness is told once in two seconds: browsers would take three for a loss.
func TestStillnessCostsNearlyNothing(t *testing.T) {
	s := begun(t, 2_000_000)
	s.pass(time.Minute)
	if err := s.text.Take(s.screen, []image.Rectangle{{Max: s.screen.Size}}, s.now); err != nil { // painted again, and the same
		t.Fatal(err)
	}
	s.pass(time.Minute)
	tasks := s.recorder.tasks
	if len(tasks) < 59 || len(tasks) > 60 {
		t.Errorf("%d frames in two minutes", len(tasks))
	}
	for i, task := range tasks {
		if task.Keyframe || task.Tiles.Any() || len(task.Tiles.Changed) != 60 || i > 0 && task.At-tasks[i-1].At > 2100*time.Millisecond {
			t.Fatalf("frame %d, at %v, has %d tiles, keyframe: %v", i, task.At, task.Tiles.Count(), task.Keyframe)
		}
	}
}

func TestOnlyWhatChangedIsEncodedAndSharpenedSoon(t *testing.T) {
	s := begun(t, 2_000_000)
	s.paint(image.Rect(70, 10, 80, 20))
	changed := s.now
	s.pass(2 * time.Second)
	tasks := s.recorder.tasks
	if len(tasks) != 2 {
		t.Fatalf("%d frames, not one that is nearly sharp and a refinement", len(tasks))
	}
	for _, task := range tasks {
		if task.Tiles.Count() != 1 || task.Tiles.Changed[1] == 0 {
			t.Errorf("at %v: tiles %v", task.At, task.Tiles.Changed)
		}
	}
	if tasks[0].At != changed || tasks[0].Coarsest > 2 || tasks[1].At > changed+300*time.Millisecond {
		t.Errorf("changed at %v: frames at %v and %v, the first with %d", changed, tasks[0].At, tasks[1].At, tasks[0].Coarsest)
	}
}

func TestMotionIsThirtyAtMostAndRefinedWhenItRests(t *testing.T) {
	s := begun(t, 2_000_000)
	for range 200 { // a hundred a second
		s.paint(image.Rect(0, 0, 640, 128))
		s.pass(10 * time.Millisecond)
	}
	moving := len(s.frames)
	if moving < 55 || moving > 66 {
		t.Errorf("%d frames in two seconds", moving)
	}
	s.pass(time.Second)
	if refined := len(s.frames) - moving; refined < 3 || refined > 4 {
		t.Errorf("%d frames after the motion", refined)
	}
}

// A video in one corner does not keep the text beside it blurred.
func TestWhatRestsIsRefinedBesideMotion(t *testing.T) {
	s := begun(t, 2_000_000)
	s.paint(image.Rectangle{Max: s.screen.Size})
	for range 40 {
		s.pass(33 * time.Millisecond)
		s.paint(image.Rect(0, 0, 64, 64))
	}
	finest := 63
	for _, task := range s.recorder.tasks {
		if task.Tiles.Count() == 59 && task.Tiles.Changed[0] == 0 {
			finest = min(finest, task.Coarsest)
		}
	}
	if finest > 2 {
		t.Errorf("what rests was refined to %d at best", finest)
	}
}

func TestAThinLineHasFewerFramesNotWorseOnes(t *testing.T) {
	s := begun(t, 150_000)
	s.recorder.bytes = func(task encode.Task) int { return 100 * max(1, task.Tiles.Count()) } // 48 kbit for the whole screen
	for range 300 {
		s.paint(image.Rectangle{Max: s.screen.Size})
		s.pass(time.Second / 30)
	}
	bits, coarsest := 0, 0
	for i, task := range s.recorder.tasks {
		bits += 8 * len(s.frames[i].Bytes)
		coarsest = max(coarsest, task.Coarsest)
	}
	if len(s.frames) < 20 || len(s.frames) > 40 {
		t.Errorf("%d frames in ten seconds", len(s.frames))
	}
	if rate := bits / 10; rate > 160_000 {
		t.Errorf("%d bit/s on a line of 150,000", rate)
	}
	if coarsest > 40 {
		t.Errorf("quantizer %d is not legible", coarsest)
	}
	// The line becomes better.
	if err := s.text.SetBitrate(3_000_000, s.now); err != nil || s.recorder.bitrate != 3_000_000 {
		t.Errorf("the encoder has %d: %v", s.recorder.bitrate, err)
	}
	s.forget()
	for range 300 {
		s.paint(image.Rectangle{Max: s.screen.Size})
		s.pass(time.Second / 30)
	}
	if len(s.frames) < 280 {
		t.Errorf("%d frames in ten seconds of a good line", len(s.frames))
	}
}

func TestRefinementsAreCutToWhatALineCarries(t *testing.T) {
	s := begun(t, 200_000)
	s.recorder.bytes = func(task encode.Task) int { return 400 * max(1, task.Tiles.Count()) }
	s.paint(image.Rectangle{Max: s.screen.Size})
	s.pass(time.Minute)
	largest, refined := 0, map[int]int{}
	for _, task := range s.recorder.tasks[1:] {
		largest = max(largest, task.Tiles.Count())
		refined[task.Coarsest] += task.Tiles.Count()
	}
	if largest > 45 {
		t.Errorf("%d tiles at once: longer than a second on this line", largest)
	}
	if len(refined) != 3 {
		t.Errorf("refined with %v", refined)
	}
	for q, tiles := range refined {
		if tiles != 60 {
			t.Errorf("%d tiles refined with %d, of 60", tiles, q)
		}
	}
}

func TestKeyframesOnRequestAreCoalesced(t *testing.T) {
	s := begun(t, 2_000_000)
	keys := func() (n int) {
		for _, f := range s.frames {
			if f.Keyframe {
				n++
			}
		}
		return n
	}
	s.text.RequestKeyframe()
	s.pass(0)
	if keys() != 1 {
		t.Fatalf("%d keyframes at once", keys())
	}
	for range 40 {
		s.text.RequestKeyframe()
		s.pass(10 * time.Millisecond)
	}
	if keys() != 1 {
		t.Errorf("%d keyframes in 400 ms", keys())
	}
	s.pass(time.Second)
	if keys() != 2 {
		t.Errorf("%d keyframes: the last request was forgotten", keys())
	}
	s.pass(time.Minute)
	if keys() != 2 {
		t.Errorf("%d keyframes without a request", keys())
	}
}

func TestAnotherSizeBeginsAgain(t *testing.T) {
	s := begun(t, 2_000_000)
	s.resize(image.Pt(333, 101))
	s.paint(image.Rectangle{Max: s.screen.Size})
	s.pass(time.Second)
	if s.recorder.resized != 1 || s.recorder.size != s.screen.Size || !s.frames[0].Keyframe || len(s.frames) != 4 {
		t.Errorf("resized %d times to %v, %d frames", s.recorder.resized, s.recorder.size, len(s.frames))
	}
	s.screen.Size = image.Point{}
	if err := s.text.Take(s.screen, nil, s.now); err == nil {
		t.Error("a screen without a size was taken")
	}
	if err := s.text.Close(); err != nil || !s.recorder.closed {
		t.Error("the encoder stays open")
	}
}

func TestAnEncoderThatCannotBeOpened(t *testing.T) {
	broken := errors.New("broken")
	text := encode.NewText(func(image.Point, int) (encode.Encoder, error) { return nil, broken }, 1)
	s := newStage(t, 1)
	if err := text.Take(s.screen, nil, 0); !errors.Is(err, broken) {
		t.Errorf("Take: %v", err)
	}
	if err := text.SetBitrate(100_000, 0); err != nil {
		t.Errorf("SetBitrate: %v", err)
	}
	if err := text.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
