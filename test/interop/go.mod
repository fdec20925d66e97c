module stellwerk/test/interop

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/thinkgos/go-iecp5 v1.2.1
	stellwerk v0.0.0
)

replace stellwerk => ../..
