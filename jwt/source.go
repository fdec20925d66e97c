package jwt

import (
	"sync"
	"time"
)

// Source hands out a token, and makes a new one before the old one expires. It
// is safe for concurrent use.
type Source struct {
	key      *Key
	claims   Claims
	options  SignOptions
	now      func() time.Time
	mu       sync.Mutex
	token    string    // guarded by mu
	lastGood time.Time // until when token is handed out; guarded by mu
}

// NewSource returns a source of tokens of the given claims and lifetime. A new
// one is made when a fifth of the lifetime, at most a minute, is left; with the
// lifetime 0 there is one token, which does not expire. Now gives the time; nil
// is [time.Now].
func NewSource(k *Key, claims Claims, header map[string]any, lifetime time.Duration, now func() time.Time) *Source {
	if now == nil {
		now = time.Now
	}
	return &Source{key: k, claims: claims, options: SignOptions{Header: header, Lifetime: lifetime}, now: now}
}

// Token returns a token that is good for a while yet.
func (s *Source) Token() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.token != "" && (s.options.Lifetime == 0 || now.Before(s.lastGood)) {
		return s.token, nil
	}
	options := s.options
	options.Now = now
	token, err := Sign(s.key, s.claims, &options)
	if err != nil {
		return "", err
	}
	s.token, s.lastGood = token, now.Add(options.Lifetime-s.margin())
	return token, nil
}

// Renewal returns when the token in use should be replaced by another one, and
// the zero value where it need not be.
func (s *Source) Renewal() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.options.Lifetime == 0 {
		return time.Time{}
	}
	return s.lastGood
}

func (s *Source) margin() time.Duration { return min(s.options.Lifetime/5, time.Minute) }
