package tlsconf_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"

	"stellwerk/tlsconf"
)

// TestJudge lets both ends decide about certificates themselves.
func TestJudge(t *testing.T) {
	near, far := issue(t, nil, nil), issue(t, nil, nil)
	only := func(known *issued) func([]*x509.Certificate) error {
		return func(peer []*x509.Certificate) error {
			if !bytes.Equal(peer[0].Raw, known.certificate.Raw) {
				return errors.New("a stranger")
			}
			return nil
		}
	}
	settings := func(own, peer *issued) tlsconf.Settings {
		s := tlsconf.Settings{Certificate: own.pem(), Key: own.keyPEM(t), Version: "tlsv1.2"}
		if peer != nil {
			s.Judge = only(peer)
		}
		return s
	}
	tests := map[string]struct {
		client, server     tlsconf.Settings
		atClient, atServer tlsconf.Reason
	}{
		"both know each other": {client: settings(near, far), server: settings(far, near)},
		"a strange server":     {client: settings(near, near), server: settings(far, near), atClient: tlsconf.VerifyFail, atServer: tlsconf.HandshakeFail},
		"a strange client":     {client: settings(near, far), server: settings(far, far), atClient: tlsconf.HandshakeFail, atServer: tlsconf.VerifyFail},
		"no certificate":       {client: tlsconf.Settings{Judge: only(far), Version: "tlsv1.2"}, server: settings(far, near), atClient: tlsconf.HandshakeFail, atServer: tlsconf.HandshakeFail},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			state, clientErr, serverErr := meet(t, test.client, test.server, "anything.example")
			if reasonOf(clientErr) != test.atClient || reasonOf(serverErr) != test.atServer {
				t.Errorf("client: %v, server: %v", clientErr, serverErr)
			}
			if test.atClient == 0 && !bytes.Equal(state.Peer[0], far.certificate.Raw) {
				t.Error("the peer's certificate is another")
			}
		})
	}
}

func TestJudgeAndKeysWithOthers(t *testing.T) {
	own := issue(t, nil, nil)
	judge := func([]*x509.Certificate) error { return nil }
	keys := func(string) []byte { return nil }
	for name, c := range map[string]struct {
		role tlsconf.Role
		s    tlsconf.Settings
	}{
		"judge and CA":         {tlsconf.Client, tlsconf.Settings{Judge: judge, CA: own.pem()}},
		"judge and no check":   {tlsconf.Client, tlsconf.Settings{Judge: judge, NoServerCertCheck: true}},
		"judge and key":        {tlsconf.Client, tlsconf.Settings{Judge: judge, PSKIdentity: "x", PSKKey: []byte{1}}},
		"keys of a client":     {tlsconf.Client, tlsconf.Settings{PSKKeys: keys}},
		"one key and several":  {tlsconf.Server, tlsconf.Settings{PSKKeys: keys, PSKIdentity: "x", PSKKey: []byte{1}}},
		"keys and certificate": {tlsconf.Server, tlsconf.Settings{PSKKeys: keys, Certificate: own.pem(), Key: own.keyPEM(t)}},
		"keys need an engine":  {tlsconf.Server, tlsconf.Settings{PSKKeys: keys}},
	} {
		if !c.s.Enabled() {
			t.Errorf("%s: TLS is off", name)
		}
		if _, err := tlsconf.New(c.s, c.role); reasonOf(err) != tlsconf.Setup {
			t.Errorf("%s: %v", name, err)
		}
	}
}
