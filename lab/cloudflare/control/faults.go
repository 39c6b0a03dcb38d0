package control

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
)

// Fault is what the next calls of a kind meet in place of an answer.
type Fault struct {
	// Status of the answer; 0 resets the connection.
	Status int `json:"status"`
	Times  int `json:"times"`
	// After is what Retry-After says, in seconds.
	After int `json:"after"`
	// Method and Path choose the calls; empty ones choose all.
	Method string `json:"method"`
	Path   string `json:"path"`
}

// Call is one that was made, and how it was answered.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// Watched is an API with faults on demand, that remembers who called.
type Watched struct {
	sync.Mutex
	api    http.Handler
	faults []*Fault
	calls  []Call
}

// Watch the API.
func Watch(api http.Handler) *Watched { return &Watched{api: api} }

func (w *Watched) ServeHTTP(writer http.ResponseWriter, r *http.Request) {
	noted := &noting{ResponseWriter: writer, status: http.StatusOK}
	defer func() {
		w.Lock()
		w.calls = append(w.calls, Call{r.Method, r.URL.Path, noted.status})
		w.Unlock()
	}()
	fault := w.next(r)
	switch {
	case fault == nil:
		w.api.ServeHTTP(noted, r)
	case fault.Status == 0:
		noted.status = 0
		panic(http.ErrAbortHandler)
	default:
		if fault.After > 0 {
			noted.Header().Set("Retry-After", strconv.Itoa(fault.After))
		}
		noted.Header().Set("Content-Type", "application/json")
		noted.WriteHeader(fault.Status)
		// The caller is gone where this fails; there is nobody to tell.
		_, _ = noted.Write([]byte(`{"success":false,"errors":[{"code":10001,"message":"a fault on demand"}],"messages":[],"result":null}`))
	}
}

// next is the fault this call meets, if any.
func (w *Watched) next(r *http.Request) *Fault {
	w.Lock()
	defer w.Unlock()
	for _, fault := range w.faults {
		hit := fault.Times > 0 && (fault.Method == "" || fault.Method == r.Method)
		if hit && regexp.MustCompile(fault.Path).MatchString(r.URL.Path) {
			fault.Times--
			return fault
		}
	}
	return nil
}

type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}
