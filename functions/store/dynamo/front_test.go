package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
)

// fault is what happens to a call on its way.
type fault int

const (
	none     fault = iota
	throttle       // it is refused for now
	broken         // the other side fails
	hang           // nobody answers
	drop           // it is lost
	lose           // it is done, and its answer is lost
)

func (f fault) String() string {
	return [...]string{"none", "throttled", "broken", "hangs", "dropped", "answer lost"}[f]
}

// front stands in front of an endpoint and lets calls fail.
type front struct {
	URL    string
	decide atomic.Pointer[func(call string, body []byte) fault]
	done   atomic.Pointer[func(call string)] // called when a call was done, before its answer
}

func newFront(t *testing.T, e *dynamotest.Endpoint) *front {
	t.Helper()
	f := &front{}
	f.set(always(none))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, e.URL) }))
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

func (f *front) set(decide func(call string, body []byte) fault) { f.decide.Store(&decide) }

func always(what fault) func(string, []byte) fault { return func(string, []byte) fault { return what } }

// first lets what happen to the first call.
func first(what fault) func(string, []byte) fault {
	var calls atomic.Int64
	return func(string, []byte) fault {
		if calls.Add(1) == 1 {
			return what
		}
		return none
	}
}

// everyAnswer is lost once, if it is a write's.
func everyAnswer() func(string, []byte) fault {
	var lost sync.Map
	return func(call string, body []byte) fault {
		var members map[string]any
		_ = json.Unmarshal(body, &members) // only to bring it in order
		same, _ := json.Marshal(members)
		if _, before := lost.LoadOrStore(string(same), true); before || !writes(call) {
			return none
		}
		return lose
	}
}

func (f *front) serve(w http.ResponseWriter, r *http.Request, url string) {
	_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	asked, err := io.ReadAll(r.Body) // to its end: only then the server sees that the client has gone
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	what := (*f.decide.Load())(call, asked)
	switch what {
	case throttle:
		refuse(w, http.StatusBadRequest, "ProvisionedThroughputExceededException")
		return
	case broken:
		refuse(w, http.StatusInternalServerError, "InternalServerError")
		return
	case hang:
		<-r.Context().Done()
		return
	case drop:
		panic(http.ErrAbortHandler)
	}
	answer, body, err := pass(r, asked, url)
	if done := f.done.Load(); done != nil {
		(*done)(call)
	}
	if err != nil || what == lose {
		panic(http.ErrAbortHandler)
	}
	for _, name := range []string{"Content-Type", "X-Amz-Crc32", "X-Amzn-Requestid"} {
		w.Header().Set(name, answer.Header.Get(name))
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body) // the client may have gone
}

// pass is done to its end even when the client goes.
func pass(r *http.Request, asked []byte, url string) (*http.Response, []byte, error) {
	request, err := http.NewRequest(r.Method, url, bytes.NewReader(asked))
	if err != nil {
		return nil, nil, err
	}
	request.Header = r.Header.Clone()
	request.Host = r.Host // it is signed
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, body, err
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"said by the test"}`, code)
}

func writes(call string) bool {
	return call == "PutItem" || call == "UpdateItem" || call == "DeleteItem"
}
