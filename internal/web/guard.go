package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy lets the page load its own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secure sets the headers that every answer carries. No answer allows another
// origin to read it.
func secure(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// admit returns why a request is refused, and nothing when it is not.
func (s *Server) admit(r *http.Request) (status int, why string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return http.StatusMethodNotAllowed, fmt.Sprintf("The page only shows: %q is refused, use GET.", r.Method)
	}
	if !s.knows(r) {
		// A name that resolves to this machine but is not known here may be
		// a foreign page that wants to read along (DNS rebinding).
		return http.StatusMisdirectedRequest, fmt.Sprintf(
			"The host name %q is not known here. Use localhost or a loopback address, or add the name to the hosts of the configuration's web section.", r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return 0, ""
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return http.StatusForbidden, "The API answers no page of another origin."
	}
	return 0, ""
}

// knows reports whether the page may be asked for under the request's host.
func (s *Server) knows(r *http.Request) bool {
	host := canonicalHost(r.Host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || s.hosts[host] {
		return true
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if address.Unmap().IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.AddrPort().Addr().Unmap().WithZone("") == address.Unmap().WithZone("")
}

// canonicalHost returns the host of a Host header without port, brackets and
// the dot at the end, in lower case.
func canonicalHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func allowedHosts(names []string) map[string]bool {
	hosts := make(map[string]bool, len(names))
	for _, name := range names {
		hosts[canonicalHost(name)] = true
	}
	delete(hosts, "")
	return hosts
}
