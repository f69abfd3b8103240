package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"time"
)

var (
	methodName = regexp.MustCompile(`<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)`)
	timestamp  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)`)
)

const (
	cookieName = "vmware_soap_session"
	unset      = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><FetchResponse xmlns="urn:vim25"/></soapenv:Body></soapenv:Envelope>`
	noRight    = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>Permission to perform this operation was denied.</faultstring><detail><NoPermissionFault xmlns="urn:vim25" xsi:type="NoPermission"><object type="Folder">group-d1</object><privilegeId>%s</privilegeId></NoPermissionFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
)

// guard stands before the simulator and does to requests and answers what is set.
func (l *lab) guard(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		method := ""
		if found := methodName.FindSubmatch(asked); found != nil {
			method = string(found[1])
		}
		l.note(method)
		now := l.get()
		if l.take(&l.now.Hang, now.HangOn, method) {
			select {
			case <-l.released:
			case <-r.Context().Done():
			}
			return
		}
		if among(method, now.Denied) {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, noRight, "Some.Right")
			return
		}
		ahead := time.Duration(now.ClockSeconds) * time.Second
		r.Body = io.NopCloser(bytes.NewReader(shift(asked, -ahead)))
		if l.take(&l.now.Expire, now.ExpireOn, method) {
			l.expire()
		}
		l.forget(r)
		answer := httptest.NewRecorder()
		serve(inner, answer, r, method)
		l.remember(answer)
		said := shift(answer.Body.Bytes(), ahead)
		if method == "HasPrivilegeOnEntities" && !now.Granted {
			said = bytes.ReplaceAll(said, []byte("<isGranted>true<"), []byte("<isGranted>false<"))
		}
		if l.take(&l.now.Garble, now.GarbleOn, method) {
			said = []byte("<html><body>502 Bad Gateway")
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(said)))
		w.WriteHeader(answer.Code)
		switch {
		case l.take(&l.now.Cut, now.CutOn, method):
			cut(w, said)
		case now.Drip:
			l.drip(w, r, said)
		default:
			_, _ = w.Write(said)
		}
	})
}

// serve answers an optional property that is not set as a server does; the simulator ends the connection over it.
func serve(inner http.Handler, answer *httptest.ResponseRecorder, r *http.Request, method string) {
	defer func() {
		if failed := recover(); failed != nil && method != "Fetch" {
			panic(failed)
		}
		if method == "Fetch" && answer.Body.Len() == 0 {
			answer.Code = http.StatusOK
			_, _ = answer.Body.WriteString(unset)
		}
	}()
	inner.ServeHTTP(answer, r)
}

func (l *lab) note(method string) {
	l.mu.Lock()
	l.requests[method]++
	l.mu.Unlock()
}

// forget takes the cookie of a session that has run out off the request.
func (l *lab) forget(r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.dead[cookie.Value] {
		r.Header.Del("Cookie")
	}
}

func (l *lab) remember(answer *httptest.ResponseRecorder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cookie := range answer.Result().Cookies() {
		l.alive[cookie.Value] = true
	}
}

// shift moves every time in a message: to a client, the server's clock is what all its times are by.
func shift(message []byte, by time.Duration) []byte {
	if by == 0 {
		return message
	}
	return timestamp.ReplaceAllFunc(message, func(found []byte) []byte {
		at, err := time.Parse(time.RFC3339Nano, string(found))
		if err != nil {
			return found
		}
		return []byte(at.Add(by).UTC().Format("2006-01-02T15:04:05.999999Z"))
	})
}

// cut sends half of an answer and resets the connection.
func cut(w http.ResponseWriter, said []byte) {
	_, _ = w.Write(said[:len(said)/2])
	w.(http.Flusher).Flush()
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if under, ok := connection.(interface{ NetConn() net.Conn }); ok {
		if line, ok := under.NetConn().(*net.TCPConn); ok {
			_ = line.SetLinger(0)
			_ = line.Close()
		}
	}
	_ = connection.Close()
}

func (l *lab) drip(w http.ResponseWriter, r *http.Request, said []byte) {
	for i := range said {
		if _, err := w.Write(said[i : i+1]); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
			return
		case <-l.released:
			return
		}
	}
}
