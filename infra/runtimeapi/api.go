package runtimeapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxResponse is Lambda's limit on what a function answers.
const maxResponse = 6 << 20

const prefix = "/2018-06-01/runtime/"

// api is the Lambda Runtime API, version 2018-06-01.
func (e *environment) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"invocation/next", e.serveNext)
	mux.HandleFunc("POST "+prefix+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, ok := e.body(w, r)
		if ok {
			e.answer(w, e.finish(r.PathValue("id"), result{response: body}))
		}
	})
	mux.HandleFunc("POST "+prefix+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		body, ok := e.body(w, r)
		if ok {
			e.answer(w, e.finish(r.PathValue("id"), result{err: &Error{Failed, string(body)}}))
		}
	})
	mux.HandleFunc("POST "+prefix+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, ok := e.body(w, r)
		if !ok {
			return
		}
		e.mu.Lock()
		early := e.first == 0 && len(e.results) == 0
		if early {
			e.results <- result{err: &Error{InitError, message(body)}}
		}
		e.mu.Unlock()
		e.answer(w, early)
	})
	return mux
}

// serveNext waits for work: the function hangs here between two invocations.
func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	if e.first == 0 {
		e.first = time.Since(e.began)
		close(e.ready)
	}
	e.mu.Unlock()
	select {
	case <-r.Context().Done():
	case in := <-e.next:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:000000000000:function:"+e.cfg.Name)
		// Made of the request's id, so that a test knows it: the last 24 hexadecimal digits without dashes.
		h.Set("Lambda-Runtime-Trace-Id", "Root="+TraceID(in.id)+";Parent=53995c3f42cd8ad8;Sampled=1")
		_, _ = w.Write(in.payload) // a process that has gone is noticed by its end
	}
}

// TraceID is the X-Ray trace id of an invocation.
func TraceID(requestID string) string {
	digits := make([]byte, 0, 32)
	for _, c := range []byte(requestID) {
		if c != '-' {
			digits = append(digits, c)
		}
	}
	return "1-5759e988-" + string(digits[max(0, len(digits)-24):])
}

func (e *environment) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return nil, false // the process went while it wrote
	}
	if len(body) > maxResponse {
		http.Error(w, `{"errorType":"Function.ResponseSizeTooLarge"}`, http.StatusRequestEntityTooLarge)
		return nil, false
	}
	return body, true
}

func (e *environment) answer(w http.ResponseWriter, ok bool) {
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errorType":"InvalidRequestID"}`))
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte(`{"status":"OK"}`))
}

// message is what an error's document says.
func message(document []byte) string {
	var said struct{ ErrorMessage string }
	if err := json.Unmarshal(document, &said); err != nil || said.ErrorMessage == "" {
		return string(document)
	}
	return said.ErrorMessage
}
