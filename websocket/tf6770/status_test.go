package tf6770_test

import (
	"errors"
	"testing"

	"stellwerk/websocket/tf6770"
	"stellwerk/wire"
)

// enumeration is ETcIotWebSocketStatus as the manual lists it.
var enumeration = []struct {
	value tf6770.Status
	name  string
}{
	{-1, "WS_STATUS_BUSY"},
	{0, "WS_STATUS_SUCCESS"},
	{1, "WS_STATUS_SOCK_NOMEM"},
	{2, "WS_STATUS_SOCK_ERR_CREATE_PROTOCOL"},
	{3, "WS_STATUS_SOCK_CONN_INVALID"},
	{4, "WS_STATUS_SOCK_NO_CONN"},
	{5, "WS_STATUS_SOCK_CONN_REFUSED"},
	{6, "WS_STATUS_SOCK_NOT_FOUND"},
	{7, "WS_STATUS_SOCK_CONN_LOST"},
	{8, "WS_STATUS_SOCK_ERR_TLS"},
	{10, "WS_STATUS_SOCK_NOT_SUPPORTED"},
	{11, "WS_STATUS_SOCK_ERR_AUTH"},
	{12, "WS_STATUS_SOCK_ERRACL_DENIED"},
	{13, "WS_STATUS_SOCK_ERR_UNKNOWN"},
	{14, "WS_STATUS_SOCK_ERRNO"},
	{15, "WS_STATUS_SOCK_ERR_EAI"},
	{16, "WS_STATUS_SOCK_ERR_PROXY"},
	{17, "WS_STATUS_TLS_CA_NOTFOUND"},
	{18, "WS_STATUS_TLS_CERT_NOTFOUND"},
	{19, "WS_STATUS_TLS_KEY_NOTFOUND"},
	{20, "WS_STATUS_TLS_CA_INVALID"},
	{21, "WS_STATUS_TLS_CERT_INVALID"},
	{22, "WS_STATUS_TLS_KEY_INVALID"},
	{23, "WS_STATUS_TLS_VERIFY_FAIL"},
	{24, "WS_STATUS_TLS_SETUP"},
	{25, "WS_STATUS_TLS_HANDSHAKE_FAIL"},
	{26, "WS_STATUS_TLS_CIPHER_INVALID"},
	{27, "WS_STATUS_TLS_VERSION_INVALID"},
	{28, "WS_STATUS_TLS_PSK_INVALID"},
	{29, "WS_STATUS_TLS_CRL_NOTFOUND"},
	{30, "WS_STATUS_TLS_CRL_INVALID"},
	{31, "WS_STATUS_FINALIZE_DISCONNECT"},
	{32, "WS_STATUS_SOCK_ERR_BIND"},
	{33, "WS_STATUS_SOCK_BIND_ADDR_INUSE"},
	{34, "WS_STATUS_SOCK_BIND_ADDR_INVALID"},
	{35, "WS_STATUS_SOCK_ERR_CREATE"},
	{36, "WS_STATUS_SOCK_ERR_CREATE_TYPE"},
	{37, "WS_STATUS_SOCK_CONN_FAILED"},
	{38, "WS_STATUS_SOCK_CONN_TIMEOUT"},
	{39, "WS_STATUS_SOCK_CONN_HOSTUNREACH"},
	{40, "WS_STATUS_TLS_CERT_EXPIRED"},
	{41, "WS_STATUS_TLS_CN_MISMATCH"},
	{1000, "WS_STATUS_INTERNAL_ERROR"},
	{1001, "WS_STATUS_CONNECT_REQ_INTERNAL_ERROR"},
	{1002, "WS_STATUS_CONNECT_REQ_SEND_ERROR"},
	{1003, "WS_STATUS_CONNECT_RES_PARSE_ERROR"},
	{1004, "WS_STATUS_CONNECT_RES_INVALID"},
	{1005, "WS_STATUS_CONNECT_RES_INVALID_STATUS"},
	{1006, "WS_STATUS_CONNECT_RES_ACCEPT_INVALID"},
	{1007, "WS_STATUS_CONNECT_RES_ACCEPT_INVALID_HASH"},
	{1008, "WS_STATUS_CONNECT_RES_INVALID_EXTENSION"},
	{1009, "WS_STATUS_CONNECT_RES_REJECT"},
	{1010, "WS_STATUS_CONNECT_RES_TIMEOUT"},
	{1011, "WS_STATUS_KEEP_ALIVE_TIMEOUT"},
	{1012, "WS_STATUS_NOMEMORY"},
	{1013, "WS_STATUS_INVALID_MSG_SIZE"},
	{1014, "WS_STATUS_PROTOCOL_ERROR"},
	{1015, "WS_STATUS_RCV_QUEUE_FULL"},
	{1016, "WS_STATUS_DECOMPRESS_ERROR"},
}

func TestStatusesAreThoseOfTheManual(t *testing.T) {
	var values []tf6770.Status
	for s := range tf6770.Statuses() {
		values = append(values, s)
	}
	if len(values) != len(enumeration) {
		t.Errorf("there are %d statuses, the manual has %d", len(values), len(enumeration))
	}
	for i, want := range enumeration {
		if got := want.value.String(); got != want.name {
			t.Errorf("%d is called %s, want %s", want.value, got, want.name)
		}
		if got, ok := tf6770.StatusNamed(want.name); !ok || got != want.value {
			t.Errorf("%s is %d, %t, want %d", want.name, got, ok, want.value)
		}
		if i < len(values) && values[i] != want.value {
			t.Errorf("status %d in order is %d, want %d", i, values[i], want.value)
		}
	}
}

// Every status says what it means, whence it comes and what helps, in both
// languages, and no two say the same.
func TestStatusesExplainThemselves(t *testing.T) {
	said := map[string]tf6770.Status{}
	for s := range tf6770.Statuses() {
		for what, text := range map[string]wire.Text{"meaning": s.Meaning(), "cause": s.Cause(), "remedy": s.Remedy()} {
			if text.EN == "" || text.DE == "" {
				t.Errorf("%v has no %s in both languages: %+v", s, what, text)
			}
		}
		for _, sentence := range []string{s.Meaning().EN, s.Meaning().DE} {
			if other, twice := said[sentence]; twice {
				t.Errorf("%v and %v both mean %q", s, other, sentence)
			}
			said[sentence] = s
		}
	}
}

func TestUnknownStatusPrintsItsNumber(t *testing.T) {
	s := tf6770.Status(9) // the manual leaves it out
	if s.Known() || s.String() != "WS_STATUS 9" || !s.Meaning().IsZero() {
		t.Errorf("9 is %v, known: %t, meaning %q", s, s.Known(), s.Meaning().EN)
	}
	if _, ok := tf6770.StatusNamed("WS_STATUS_NONE"); ok {
		t.Error("WS_STATUS_NONE is known")
	}
}

func TestStatusOfNoErrorIsSuccess(t *testing.T) {
	if got := tf6770.StatusOf(nil); got != tf6770.Success {
		t.Errorf("got %v", got)
	}
	if got := tf6770.StatusOf(errors.New("something")); got != tf6770.SocketUnknown {
		t.Errorf("an error that nobody knows is %v", got)
	}
}
